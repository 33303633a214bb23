//! Sweeps: deletes all tokens that are due, which are those whose deletion or retirement is over, expired ones, and compromised ones that
//! have a successor, also if somebody removed their marks. A sweep runs every few minutes. Concurrent sweeps are safe: the API server lets one
//! of them do each deletion.

use std::{collections::HashMap, time::Duration};

use futures::{StreamExt, stream};
use jiff::Timestamp;
use tokio::time::sleep;

use super::{
    connection::{Cluster, access::Access, error::Error},
    delete::OnContention,
};
use crate::{
    scope::Scope,
    succession::{must_end, works_in_place_of},
    token::{CleanupReason, TokenRef, TokenSummary},
};

/// Deletions at the same time.
const AT_ONCE: usize = 4;
/// Tries of a deletion while the cluster has too many requests.
const TRIES: usize = 5;
/// Shortest wait between two tries.
const SHORTEST_WAIT: Duration = Duration::from_secs(5);
/// Longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Result of a sweep for one token.
#[derive(Debug)]
pub struct SweptToken {
    /// The token.
    pub token: TokenRef,
    /// Why the token was due.
    pub reason: CleanupReason,
    /// `Ok` if the token is deleted (or would be); otherwise why it isn't.
    pub result: Result<(), Error>,
}

impl Cluster {
    /// Deletes a token that is due, unless somebody has called that off.
    ///
    /// # Errors
    /// [`Error::NotDue`] if the token isn't due; [`Error::SuccessorGone`] if it is due to retire and its successor doesn't work.
    pub async fn finish_token(&self, target: &TokenRef) -> Result<(), Error> {
        self.refuse_own_token(target)?;
        let TokenRef { scope, name, .. } = target;
        let fetched = self.fetch(scope, name).await?;
        let reason = fetched.token.summary.cleanup_reason(fetched.now);
        self.require_successor(scope, &fetched.token.summary, reason)
            .await?;
        // The holder of a compromised value may be changing the token to keep it.
        let on_contention = match reason {
            Some(CleanupReason::Compromise) => OnContention::DeleteByUid,
            _ => OnContention::GiveUp,
        };
        self.delete_if(target, on_contention, |token, context| {
            match token.summary.cleanup_reason(context.now) {
                Some(now) if Some(now) == reason => Ok(()),
                _ => Err(Error::NotDue(context.location.clone())),
            }
        })
        .await
    }

    /// Refuses to delete the last working token of a rotation: the successor of a token that retires must work.
    async fn require_successor(
        &self,
        scope: &Scope,
        token: &TokenSummary,
        reason: Option<CleanupReason>,
    ) -> Result<(), Error> {
        if reason == Some(CleanupReason::Retirement)
            && self.successor_of(scope, token).await?.is_none()
        {
            return Err(Error::SuccessorGone(self.location(scope, &token.name)));
        }
        Ok(())
    }

    /// Sweeps one scope; or the system's tokens and those of all projects, or the system's alone if projects can't be listed. Reports each
    /// token as soon as it is done. `dry_run`: reports and deletes nothing. Ends at the first request that the cluster doesn't answer.
    ///
    /// # Errors
    /// [`Error::NotAProject`] for an `only` that is none. Otherwise the first failure to read a scope, after all other scopes were swept. A token that
    /// can't be deleted is reported and is no error.
    pub async fn sweep(
        &self,
        only: Option<Scope>,
        dry_run: bool,
        mut report: impl FnMut(SweptToken),
    ) -> Result<(), Error> {
        let mut first_error = None;
        let scopes = if let Some(scope) = only {
            // A wrong name must not look like a project without tokens that are due.
            self.require_project(&scope).await?;
            vec![scope]
        } else {
            let mut scopes = vec![Scope::System];
            match self.list_projects().await {
                Ok(names) => scopes.extend(names.into_iter().map(Scope::Project)),
                Err(error) if error.is_forbidden() => {
                    tracing::info!("no right to list projects: sweeping the system's tokens only");
                }
                Err(error) => first_error = Some(error),
            }
            scopes
        };
        for scope in scopes {
            if let Err(error) = self.sweep_scope(&scope, dry_run, &mut report).await {
                tracing::warn!(%scope, %error, "could not sweep a scope");
                // All further requests would fail, too.
                let is_over = error.is_unanswered();
                first_error.get_or_insert(error);
                if is_over {
                    break;
                }
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Sweeps one scope. Needs the right to list its ServiceAccounts: only tokens of Kargo's roles are deleted.
    ///
    /// # Errors
    /// A failure to read the scope, or a cluster that doesn't answer any more. A token that can't be deleted is reported and is no error.
    pub async fn sweep_scope(
        &self,
        scope: &Scope,
        dry_run: bool,
        report: &mut impl FnMut(SweptToken),
    ) -> Result<(), Error> {
        // The whole list is read first: deleting takes longer than the API server remembers a position in a list.
        let (tokens, roles) =
            futures::join!(self.list_all_tokens(scope), self.list_role_names(scope));
        let ((all, now), roles) = (tokens?, roles?);
        let may_delete = if dry_run {
            self.may(self.namespace(scope), "delete", "secrets", "", "")
                .await?
        } else {
            true
        };
        let due = Due::among(&all, now);
        let mut results = stream::iter(due)
            .map(async |due| {
                let token = due.token.token_ref(scope);
                let result = if !roles.iter().any(|role| role.as_str() == token.role) {
                    Err(Error::NotARole {
                        role: token.role.clone(),
                        namespace: self.namespace(scope).to_owned(),
                    })
                } else if due.lacks_successor {
                    Err(Error::SuccessorGone(self.location(scope, &token.name)))
                } else if !may_delete {
                    let access = Access::to("delete", "secrets").within(self.namespace(scope));
                    Err(Error::Forbidden(access))
                } else if dry_run {
                    self.require_successor(scope, due.token, Some(due.reason))
                        .await
                } else {
                    self.sweep_token(&token, due.is_recorded).await
                };
                SweptToken {
                    token,
                    reason: due.reason,
                    result,
                }
            })
            .buffered(AT_ONCE);
        while let Some(swept) = results.next().await {
            match &swept.result {
                // Another sweep or a person was faster, so there is nothing to report.
                Err(Error::NoToken(_) | Error::NotDue(_) | Error::Replaced(_)) => {}
                Err(error) if error.is_unanswered() => return swept.result,
                _ => report(swept),
            }
        }
        Ok(())
    }

    /// Deletes a due token. While the cluster has too many requests, waits as long as it asks for, and tries again a few times.
    async fn sweep_token(&self, token: &TokenRef, is_recorded: bool) -> Result<(), Error> {
        let mut tries = 0;
        loop {
            let result = if is_recorded {
                // Its holder may be changing the token to keep it, so its UID alone decides.
                self.delete_by_uid(&token.scope, &token.name, &token.uid)
                    .await
            } else {
                self.finish_token(token).await
            };
            tries += 1;
            match result {
                Err(Error::TooMany { wait, .. }) if tries < TRIES => {
                    sleep(wait.clamp(SHORTEST_WAIT, LONGEST_WAIT)).await;
                }
                result => return result,
            }
        }
    }
}

/// A token that is due.
struct Due<'a> {
    token: &'a TokenSummary,
    reason: CleanupReason,
    /// `true` if its successor records that it must end.
    is_recorded: bool,
    /// `true` if it is marked as compromised and names a successor that doesn't exist or isn't saved: such marks may be forged.
    lacks_successor: bool,
}

impl<'a> Due<'a> {
    /// The due tokens of a scope.
    fn among(all: &'a [TokenSummary], now: Timestamp) -> Vec<Self> {
        let successors: HashMap<_, _> = all
            .iter()
            .filter_map(|new| Some((new.replaces.as_ref()?, new)))
            .filter(|(_, new)| new.ends.is_some())
            .collect();
        let by_name: HashMap<_, _> = all.iter().map(|token| (&token.name, token)).collect();
        all.iter()
            .filter_map(|token| {
                let is_recorded = successors
                    .get(&token.name)
                    .is_some_and(|new| must_end(token, new));
                let reason = if is_recorded {
                    CleanupReason::Compromise
                } else {
                    token.cleanup_reason(now)?
                };
                let successor = token
                    .replaced_by
                    .as_ref()
                    .and_then(|name| by_name.get(name));
                let lacks_successor = reason == CleanupReason::Compromise
                    && !is_recorded
                    && !successor.is_some_and(|new| works_in_place_of(new, token));
                Some(Self {
                    token,
                    reason,
                    is_recorded,
                    lacks_successor,
                })
            })
            .collect()
    }
}
