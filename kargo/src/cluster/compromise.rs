//! Handles a compromised token: suspends it and creates a successor at once, then deletes it as soon as the API server refuses it. Each step
//! is recorded on the Secret, so that an interrupted one can be continued.

use std::time::Duration;

use jiff::SignedDuration;
use serde_json::Value as Json;
use tokio::time::sleep;

use super::{
    connection::{
        Cluster,
        access::{Access, TokenLocation},
        error::Error,
    },
    delete::{OnContention, retry_transient, time_until},
    recreate::Recreated,
    reveal::is_value_of,
    secret::{
        change::Change,
        keys::{COMPROMISED, REPLACED_BY, RETIRE_AFTER},
    },
    suspend::suspended,
};
use crate::token::{HistoryAction, REFUSED_AFTER, TokenRef, TokenState, TokenSummary};

impl Cluster {
    /// Reports a token as compromised: suspends it, then creates its successor. `lifetime`: of the successor, as for a new token. A token that
    /// can't be suspended (an expiring one, any before Kubernetes 1.29, one whose Secret somebody keeps from being changed) is deleted at
    /// once: its holder must not go on using it until somebody has saved the new value.
    ///
    /// The successor is always a new token: the holder of the value could have made any successor that is already recorded.
    ///
    /// # Errors
    /// Those of suspending and of recreating. After a failure the token is suspended or deleted, unless the first step failed.
    pub async fn compromise_token(
        &self,
        target: &TokenRef,
        lifetime: Option<SignedDuration>,
    ) -> Result<Recreated, Error> {
        self.refuse_own_token(target)?;
        let old = self.fetch_verified(target).await?.token.summary;
        if old.is_expiring() || !self.suspend_works().await? {
            return Box::pin(self.replace_and_delete(target, &old, lifetime)).await;
        }
        let suspended = self.change(target, |token, context| {
            // A successor of an earlier rotation can't be relied on.
            let change = Change::of(HistoryAction::Compromised)
                .annotation(COMPROMISED, "true")
                .annotation(REPLACED_BY, Json::Null)
                .annotation(RETIRE_AFTER, Json::Null);
            if let TokenState::Suspended { .. } = token.summary.state {
                return Ok((!token.summary.is_compromised).then_some(change));
            }
            let reason = "Its value is in the wrong hands.";
            Ok(Some(suspended(change, token, context, reason)))
        });
        match suspended.await {
            Ok(_) => {}
            // The holder of the value may be changing the Secret without end, or have filled its annotations.
            Err(Error::Conflict(_) | Error::Invalid(_)) => {
                return Box::pin(self.replace_and_delete(target, &old, lifetime)).await;
            }
            Err(error) => return Err(error),
        }
        let successor = self.create_successor(target, &old, lifetime).await?;
        let predecessor = self.link_or_warn(target, &successor.token.name).await;
        Ok(Recreated {
            successor,
            predecessor,
        })
    }

    /// Deletes the token at once. The successor is created first, so that an interruption leaves a record. If no successor can be created,
    /// the token is deleted nevertheless.
    async fn replace_and_delete(
        &self,
        target: &TokenRef,
        old: &TokenSummary,
        lifetime: Option<SignedDuration>,
    ) -> Result<Recreated, Error> {
        let scope = &target.scope;
        let namespace = self.namespace(scope);
        // Without the right to delete, each try would leave one more token.
        if !self.may(namespace, "delete", "secrets", "", "").await? {
            return Err(Error::Forbidden(
                Access::to("delete", "secrets").within(namespace),
            ));
        }
        let new = self.create_successor(target, old, lifetime).await;
        let deleted = self
            .delete_if(target, OnContention::DeleteByUid, |_, _| Ok(()))
            .await;
        match deleted {
            Ok(()) | Err(Error::NoToken(_) | Error::Terminating(_)) => {
                new.map(|successor| Recreated {
                    successor,
                    predecessor: None,
                })
            }
            Err(error) => {
                // Nobody has seen the new value.
                if let Ok(new) = &new
                    && let Err(error) = self.delete_token(&new.token.token_ref(scope)).await
                {
                    tracing::warn!(
                        %scope, name = %new.token.name, %error,
                        "a successor that nobody needs could not be deleted"
                    );
                }
                Err(error)
            }
        }
    }

    /// Deletes a compromised token at the earliest 12 seconds after its suspension, when the API server must refuse it. Answers `true` if the
    /// API server was seen to refuse the value, which takes the right to read it. The deletion ends the value in any case.
    ///
    /// # Errors
    /// [`Error::NotCompromised`] if nobody reported the token, or somebody restored it; [`Error::ExternallyManaged`] if another tool may
    /// recreate it with the same value: the token then stays suspended.
    pub async fn finish_compromise(&self, target: &TokenRef) -> Result<bool, Error> {
        self.refuse_own_token(target)?;
        let TokenRef { scope, name, .. } = target;
        let location = self.location(scope, name);
        let fetched = self.fetch_verified(target).await?;
        require_compromised(&fetched.token.summary, &location)?;
        let since = fetched.token.summary.suspension.as_ref().map(|s| s.time);
        if let Some(refused_at) = since.and_then(|since| since.checked_add(REFUSED_AFTER).ok()) {
            let wait = time_until(refused_at, fetched.now).min(REFUSED_AFTER);
            sleep(Duration::try_from(wait).unwrap_or_default()).await;
        }
        let was_refused = self.is_refused(&location, &target.role).await;
        self.delete_if(target, OnContention::DeleteByUid, |token, context| {
            require_compromised(&token.summary, &context.location)
        })
        .await?;
        Ok(was_refused)
    }

    /// Finishes a compromise after a `wait`, in case the person who reported it doesn't, for instance because they closed the page. If the
    /// program ends before, the token stays due.
    pub async fn finish_compromise_when_refused(self, target: TokenRef, wait: Duration) {
        sleep(wait).await;
        let finish =
            async |cluster: Cluster, target: TokenRef| cluster.finish_compromise(&target).await;
        match retry_transient(finish, &self, &target).await {
            // Finished already.
            Ok(_) | Err(Error::NoToken(_) | Error::Replaced(_)) => {}
            // Logged also after a restore: another person than the reporter may have restored the token.
            Err(error) => {
                tracing::warn!(
                    scope = %target.scope, name = %target.name, %error,
                    "a compromised token was not deleted"
                );
            }
        }
    }

    /// `true` if the API server was seen to refuse a token's value; `false` also if that can't be tried.
    async fn is_refused(&self, location: &TokenLocation, role: &str) -> bool {
        let Ok(value) = self.get_value(location).await else {
            return false;
        };
        if !is_value_of(&value, location, role) {
            return false;
        }
        let Ok(holder) = self.connector().with_bearer(&value) else {
            return false;
        };
        matches!(holder.review().await, Err(Error::Unauthenticated))
    }
}

/// Refuses a token that was not reported as compromised, or that was restored. Only [`Cluster::restore_token`] clears the mark; attackers
/// can remove labels.
fn require_compromised(token: &TokenSummary, location: &TokenLocation) -> Result<(), Error> {
    if !token.is_compromised {
        return Err(Error::NotCompromised(location.clone()));
    }
    // A value that the API server accepts again must go, even if another tool may recreate it.
    let is_suspended = matches!(token.state, TokenState::Suspended { .. });
    match &token.external_manager {
        Some(tool) if is_suspended => Err(Error::ExternallyManaged {
            token: location.clone(),
            tool: tool.clone(),
        }),
        _ => Ok(()),
    }
}
