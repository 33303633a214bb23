//! Deletes a token: exactly the one that the person saw, and only one that Kargo would delete, too.
//!
//! A deletion that can be undone begins with a suspension, which the API server enforces. The Secret records when the deletion is due
//! (annotation `kargo-tokens/delete-after`), so that it depends on no running program. Once due, it is finished by the program that began
//! it, by a sweep or by a person. A token that somebody has changed meanwhile is not deleted.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::core::params::{DeleteParams, Preconditions};
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::time::sleep;

use super::{
    connection::{Cluster, access::Access, error::Error},
    secret::{
        change::{Change, TRIES, WriteContext},
        find::{metadata_only, secrets},
        keys::{DELETE_AFTER, DELETION_LABEL, INVALID_SINCE, SUSPENDED_BY_DELETION, SUSPENSION},
        metadata::Token,
    },
};
use crate::{
    name::TokenName,
    scope::Scope,
    token::{ChangedToken, HistoryAction, HistoryEntry, TokenRef, TokenState, Uid, day},
};

impl Cluster {
    /// Deletes a token at once, whatever its state. The API server refuses its value within about 10 seconds.
    ///
    /// # Errors
    /// [`Error::NoToken`] also if somebody else deleted it meanwhile; [`Error::Replaced`] and [`Error::OtherRole`] if it isn't the token that
    /// was seen; [`Error::Unmanaged`] if Kargo's tools would refuse it, too; [`Error::OwnToken`] for the viewer's own credential.
    pub async fn delete_token(&self, target: &TokenRef) -> Result<(), Error> {
        self.refuse_own_token(target)?;
        self.delete_if(target, OnContention::DeleteByUid, |_, _| Ok(()))
            .await
    }

    /// Begins to delete a token: suspends it now and records when the deletion is due, `window` from now. Until it is finished,
    /// [`Cluster::restore_token`] undoes all of it.
    ///
    /// # Errors
    /// [`Error::Deleting`] if a deletion was begun already; those of [`Cluster::suspend_token`] if the deletion could not be undone.
    pub async fn begin_deletion(
        &self,
        target: &TokenRef,
        window: SignedDuration,
    ) -> Result<ChangedToken, Error> {
        self.require_suspension(target).await?;
        self.change(target, |token, context| {
            token.require_suspendable(&context.location)?;
            let until = context.now.saturating_add(window).unwrap_or(context.now);
            let begun = Change::of(HistoryAction::DeletionBegun)
                .annotation(DELETE_AFTER, until.to_string());
            Ok(Some(
                if let TokenState::Suspended { since } = &token.summary.state {
                    begun
                        .annotation(SUSPENDED_BY_DELETION, Json::Null)
                        .annotation(DELETION_LABEL, since.clone())
                } else {
                    // The record of a suspension that somebody lifted with other tools would keep this one from being undone.
                    begun
                        .label(INVALID_SINCE, day(context.now))
                        .annotation(SUSPENDED_BY_DELETION, "true")
                        .annotation(DELETION_LABEL, day(context.now))
                        .annotation(SUSPENSION, Json::Null)
                },
            ))
        })
        .await
    }

    /// Finishes what is due of a token after a `wait`. If the program ends before, the token stays due.
    pub async fn finish_when_due(self, target: TokenRef, wait: SignedDuration) {
        // The API server's clock is read in whole seconds.
        let mut wait = wait.saturating_add(SignedDuration::from_secs(1));
        let finished = loop {
            sleep(wait.try_into().unwrap_or_default()).await;
            match self.finish_patiently(&target).await {
                // Another API server's clock is behind, or the deletion was begun anew.
                Err(Error::NotDue(_)) => match self.time_to_deletion(&target).await {
                    Ok(Some(left)) => wait = left.saturating_add(SignedDuration::from_secs(1)),
                    Ok(None) => return,
                    Err(error) => break Err(error),
                },
                finished => break finished,
            }
        };
        match finished {
            // Somebody else may have finished it.
            Ok(()) | Err(Error::NoToken(_) | Error::Replaced(_)) => {}
            Err(error) => {
                tracing::warn!(
                    scope = %target.scope, name = %target.name, %error,
                    "a due token could not be deleted and stays due"
                );
            }
        }
    }

    /// Finishes what is due of a token, and tries again for a while where the cluster doesn't answer. Each try judges the token anew.
    async fn finish_patiently(&self, target: &TokenRef) -> Result<(), Error> {
        for wait in [1, 5, 20, 60] {
            match self.finish_token(target).await {
                Err(error) if error.is_unanswered() || matches!(error, Error::TooMany { .. }) => {
                    sleep(Duration::from_secs(wait)).await;
                }
                result => return result,
            }
        }
        self.finish_token(target).await
    }

    /// Time until a token's deletion is due; `None` if the token is no longer being deleted. Logs a deletion that was called off by other means
    /// than our own verbs: the holder of the value may have done so.
    async fn time_to_deletion(&self, target: &TokenRef) -> Result<Option<SignedDuration>, Error> {
        let fetched = self.fetch(&target.scope, &target.name).await?;
        let token = fetched.token.summary;
        if token.uid != target.uid {
            return Ok(None);
        }
        if let TokenState::Deleting { until } = token.state {
            return Ok(Some(time_until(until, fetched.now)));
        }
        // Our own verbs leave an entry, which others would have to forge.
        let is_undone = fetched.token.history.entries().last().is_some_and(|entry| {
            matches!(
                entry.action,
                HistoryAction::DeletionUndone | HistoryAction::Restored
            )
        });
        if token.delete_after.is_some() || !is_undone {
            tracing::warn!(
                scope = %target.scope, name = %target.name,
                "somebody changed the token while it was being deleted, so it was not deleted and works again"
            );
        }
        Ok(None)
    }

    /// Deletes the Secret with a UID, whatever it says. No error if there is no such Secret any more.
    pub(super) async fn delete_by_uid(
        &self,
        scope: &Scope,
        name: &TokenName,
        uid: &Uid,
    ) -> Result<(), Error> {
        match self.request_deletion(scope, name, uid, None).await {
            Ok(_) | Err(Error::NotFound(_) | Error::Conflict(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Access that deleting a token takes.
    fn deletion_access(&self, scope: &Scope, name: &TokenName) -> Access {
        Access::to("delete", "secrets")
            .within(self.namespace(scope))
            .named(name.as_str())
    }

    /// Asks the API server to delete the Secret with a UID; with a version only if it is exactly that one.
    async fn request_deletion(
        &self,
        scope: &Scope,
        name: &TokenName,
        uid: &Uid,
        version: Option<String>,
    ) -> Result<DeleteResponse, Error> {
        let params = DeleteParams::default().preconditions(Preconditions {
            uid: Some(uid.0.clone()),
            resource_version: version,
        });
        let namespace = self.namespace(scope);
        let request = secrets(namespace).delete(name.as_str(), &params);
        let access = self.deletion_access(scope, name);
        let answer = self.write(&access, request.map(metadata_only)).await?;
        let response: DeleteResponse = answer.parse(&access)?;
        if response.metadata.deletion_timestamp.is_none() {
            self.note_deleted(namespace, name.as_str(), uid);
        }
        Ok(response)
    }

    /// Deletes the token that was seen, if `check` accepts it. Tries again after conflicts, since the API server records uses.
    pub(super) async fn delete_if(
        &self,
        target: &TokenRef,
        on_contention: OnContention,
        check: impl Fn(&Token, &WriteContext) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let TokenRef {
            scope, name, uid, ..
        } = target;
        let actor = self.in_history(&self.current_user().await?);
        let location = self.location(scope, name);
        let mut tries = 0;
        loop {
            let fetched = self.fetch_verified(target).await?;
            let token = fetched.token;
            let context = WriteContext {
                now: fetched.now,
                actor: actor.clone(),
                location: location.clone(),
            };
            check(&token, &context)?;
            let by_uid = tries > TRIES && on_contention == OnContention::DeleteByUid;
            let version = (!by_uid).then_some(token.resource_version);
            tries += 1;
            match self.request_deletion(scope, name, uid, version).await {
                Ok(response) => {
                    let entry = HistoryEntry {
                        time: context.now,
                        actor,
                        action: HistoryAction::Deleted,
                        detail: String::new(),
                    };
                    self.publish_event(self.namespace(scope), &token.summary, &entry)
                        .await;
                    return match response.metadata.deletion_timestamp {
                        Some(_) => Err(Error::Terminating(location)),
                        None => Ok(()),
                    };
                }
                Err(Error::Conflict(_))
                    if tries <= TRIES
                        || (on_contention == OnContention::DeleteByUid && !by_uid) => {}
                Err(Error::NotFound(_)) => return Err(Error::NoToken(location)),
                Err(error) => return Err(error),
            }
        }
    }
}

/// Answer to a deletion: a status without metadata, or the object itself if a finalizer keeps it.
#[derive(Deserialize)]
struct DeleteResponse {
    #[serde(default)]
    metadata: RemainingMetadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RemainingMetadata {
    deletion_timestamp: Option<Timestamp>,
}

/// Reaction to a token that somebody else changes again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum OnContention {
    /// Give up: the latest change may speak against the deletion.
    GiveUp,
    /// Delete it by its UID alone: a person wants exactly this token gone, and its holder may be changing it to keep it.
    DeleteByUid,
}

/// Time from `now` to `until`; zero if it is over.
pub fn time_until(until: Timestamp, now: Timestamp) -> SignedDuration {
    until.duration_since(now).max(SignedDuration::ZERO)
}
