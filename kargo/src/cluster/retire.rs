//! Retires the old token of a rotation: it goes on working beside its successor until a time that a person chooses.

use jiff::SignedDuration;
use serde_json::Value as Json;

use super::{
    connection::{Cluster, error::Error},
    secret::{change::Change, keys::RETIRE_AFTER},
};
use crate::token::{ChangedToken, HistoryAction, TokenRef, TokenState};

impl Cluster {
    /// Keeps a token that has a successor for the `overlap` from now; then it is due to be deleted. `None`: keeps it until somebody deletes
    /// it.
    ///
    /// # Errors
    /// [`Error::NoSuccessor`] without a successor; [`Error::Deleting`] if a deletion was begun; [`Error::Compromised`] if the token must not be
    /// kept.
    pub async fn retire_token(
        &self,
        target: &TokenRef,
        overlap: Option<SignedDuration>,
    ) -> Result<ChangedToken, Error> {
        self.refuse_own_token(target)?;
        match self.retire(target, overlap).await {
            // The successor's creation may have been interrupted before it was recorded on the old token.
            Err(Error::NoSuccessor(location)) => {
                let old = self.fetch(&target.scope, &target.name).await?.token.summary;
                let successor = self.successor_of(&target.scope, &old).await?;
                let Some(successor) = successor else {
                    return Err(Error::NoSuccessor(location));
                };
                self.link(target, &successor.name, |recorded| recorded.is_none())
                    .await?;
                self.retire(target, overlap).await
            }
            result => result,
        }
    }

    async fn retire(
        &self,
        target: &TokenRef,
        overlap: Option<SignedDuration>,
    ) -> Result<ChangedToken, Error> {
        self.change(target, |token, context| {
            let summary = &token.summary;
            if summary.is_compromised {
                return Err(Error::Compromised(context.location.clone()));
            }
            if overlap.is_some() && summary.replaced_by.is_none() {
                return Err(Error::NoSuccessor(context.location.clone()));
            }
            if let TokenState::Deleting { until } = summary.state {
                return Err(Error::Deleting {
                    token: context.location.clone(),
                    until,
                });
            }
            let end = overlap.and_then(|overlap| context.now.checked_add(overlap).ok());
            if end.is_none() && summary.retire_after.is_none() {
                return Ok(None);
            }
            let detail = end.map_or("kept until somebody deletes it".to_owned(), |end| {
                format!("until {}", end.strftime("%Y-%m-%d %H:%M:%S UTC"))
            });
            let end = end.map_or(Json::Null, |end| end.to_string().into());
            Ok(Some(
                Change::of(HistoryAction::Retiring)
                    .detail(detail)
                    .annotation(RETIRE_AFTER, end),
            ))
        })
        .await
    }
}
