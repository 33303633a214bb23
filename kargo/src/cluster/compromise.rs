//! A token whose value is in the wrong hands: suspended and given a successor at once, deleted as soon as the API server is seen to
//! refuse it. Each step is noted on the Secret, so that an interrupted one goes on where it stopped.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value as Json;
use tokio::time::sleep;

use super::{
    Cluster,
    change::Change,
    contract::{COMPROMISED, REPLACED_BY, RETIRE_AFTER},
    delete::{Rest, patiently, time_until},
    error::{Access, Error, TokenAt},
    suspend::suspended,
};
use crate::{
    name::TokenName,
    scope::Scope,
    token::{Did, REFUSED_AFTER, TokenHandle, TokenState, TokenSummary},
};

impl Cluster {
    /// Says that the value is in the wrong hands: suspends the token first, then creates its successor. `lifetime`: the successor's, as
    /// for a new token. What can't be suspended (an expiring token, any before Kubernetes 1.29, one whose Secret somebody keeps from being
    /// changed) is deleted at once instead: whoever has the value must not go on for as long as somebody saves the new one.
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
        let found = self.find_seen(seen).await?.token;
        if found.summary.is_expiring() || !self.suspend_works().await? {
            return Box::pin(self.replace_and_delete(seen, &found.summary, lifetime)).await;
        }
        let suspended = self.change(seen, |token, moment| {
            // What stands there of an earlier rotation is no successor that could be relied on.
            let change = Change::that(Did::Compromised)
                .annotation(COMPROMISED, "true")
                .annotation(REPLACED_BY, Json::Null)
                .annotation(RETIRE_AFTER, Json::Null);
            if let TokenState::Suspended { .. } = token.summary.state {
                return Ok((!token.summary.is_compromised).then_some(change));
            }
            let reason = "Its value is in the wrong hands.";
            Ok(Some(suspended(change, token, moment, reason)))
        });
        match suspended.await {
            Ok(_) => {}
            // Whoever has the value may be changing the Secret without end, or have filled its annotations.
            Err(Error::Changed(_) | Error::Invalid(_)) => {
                return Box::pin(self.replace_and_delete(seen, &found.summary, lifetime)).await;
            }
            Err(error) => return Err(error),
        }
        let new = self
            .create_successor(seen, &found.summary, lifetime)
            .await?;
        self.link_or_warn(seen, &new.name).await;
        Ok(new)
    }

    /// Deletes it at once. The successor comes first, which takes a moment: an interruption then leaves something that says so. If none can
    /// be had, the token is deleted all the same.
    async fn replace_and_delete(
        &self,
        seen: &TokenHandle,
        old: &TokenSummary,
        lifetime: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        let scope = &seen.scope;
        let namespace = self.namespace(scope);
        // Without the right to delete, each try would leave one more token.
        if !self.may(namespace, "delete", "secrets", "", "").await? {
            return Err(Error::Forbidden(
                Access::to("delete", "secrets").within(namespace),
            ));
        }
        let new = self.create_successor(seen, old, lifetime).await;
        match self.delete_if(seen, Rest::NotNeeded, |_, _| Ok(())).await {
            Ok(()) | Err(Error::NoToken(_) | Error::Terminating(_)) => new,
            Err(error) => {
                // Nobody has seen its value.
                if let Ok(new) = &new
                    && let Err(error) = self.delete_token(&new.handle(scope)).await
                {
                    tracing::warn!(%scope, name = %new.name, %error, "a needless successor is left");
                }
                Err(error)
            }
        }
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
        let found = self.find_seen(seen).await?;
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

    /// Finishes it in the background after a `wait`, should whoever reported it not have done so, such as by closing the page. Should
    /// this program end before, it stays due.
    pub fn finish_compromise_later(&self, seen: TokenHandle, wait: Duration) {
        let cluster = self.clone();
        tokio::spawn(async move {
            sleep(wait).await;
            let finish =
                async |cluster: Cluster, seen: TokenHandle| cluster.finish_compromise(&seen).await;
            match patiently(finish, &cluster, &seen).await {
                // Finished already.
                Ok(_) | Err(Error::NoToken(_) | Error::Replaced(_)) => {}
                // Also where somebody has taken it back: it need not have been the person who reported it.
                Err(error) => {
                    tracing::warn!(scope = %seen.scope, name = %seen.name, %error, "a compromised token is not deleted");
                }
            }
        });
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
    // What the API server accepts again must go, whoever may bring it back.
    let is_suspended = matches!(token.state, TokenState::Suspended { .. });
    match &token.kept_by {
        Some(tool) if is_suspended => Err(Error::KeptElsewhere {
            token: at.clone(),
            tool: tool.clone(),
        }),
        _ => Ok(()),
    }
}
