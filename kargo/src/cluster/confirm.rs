//! *I saved it*: ends a reveal, so that no claim gets the value again.

use serde_json::{Value as Json, json};

use super::{
    Cluster,
    annotate::{Outcome, TRIES},
    contract::{CLAIM, REVEAL, claim_hash},
    error::Error,
};
use crate::{
    claim::ClaimId,
    token::{Reveal, TokenHandle},
};

impl Cluster {
    /// Notes that the value which this claim got was saved. To say so twice is no error.
    ///
    /// # Errors
    /// [`Error::NotClaimed`] if this claim did not get it.
    pub async fn confirm_token(&self, seen: &TokenHandle, claim: &ClaimId) -> Result<(), Error> {
        let TokenHandle { scope, name, .. } = seen;
        let hash = claim_hash(claim);
        let annotations = json!({ (REVEAL): "confirmed", (CLAIM): Json::Null });
        let mut tries = 0;
        loop {
            let token = self.find(scope, name).await?.token;
            let at = self.token_at(scope, name);
            token.judge(at.clone(), seen)?;
            match token.summary.reveal {
                Some(Reveal::Confirmed { .. }) => return Ok(()),
                Some(Reveal::Claimed { .. }) if token.claim.as_ref() == Some(&hash) => {}
                _ => return Err(Error::NotClaimed(at)),
            }
            tries += 1;
            match self.annotate(scope, &token, &annotations).await? {
                Outcome::Done => return Ok(()),
                Outcome::Conflict(error) if tries > TRIES => return Err(error),
                Outcome::Conflict(_) => {}
            }
        }
    }
}
