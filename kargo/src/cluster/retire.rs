//! Retires the old token of a rotation: it goes on working beside its successor until a time that the person chooses.

use jiff::SignedDuration;
use serde_json::Value as Json;

use super::{Cluster, change::Change, contract::RETIRE_AFTER, error::Error};
use crate::token::{Did, TokenHandle, TokenState, TokenSummary};

impl Cluster {
    /// Keeps a token that has a successor for the `overlap` from now, then it is due to be deleted; `None`: until somebody deletes it.
    ///
    /// # Errors
    /// [`Error::NoSuccessor`] if nothing took its place; [`Error::Deleting`] if somebody deletes it already;
    /// [`Error::Compromised`] if it must not be kept.
    pub async fn retire_token(
        &self,
        seen: &TokenHandle,
        overlap: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        self.spare_own_token(seen)?;
        match self.retire(seen, overlap).await {
            // Its successor may have been made by somebody who was interrupted before they could note it here.
            Err(Error::NoSuccessor(at)) => {
                let old = self.find(&seen.scope, &seen.name).await?.token.summary;
                let successor = self.successor_of(&seen.scope, &old).await?;
                let Some(successor) = successor else {
                    return Err(Error::NoSuccessor(at));
                };
                self.link(seen, &successor.name, |noted| noted.is_none())
                    .await?;
                self.retire(seen, overlap).await
            }
            result => result,
        }
    }

    async fn retire(
        &self,
        seen: &TokenHandle,
        overlap: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        let changed = self.change(seen, |token, moment| {
            let summary = &token.summary;
            if summary.is_compromised {
                return Err(Error::Compromised(moment.at.clone()));
            }
            if overlap.is_some() && summary.replaced_by.is_none() {
                return Err(Error::NoSuccessor(moment.at.clone()));
            }
            if let TokenState::Deleting { until } = summary.state {
                return Err(Error::Deleting {
                    token: moment.at.clone(),
                    until,
                });
            }
            let end = overlap.and_then(|overlap| moment.now.checked_add(overlap).ok());
            if end.is_none() && summary.retire_after.is_none() {
                return Ok(None);
            }
            let about = end.map_or("kept until somebody deletes it".to_owned(), |end| {
                format!("until {}", end.strftime("%Y-%m-%d %H:%M:%S UTC"))
            });
            let end = end.map_or(Json::Null, |end| end.to_string().into());
            Ok(Some(
                Change::that(Did::Retiring)
                    .about(about)
                    .annotation(RETIRE_AFTER, end),
            ))
        });
        Ok(changed.await?.summary)
    }
}
