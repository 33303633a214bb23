//! Restores a token: undoes its suspension, or the deletion that was begun.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use super::{
    connection::{Cluster, access::TokenLocation, error::Error},
    secret::{
        change::Change,
        keys::{
            COMPROMISED, DELETE_AFTER, DELETION_LABEL, ENDS, INVALID_SINCE, RETIRE_AFTER,
            SUSPENDED_BY_DELETION, SUSPENSION,
        },
    },
};
use crate::token::{ChangedToken, HistoryAction, TokenRef, TokenState, TokenSummary};

/// Treatment of a token that was reported as compromised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OfReported {
    /// Refuses it.
    Refuse,
    /// Restores it and withdraws the report.
    Restore,
    /// The same if the report is at least so old: a program that carries it out has ended the token by then.
    RestoreAfter(SignedDuration),
}

impl Cluster {
    /// Undoes a deletion exactly: a token that was suspended before stays suspended. If no deletion was begun, ends the suspension and
    /// removes what is left of one that somebody lifted with other tools. The API server accepts the value again at once.
    ///
    /// # Errors
    /// [`Error::Compromised`] and [`Error::ReportUnderWay`] for a reported token; [`Error::NotSuspended`] if there is nothing to undo.
    pub async fn restore_token(
        &self,
        target: &TokenRef,
        of_reported: OfReported,
    ) -> Result<ChangedToken, Error> {
        let was_reported =
            of_reported != OfReported::Refuse && self.withdraw_report(target, of_reported).await?;
        let restored = self.change(target, |token, context| {
            let summary = &token.summary;
            if summary.is_compromised {
                may_restore(summary, context.now, of_reported, &context.location)?;
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
        });
        let restored = restored.await?;
        if was_reported {
            let (scope, name) = (&target.scope, &target.name);
            // The token is restored by now, whether or not the name can be read.
            let person = self.current_user().await.unwrap_or_default();
            tracing::info!(%scope, %name, %person, "the report of a compromised token was called off");
        }
        Ok(restored)
    }

    /// Removes the record from the successor that its predecessor must end. Comes before the restoration: with the record, another program
    /// would delete the restored token. `false`: the token was not reported.
    async fn withdraw_report(
        &self,
        target: &TokenRef,
        of_reported: OfReported,
    ) -> Result<bool, Error> {
        let TokenRef { scope, name, .. } = target;
        let fetched = self.fetch_verified(target).await?;
        let old = fetched.token.summary;
        if !old.is_compromised {
            return Ok(false);
        }
        may_restore(&old, fetched.now, of_reported, &self.location(scope, name))?;
        let Some(successor) = &old.replaced_by else {
            return Ok(true);
        };
        let new = match self.fetch(scope, successor).await {
            Ok(fetched) => fetched.token.summary,
            Err(Error::NoToken(_)) => return Ok(true),
            Err(error) => return Err(error),
        };
        if new.ends.as_ref() != Some(&old.uid) {
            return Ok(true);
        }
        self.change(&new.token_ref(scope), |token, _| {
            let withdrawn = Change::of(HistoryAction::ReportWithdrawn).annotation(ENDS, Json::Null);
            Ok(token.summary.ends.is_some().then_some(withdrawn))
        })
        .await?;
        Ok(true)
    }
}

/// Refuses a reported token that may not be restored.
fn may_restore(
    token: &TokenSummary,
    now: Timestamp,
    of_reported: OfReported,
    location: &TokenLocation,
) -> Result<(), Error> {
    let age = token
        .suspension
        .as_ref()
        .map(|it| now.duration_since(it.time));
    match (of_reported, age) {
        (OfReported::Refuse, _) => Err(Error::Compromised(location.clone())),
        (OfReported::RestoreAfter(least), Some(age)) if age < least => {
            Err(Error::ReportUnderWay(location.clone()))
        }
        _ => Ok(()),
    }
}
