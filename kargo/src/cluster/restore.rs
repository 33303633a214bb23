//! Restores a token: undoes its suspension, or the deletion that was begun.

use serde_json::Value as Json;

use super::{
    connection::{Cluster, error::Error},
    secret::{
        change::Change,
        keys::{
            COMPROMISED, DELETE_AFTER, DELETION_LABEL, INVALID_SINCE, RETIRE_AFTER,
            SUSPENDED_BY_DELETION, SUSPENSION,
        },
    },
};
use crate::token::{ChangedToken, HistoryAction, TokenRef, TokenState};

impl Cluster {
    /// Undoes a deletion exactly: a token that was suspended before stays suspended. If no deletion was begun, ends the suspension and
    /// removes what is left of one that somebody lifted with other tools. The API server accepts the value again at once.
    ///
    /// `even_compromised`: also restores a token that was reported as compromised, and withdraws that report.
    ///
    /// # Errors
    /// [`Error::Compromised`] for such a token otherwise; [`Error::NotSuspended`] if there is nothing to undo.
    pub async fn restore_token(
        &self,
        target: &TokenRef,
        even_compromised: bool,
    ) -> Result<ChangedToken, Error> {
        self.change(target, |token, context| {
            let summary = &token.summary;
            if summary.is_compromised && !even_compromised {
                return Err(Error::Compromised(context.location.clone()));
            }
            // An overlap that has ended meanwhile would make the restored token due at once, so it is removed.
            let is_over = summary.retire_after.is_some_and(|end| end <= context.now);
            let without_overlap = |change: Change| {
                if is_over {
                    change.annotation(RETIRE_AFTER, Json::Null)
                } else {
                    change
                }
            };
            if summary.delete_after.is_some() {
                let undone = Change::of(HistoryAction::DeletionUndone)
                    .annotation(DELETE_AFTER, Json::Null)
                    .annotation(DELETION_LABEL, Json::Null)
                    .annotation(SUSPENDED_BY_DELETION, Json::Null);
                // A recorded suspension is older than the deletion, whatever else is recorded.
                let is_lifted = token.suspended_by_deletion
                    && !summary.is_expiring()
                    && summary.suspension.is_none();
                return Ok(Some(without_overlap(if is_lifted {
                    undone.label(INVALID_SINCE, Json::Null)
                } else {
                    undone
                })));
            }
            let is_suspended = matches!(summary.state, TokenState::Suspended { .. });
            if !is_suspended && summary.suspension.is_none() && !summary.is_compromised {
                return Err(Error::NotSuspended(context.location.clone()));
            }
            let restored = Change::of(HistoryAction::Restored)
                .annotation(SUSPENSION, Json::Null)
                .annotation(COMPROMISED, Json::Null);
            Ok(Some(without_overlap(if is_suspended {
                restored.label(INVALID_SINCE, Json::Null)
            } else {
                restored
            })))
        })
        .await
    }
}
