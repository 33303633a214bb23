//! Suspends a token: the API server refuses its value while the Secret carries a label, and accepts it again once the label is gone.

use serde_json::Value as Json;

use super::{
    connection::{Cluster, access::TokenLocation, error::Error},
    secret::{
        change::{Change, WriteContext},
        keys::{DELETE_AFTER, DELETION_LABEL, INVALID_SINCE, SUSPENDED_BY_DELETION, SUSPENSION},
        metadata::Token,
    },
};
use crate::{
    text::Text,
    token::{ChangedToken, HistoryAction, Suspension, TokenRef, TokenState, day},
};

impl Cluster {
    /// Suspends a token. The API server refuses new requests with it within about 10 seconds; open streams may continue. `reason`: one line
    /// for people, may be empty.
    ///
    /// # Errors
    /// [`Error::AlreadySuspended`], [`Error::Deleting`]: nothing was changed. [`Error::NotSuspendable`] for an expiring token,
    /// [`Error::TooOld`] for a cluster that ignores the label, [`Error::OwnToken`] for the viewer's own credential.
    pub async fn suspend_token(
        &self,
        target: &TokenRef,
        reason: &Text,
    ) -> Result<ChangedToken, Error> {
        self.require_suspension(target).await?;
        self.change(target, |token, context| {
            token.require_suspendable(&context.location)?;
            if let TokenState::Suspended { .. } = token.summary.state {
                return Err(Error::AlreadySuspended(context.location.clone()));
            }
            let change = Change::of(HistoryAction::Suspended).detail(reason.to_string());
            Ok(Some(suspended(change, token, context, reason.as_str())))
        })
        .await
    }

    /// Refuses to suspend the viewer's own token, and to suspend on a cluster that ignores suspensions. Reads no token.
    pub(super) async fn require_suspension(&self, target: &TokenRef) -> Result<(), Error> {
        self.refuse_own_token(target)?;
        if self.suspend_works().await? {
            Ok(())
        } else {
            Err(Error::TooOld)
        }
    }

    /// Refuses the token that this identity signed in with: ending it would lock the person out.
    pub(super) fn refuse_own_token(&self, target: &TokenRef) -> Result<(), Error> {
        if self.is_own_token(&target.scope, &target.name) {
            Err(Error::OwnToken(self.location(&target.scope, &target.name)))
        } else {
            Ok(())
        }
    }
}

impl Token {
    /// Refuses an expiring token and one that is being deleted.
    pub(super) fn require_suspendable(&self, location: &TokenLocation) -> Result<(), Error> {
        if self.summary.is_expiring() {
            return Err(Error::NotSuspendable(location.clone()));
        }
        match self.summary.state {
            TokenState::Deleting { until } => Err(Error::Deleting {
                token: location.clone(),
                until,
            }),
            _ => Ok(()),
        }
    }
}

/// Adds a suspension to a change. Removes what is left of a deletion that somebody called off by lifting its suspension: this suspension
/// must not revive it.
pub(super) fn suspended(
    change: Change,
    token: &Token,
    context: &WriteContext,
    reason: &str,
) -> Change {
    let suspension = Suspension {
        time: context.now,
        actor: context.actor.clone(),
        reason: reason.to_owned(),
        last_used: token.summary.last_used.clone(),
    };
    let json = serde_json::to_string(&suspension).map_or(Json::Null, Json::from);
    change
        .label(INVALID_SINCE, day(context.now))
        .annotation(SUSPENSION, json)
        .annotation(DELETE_AFTER, Json::Null)
        .annotation(SUSPENDED_BY_DELETION, Json::Null)
        .annotation(DELETION_LABEL, Json::Null)
}
