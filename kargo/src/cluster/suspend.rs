//! Suspends a token: the API server refuses it while it carries a label, and accepts it again as soon as the label is gone.

use serde_json::Value as Json;

use super::{
    Cluster,
    change::{Change, Moment},
    contract::{
        DELETE_AFTER, DELETION_LABEL, INVALID_SINCE, SUSPENDED_BY_DELETION, SUSPENSION, Token,
    },
    error::{Error, TokenAt},
};
use crate::{
    text::Text,
    token::{Did, Suspension, TokenHandle, TokenState, TokenSummary, day},
};

impl Cluster {
    /// Suspends a token. New requests with it are refused within about 10 seconds; streams that are open may go on. `reason`: one line
    /// for people, may be empty.
    ///
    /// # Errors
    /// [`Error::AlreadySuspended`], [`Error::Deleting`]: nothing was changed. [`Error::CanNotBeSuspended`] for an expiring token,
    /// [`Error::TooOld`] for a cluster that ignores the label, [`Error::OwnToken`] for the one that this identity uses.
    pub async fn suspend_token(
        &self,
        seen: &TokenHandle,
        reason: &Text,
    ) -> Result<TokenSummary, Error> {
        self.require_suspension(seen).await?;
        let changed = self.change(seen, |token, moment| {
            token.can_be_suspended(&moment.at)?;
            if let TokenState::Suspended { .. } = token.summary.state {
                return Err(Error::AlreadySuspended(moment.at.clone()));
            }
            let change = Change::that(Did::Suspended).about(reason.to_string());
            Ok(Some(suspended(change, token, moment, reason.as_str())))
        });
        Ok(changed.await?.summary)
    }

    /// Refuses what makes no sense to suspend here, before anything is read.
    pub(super) async fn require_suspension(&self, seen: &TokenHandle) -> Result<(), Error> {
        self.spare_own_token(seen)?;
        if self.suspend_works().await? {
            Ok(())
        } else {
            Err(Error::TooOld)
        }
    }

    /// Refuses the token that this identity signed in with: whoever ends it is locked out in the middle of their work.
    pub(super) fn spare_own_token(&self, seen: &TokenHandle) -> Result<(), Error> {
        if self.is_own_token(&seen.scope, &seen.name) {
            Err(Error::OwnToken(self.token_at(&seen.scope, &seen.name)))
        } else {
            Ok(())
        }
    }
}

impl Token {
    /// Refuses an expiring token and one that is being deleted.
    pub(super) fn can_be_suspended(&self, at: &TokenAt) -> Result<(), Error> {
        if self.summary.is_expiring() {
            return Err(Error::CanNotBeSuspended(at.clone()));
        }
        match self.summary.state {
            TokenState::Deleting { until } => Err(Error::Deleting {
                token: at.clone(),
                until,
            }),
            _ => Ok(()),
        }
    }
}

/// A change that suspends, besides what it does. A deletion that somebody has stopped by lifting its suspension must not go on because
/// of this one.
pub(super) fn suspended(change: Change, token: &Token, moment: &Moment, reason: &str) -> Change {
    let suspension = Suspension {
        at: moment.now,
        by: moment.by.clone(),
        reason: reason.to_owned(),
        last_used: token.summary.last_used.clone(),
    };
    let json = serde_json::to_string(&suspension).map_or(Json::Null, Json::from);
    change
        .label(INVALID_SINCE, day(moment.now))
        .annotation(SUSPENSION, json)
        .annotation(DELETE_AFTER, Json::Null)
        .annotation(SUSPENDED_BY_DELETION, Json::Null)
        .annotation(DELETION_LABEL, Json::Null)
}
