//! Deletes a token: exactly the one that the person saw, and only one that Kargo would delete too.
//!
//! With time to undo it, a deletion begins with a suspension, which the API server enforces; what is left to do stands on the Secret
//! ([`DELETE_AFTER`]), so that it depends on no program's life. When it is due, the program that began it finishes it, or a sweep does,
//! or a person. What somebody has changed meanwhile is not deleted.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::core::params::{DeleteParams, Preconditions};
use serde::Deserialize;
use serde_json::Value as Json;
use tokio::time::sleep;

use super::{
    Cluster,
    change::{Change, Moment, TRIES},
    contract::{
        DELETE_AFTER, DELETION_LABEL, INVALID_SINCE, SUSPENDED_BY_DELETION, SUSPENSION, Token,
    },
    error::{Access, Error},
    find::{metadata_only, secrets},
};
use crate::token::{Act, Did, TokenHandle, TokenState, TokenSummary, day};

impl Cluster {
    /// Deletes a token at once, whatever its state. The API server refuses its value within about 10 seconds.
    ///
    /// # Errors
    /// [`Error::NoToken`] also when somebody else deleted it meanwhile; [`Error::Replaced`] and [`Error::OtherRole`] if it isn't the one
    /// that was seen; [`Error::Unmanaged`] if Kargo's tools would refuse it too; [`Error::OwnToken`] for the one that this identity uses.
    pub async fn delete_token(&self, seen: &TokenHandle) -> Result<(), Error> {
        self.spare_own_token(seen)?;
        self.delete_if(seen, Rest::NotNeeded, |_, _| Ok(())).await
    }

    /// Begins to delete a token: suspends it now and notes when it is to be deleted, `window` from now. Until then
    /// [`Cluster::restore_token`] undoes all of it.
    ///
    /// # Errors
    /// [`Error::Deleting`] if somebody has begun that already; those of [`Cluster::suspend_token`] where nothing could be undone.
    pub async fn begin_deletion(
        &self,
        seen: &TokenHandle,
        window: SignedDuration,
    ) -> Result<TokenSummary, Error> {
        self.require_suspension(seen).await?;
        let changed = self.change(seen, |token, moment| {
            token.can_be_suspended(&moment.at)?;
            let until = moment.now.saturating_add(window).unwrap_or(moment.now);
            let begun =
                Change::that(Did::DeletionBegun).annotation(DELETE_AFTER, until.to_string());
            Ok(Some(
                if let TokenState::Suspended { since } = &token.summary.state {
                    begun
                        .annotation(SUSPENDED_BY_DELETION, Json::Null)
                        .annotation(DELETION_LABEL, since.clone())
                } else {
                    // What is noted of a suspension that somebody has lifted by other means must not keep this one from being undone.
                    begun
                        .label(INVALID_SINCE, day(moment.now))
                        .annotation(SUSPENDED_BY_DELETION, "true")
                        .annotation(DELETION_LABEL, day(moment.now))
                        .annotation(SUSPENSION, Json::Null)
                },
            ))
        });
        Ok(changed.await?.summary)
    }

    /// Finishes what is due of a token after a `wait`, in the background. Should this program end before, it stays due.
    pub fn finish_later(&self, seen: TokenHandle, wait: SignedDuration) {
        let cluster = self.clone();
        tokio::spawn(async move {
            // The API server's clock is read in whole seconds.
            let mut wait = wait.saturating_add(SignedDuration::from_secs(1));
            let finished = loop {
                sleep(wait.try_into().unwrap_or_default()).await;
                let finish =
                    async |cluster: Cluster, seen: TokenHandle| cluster.finish_token(&seen).await;
                match patiently(finish, &cluster, &seen).await {
                    // Not yet by the clock of another API server, or begun anew.
                    Err(Error::NotDue(_)) => match cluster.time_to_deletion(&seen).await {
                        Ok(Some(left)) => wait = left.saturating_add(SignedDuration::from_secs(1)),
                        Ok(None) => return,
                        Err(error) => break Err(error),
                    },
                    finished => break finished,
                }
            };
            match finished {
                // Finished by somebody else.
                Ok(()) | Err(Error::NoToken(_) | Error::Replaced(_)) => {}
                Err(error) => {
                    tracing::warn!(scope = %seen.scope, name = %seen.name, %error, "what is due stays so");
                }
            }
        });
    }

    /// How long it is until a token's deletion is due; `None` if it isn't being deleted any more.
    async fn time_to_deletion(&self, seen: &TokenHandle) -> Result<Option<SignedDuration>, Error> {
        let found = self.find(&seen.scope, &seen.name).await?;
        Ok(match found.token.summary.state {
            TokenState::Deleting { until } if found.token.summary.uid == seen.uid => {
                Some(time_until(until, found.now))
            }
            _ => None,
        })
    }

    /// Deletes the token that was seen if `judge`, too, finds nothing against it. Tried again while the API server notes its use.
    pub(super) async fn delete_if(
        &self,
        seen: &TokenHandle,
        rest: Rest,
        judge: impl Fn(&Token, &Moment) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let TokenHandle {
            scope, name, uid, ..
        } = seen;
        let namespace = self.namespace(scope);
        let access = Access::to("delete", "secrets")
            .within(namespace)
            .named(name.as_str());
        let (at, by) = (self.token_at(scope, name), self.review().await?.user);
        let mut tries = 0;
        loop {
            let found = self.find_seen(seen).await?;
            let token = found.token;
            let moment = Moment {
                now: found.now,
                by: by.clone(),
                at: at.clone(),
            };
            judge(&token, &moment)?;
            let is_last = tries > TRIES && rest == Rest::NotNeeded;
            let preconditions = Preconditions {
                uid: Some(uid.0.clone()),
                resource_version: (!is_last).then_some(token.resource_version),
            };
            let params = DeleteParams::default().preconditions(preconditions);
            tries += 1;
            let request = secrets(namespace).delete(name.as_str(), &params);
            match self.write(&access, request.map(metadata_only)).await {
                Ok(answer) => {
                    let act = Act {
                        at: moment.now,
                        by,
                        did: Did::Deleted,
                        about: String::new(),
                    };
                    self.tell(namespace, &token.summary, &act).await;
                    // The object itself is the answer where a finalizer keeps it.
                    let left: Left = answer.parse(&access)?;
                    return match left.metadata.deletion_timestamp {
                        Some(_) => Err(Error::Terminating(at)),
                        None => Ok(()),
                    };
                }
                Err(Error::Changed(_))
                    if tries <= TRIES || (rest == Rest::NotNeeded && !is_last) => {}
                Err(Error::NotFound(_)) => return Err(Error::NoToken(at)),
                Err(error) => return Err(error),
            }
        }
    }
}

/// What the API server answers to a deletion: a status without metadata, or what is left of the object.
#[derive(Deserialize)]
struct Left {
    #[serde(default)]
    metadata: LeftMetadata,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LeftMetadata {
    deletion_timestamp: Option<Timestamp>,
}

/// Whether a token that is changed again and again is deleted in the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rest {
    /// No: what it is now may speak against it.
    Needed,
    /// Yes, by its UID alone: a person wants exactly this one gone, and whoever has its value may be changing it to stay.
    NotNeeded,
}

/// Does something in the background that nobody waits for: a cluster that is briefly in trouble is asked again. What is done must be
/// judged anew each time, so that doing it twice does no harm.
pub(super) async fn patiently<T, F>(
    act: impl Fn(Cluster, TokenHandle) -> F,
    cluster: &Cluster,
    seen: &TokenHandle,
) -> Result<T, Error>
where
    F: Future<Output = Result<T, Error>>,
{
    for wait in [1, 5, 20, 60] {
        match act(cluster.clone(), seen.clone()).await {
            Err(Error::TooMany(_) | Error::Unavailable { .. } | Error::Timeout(_)) => {
                sleep(Duration::from_secs(wait)).await;
            }
            result => return result,
        }
    }
    act(cluster.clone(), seen.clone()).await
}

/// How long it is from one time to another; nothing if it is over.
pub fn time_until(until: Timestamp, now: Timestamp) -> SignedDuration {
    until.duration_since(now).max(SignedDuration::ZERO)
}
