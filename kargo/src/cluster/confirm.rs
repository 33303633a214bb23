//! Confirms that a revealed value is saved, so that no claim gets the value again.

use serde_json::Value as Json;

use super::{
    connection::{Cluster, error::Error},
    secret::{
        change::Change,
        keys::{CLAIM, REVEAL},
    },
};
use crate::{
    claim::ClaimId,
    token::{ChangedToken, HistoryAction, Reveal, TokenRef},
};

impl Cluster {
    /// Records that the value which this claim received is saved. Confirming twice is no error.
    ///
    /// # Errors
    /// [`Error::NotClaimed`] if this claim did not receive the value.
    pub async fn confirm_token(
        &self,
        target: &TokenRef,
        claim: &ClaimId,
    ) -> Result<ChangedToken, Error> {
        let hash = claim.hash();
        self.change(target, |token, context| match token.summary.reveal {
            Some(Reveal::Confirmed { .. }) => Ok(None),
            Some(Reveal::Claimed { .. }) if token.claim.as_ref() == Some(&hash) => Ok(Some(
                Change::of(HistoryAction::Saved)
                    .annotation(REVEAL, "confirmed")
                    .annotation(CLAIM, Json::Null),
            )),
            _ => Err(Error::NotClaimed(context.location.clone())),
        })
        .await
    }
}
