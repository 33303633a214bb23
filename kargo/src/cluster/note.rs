//! A token's note and contact: text for people, kept on its Secret.

use serde_json::Value as Json;

use super::{
    Cluster,
    change::Change,
    contract::{CONTACT, NOTE},
    error::Error,
};
use crate::{
    text::Text,
    token::{Did, TokenHandle, TokenSummary},
};

/// The two texts; empty where there is none. As somebody saw them they can be any text (`String`): other programs write them too.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Notes<T = Text> {
    /// Anything worth knowing.
    pub note: T,
    /// Whom to ask.
    pub contact: T,
}

impl Cluster {
    /// Changes both texts from what the person saw to what they wrote.
    ///
    /// # Errors
    /// [`Error::NotesChanged`] if somebody else has changed them meanwhile: nothing was written.
    pub async fn note_token(
        &self,
        seen: &TokenHandle,
        before: &Notes<String>,
        after: &Notes,
    ) -> Result<TokenSummary, Error> {
        let changed = self.change(seen, |token, moment| {
            let now = (
                token.summary.note.as_deref().unwrap_or_default(),
                token.summary.contact.as_deref().unwrap_or_default(),
            );
            if now == (after.note.as_str(), after.contact.as_str()) {
                return Ok(None);
            }
            if now != (before.note.as_str(), before.contact.as_str()) {
                return Err(Error::NotesChanged(moment.at.clone()));
            }
            let text = |text: &Text| match text.as_str() {
                "" => Json::Null,
                text => text.into(),
            };
            Ok(Some(
                Change::that(Did::Noted)
                    .annotation(NOTE, text(&after.note))
                    .annotation(CONTACT, text(&after.contact)),
            ))
        });
        Ok(changed.await?.summary)
    }
}
