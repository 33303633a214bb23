//! Restores a token: undoes its suspension, or the deletion that was begun.

use serde_json::Value as Json;

use super::{
    Cluster,
    change::Change,
    contract::{
        COMPROMISED, DELETE_AFTER, DELETION_LABEL, INVALID_SINCE, RETIRE_AFTER,
        SUSPENDED_BY_DELETION, SUSPENSION,
    },
    error::Error,
};
use crate::token::{Did, TokenHandle, TokenState, TokenSummary};

impl Cluster {
    /// Undoes a deletion exactly: a token that was suspended before stays suspended. Where no deletion was begun, ends the suspension,
    /// and what is noted of one that somebody has lifted with other tools. The API server accepts the value again at once.
    ///
    /// `even_compromised`: also one that was reported as compromised, which takes that back.
    ///
    /// # Errors
    /// [`Error::Compromised`] for such a one otherwise; [`Error::NotSuspended`] where there is nothing to undo.
    pub async fn restore_token(
        &self,
        seen: &TokenHandle,
        even_compromised: bool,
    ) -> Result<TokenSummary, Error> {
        let changed = self.change(seen, |token, moment| {
            let summary = &token.summary;
            if summary.is_compromised && !even_compromised {
                return Err(Error::Compromised(moment.at.clone()));
            }
            // An overlap that has ended meanwhile must not delete at once what was just restored.
            let is_over = summary.retire_after.is_some_and(|end| end <= moment.now);
            let and_stay = |change: Change| {
                if is_over {
                    change.annotation(RETIRE_AFTER, Json::Null)
                } else {
                    change
                }
            };
            if summary.delete_after.is_some() {
                let undone = Change::that(Did::DeletionUndone)
                    .annotation(DELETE_AFTER, Json::Null)
                    .annotation(DELETION_LABEL, Json::Null)
                    .annotation(SUSPENDED_BY_DELETION, Json::Null);
                // A suspension that is noted was there before, whatever else is noted.
                let is_lifted = token.suspended_by_deletion
                    && !summary.is_expiring()
                    && summary.suspension.is_none();
                return Ok(Some(and_stay(if is_lifted {
                    undone.label(INVALID_SINCE, Json::Null)
                } else {
                    undone
                })));
            }
            let is_suspended = matches!(summary.state, TokenState::Suspended { .. });
            if !is_suspended && summary.suspension.is_none() && !summary.is_compromised {
                return Err(Error::NotSuspended(moment.at.clone()));
            }
            let restored = Change::that(Did::Restored)
                .annotation(SUSPENSION, Json::Null)
                .annotation(COMPROMISED, Json::Null);
            Ok(Some(and_stay(if is_suspended {
                restored.label(INVALID_SINCE, Json::Null)
            } else {
                restored
            })))
        });
        Ok(changed.await?.summary)
    }
}
