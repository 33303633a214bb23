//! Changes a token's note and contact: text for people, stored on its Secret.

use serde_json::Value as Json;

use super::{
    connection::{Cluster, error::Error},
    secret::{
        change::Change,
        keys::{CONTACT, NOTE},
    },
};
use crate::{
    text::Text,
    token::{ChangedToken, HistoryAction, Notes, TokenRef},
};

impl Cluster {
    /// Changes both texts from what the person saw to what they wrote.
    ///
    /// # Errors
    /// [`Error::NotesChanged`] if somebody else has changed them meanwhile: nothing was written.
    pub async fn note_token(
        &self,
        target: &TokenRef,
        before: &Notes<String>,
        after: &Notes,
    ) -> Result<ChangedToken, Error> {
        self.change(target, |token, context| {
            let now = (
                token.summary.note.as_deref().unwrap_or_default(),
                token.summary.contact.as_deref().unwrap_or_default(),
            );
            if now == (after.note.as_str(), after.contact.as_str()) {
                return Ok(None);
            }
            if now != (before.note.as_str(), before.contact.as_str()) {
                return Err(Error::NotesChanged(context.location.clone()));
            }
            let text = |text: &Text| match text.as_str() {
                "" => Json::Null,
                text => text.into(),
            };
            Ok(Some(
                Change::of(HistoryAction::Noted)
                    .annotation(NOTE, text(&after.note))
                    .annotation(CONTACT, text(&after.contact)),
            ))
        })
        .await
    }
}
