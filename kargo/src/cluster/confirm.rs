//! *I saved it*: ends a reveal, so that no claim gets the value again.

use serde_json::Value as Json;

use super::{
    Cluster,
    change::Change,
    contract::{CLAIM, REVEAL, claim_hash},
    error::Error,
};
use crate::{
    claim::ClaimId,
    token::{Did, Reveal, TokenHandle},
};

impl Cluster {
    /// Notes that the value which this claim got was saved. To say so twice is no error.
    ///
    /// # Errors
    /// [`Error::NotClaimed`] if this claim did not get it.
    pub async fn confirm_token(&self, seen: &TokenHandle, claim: &ClaimId) -> Result<(), Error> {
        let hash = claim_hash(claim);
        self.change(seen, |token, moment| match token.summary.reveal {
            Some(Reveal::Confirmed { .. }) => Ok(None),
            Some(Reveal::Claimed { .. }) if token.claim.as_ref() == Some(&hash) => Ok(Some(
                Change::that(Did::Saved)
                    .annotation(REVEAL, "confirmed")
                    .annotation(CLAIM, Json::Null),
            )),
            _ => Err(Error::NotClaimed(moment.at.clone())),
        })
        .await?;
        Ok(())
    }
}
