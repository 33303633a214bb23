//! A token whose value is in the wrong hands: suspended and given a successor at once, deleted as soon as the API server is seen to
//! refuse it. Each step is noted on the Secret, so that an interrupted one goes on where it stopped.

use std::time::Duration;

use jiff::SignedDuration;
use tokio::time::sleep;

use super::{
    Cluster,
    change::Change,
    contract::COMPROMISED,
    delete::{Rest, time_until},
    error::{Error, TokenAt},
    suspend::suspended,
};
use crate::{
    name::TokenName,
    scope::Scope,
    token::{Did, Suspension, TokenHandle, TokenState, TokenSummary},
};

/// The API server remembers for 10 seconds that it accepted a token.
const REFUSED_AFTER: SignedDuration = SignedDuration::from_secs(12);

impl Cluster {
    /// Says that the value is in the wrong hands: suspends the token first, then creates its successor. `lifetime`: the successor's, as
    /// for a new token. What can't be suspended (an expiring token, or any before Kubernetes 1.29) is deleted first instead: whoever has
    /// the value must not go on for as long as somebody saves the new one.
    ///
    /// The successor is always a new token. Whatever stands in the old one's place already, whoever has the value could have made.
    ///
    /// # Errors
    /// Those of suspending and of recreating. After a failure the token is suspended or deleted, unless the first step failed.
    pub async fn compromise_token(
        &self,
        seen: &TokenHandle,
        lifetime: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        self.spare_own_token(seen)?;
        let TokenHandle { scope, name, .. } = seen;
        let found = self.find(scope, name).await?.token;
        if found.summary.is_expiring() || !self.suspend_works().await? {
            self.delete_if(seen, Rest::NotNeeded, |_, _| Ok(())).await?;
            return self.create_successor(seen, lifetime).await;
        }
        self.change(seen, |token, moment| {
            let change = Change::that(Did::Compromised).annotation(COMPROMISED, "true");
            if let TokenState::Suspended { .. } = token.summary.state {
                return Ok((!token.summary.is_compromised).then_some(change));
            }
            let suspension = Suspension {
                at: moment.now,
                by: moment.by.clone(),
                reason: "Its value is in the wrong hands.".to_owned(),
                last_used: token.summary.last_used.clone(),
            };
            Ok(Some(suspended(change, &suspension)))
        })
        .await?;
        let new = self.create_successor(seen, lifetime).await?;
        self.link_or_warn(seen, &new.name).await;
        Ok(new)
    }

    /// Deletes a compromised token, 12 seconds after its suspension at the earliest: the API server must refuse it by then. Answers with
    /// whether it was seen to, which takes the right to read the value. If it was not, the deletion ends it all the same.
    ///
    /// # Errors
    /// [`Error::NotCompromised`] if nobody said so, or somebody restored it; [`Error::KeptElsewhere`] if another tool would bring the
    /// same value back: it stays suspended then.
    pub async fn finish_compromise(&self, seen: &TokenHandle) -> Result<bool, Error> {
        self.spare_own_token(seen)?;
        let TokenHandle { scope, name, .. } = seen;
        let at = self.token_at(scope, name);
        let found = self.find(scope, name).await?;
        found.token.judge(at.clone(), seen)?;
        may_be_deleted(&found.token.summary, &at)?;
        let since = found.token.summary.suspension.as_ref().map(|s| s.at);
        if let Some(refused_at) = since.and_then(|since| since.checked_add(REFUSED_AFTER).ok()) {
            let wait = time_until(refused_at, found.now).min(REFUSED_AFTER);
            sleep(Duration::try_from(wait).unwrap_or_default()).await;
        }
        let was_refused = self.is_refused(scope, name).await;
        self.delete_if(seen, Rest::NotNeeded, |token, moment| {
            may_be_deleted(&token.summary, &moment.at)
        })
        .await?;
        Ok(was_refused)
    }

    /// Whether the API server is seen to refuse a token's value; `false`, too, where that can't be tried.
    async fn is_refused(&self, scope: &Scope, name: &TokenName) -> bool {
        let Ok((_, revealed, _)) = self.open(scope, name).await else {
            return false;
        };
        let Ok(holder) = self.connector().with_bearer(&revealed.value) else {
            return false;
        };
        matches!(holder.review().await, Err(Error::Unauthenticated))
    }
}

/// To restore a token takes back that it was compromised. Who lifts the suspension by other means does not: it may be the thief.
fn may_be_deleted(token: &TokenSummary, at: &TokenAt) -> Result<(), Error> {
    if !token.is_compromised {
        return Err(Error::NotCompromised(at.clone()));
    }
    match &token.kept_by {
        Some(tool) => Err(Error::KeptElsewhere {
            token: at.clone(),
            tool: tool.clone(),
        }),
        None => Ok(()),
    }
}
