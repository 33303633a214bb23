//! Sweeps: deletes all tokens that are due, which are those whose deletion or retirement is over, expired ones, and compromised ones that
//! have a successor. A sweep runs every few minutes. Concurrent sweeps are safe: the API server lets one of them do each deletion.

use super::{
    connection::{Cluster, error::Error},
    delete::OnContention,
};
use crate::{
    scope::Scope,
    token::{CleanupReason, TokenRef, TokenSummary},
};

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

    /// Sweeps the system's tokens and those of all projects, or the system's alone if projects can't be listed. Reports each token as soon
    /// as it is done. `dry_run`: reports and deletes nothing.
    ///
    /// # Errors
    /// The first failure to read a scope, after all other scopes were swept. A token that can't be deleted is reported and is no error.
    pub async fn sweep(
        &self,
        dry_run: bool,
        mut report: impl FnMut(SweptToken),
    ) -> Result<(), Error> {
        let mut scopes = vec![Scope::System];
        let mut first_error = None;
        match self.list_projects().await {
            Ok(names) => scopes.extend(names.into_iter().map(Scope::Project)),
            Err(Error::Forbidden(_)) => {
                tracing::info!("no right to list projects: sweeping the system's tokens only");
            }
            Err(error) => first_error = Some(error),
        }
        for scope in scopes {
            if let Err(error) = self.sweep_scope(&scope, dry_run, &mut report).await {
                tracing::warn!(%scope, %error, "could not sweep a scope");
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// Sweeps one scope.
    ///
    /// # Errors
    /// A failure to read the scope. A token that can't be deleted is reported and is no error.
    pub async fn sweep_scope(
        &self,
        scope: &Scope,
        dry_run: bool,
        report: &mut impl FnMut(SweptToken),
    ) -> Result<(), Error> {
        // The whole list is read first: deleting takes longer than the API server remembers a position in a list.
        let (all, now) = self.list_all_tokens(scope).await?;
        for summary in all {
            let Some(reason) = summary.cleanup_reason(now) else {
                continue;
            };
            let token = summary.token_ref(scope);
            let result = if dry_run {
                self.require_successor(scope, &summary, Some(reason)).await
            } else {
                self.finish_token(&token).await
            };
            // Another sweep or a person was faster, so there is nothing to report.
            if !matches!(
                result,
                Err(Error::NoToken(_) | Error::NotDue(_) | Error::Replaced(_))
            ) {
                report(SweptToken {
                    token,
                    reason,
                    result,
                });
            }
        }
        Ok(())
    }
}
