//! Finishes what is due: deletions and retirements whose time is over, the Secrets of expired tokens, and compromised tokens that have a
//! successor. Made to run every few minutes; run twice at once, the API server lets one of them do each act.

use super::{Cluster, delete::Rest, error::Error};
use crate::{
    scope::Scope,
    token::{Due, TokenHandle, TokenSummary},
};

/// What a sweep did about one token.
#[derive(Debug)]
pub struct Swept {
    /// The token.
    pub token: TokenHandle,
    /// What was due.
    pub due: Due,
    /// `Ok`: it is deleted (or would be); otherwise why not.
    pub result: Result<(), Error>,
}

impl Cluster {
    /// Finishes whatever is due of one token: it is deleted, unless the person changed their mind.
    ///
    /// # Errors
    /// [`Error::NotDue`] if nothing is due; [`Error::SuccessorGone`] if the successor of one that retires doesn't work.
    pub async fn finish_token(&self, seen: &TokenHandle) -> Result<(), Error> {
        self.spare_own_token(seen)?;
        let TokenHandle { scope, name, .. } = seen;
        let found = self.find(scope, name).await?;
        let due = found.token.summary.due(found.now);
        self.judge_due(scope, &found.token.summary, due).await?;
        // Whoever has the value of a compromised one may be changing it to stay.
        let rest = match due {
            Some(Due::Compromise) => Rest::NotNeeded,
            _ => Rest::Needed,
        };
        self.delete_if(seen, rest, |token, moment| {
            match token.summary.due(moment.now) {
                Some(now) if Some(now) == due => Ok(()),
                _ => Err(Error::NotDue(moment.at.clone())),
            }
        })
        .await
    }

    /// The last token for a job must not go because its successor has gone first.
    async fn judge_due(
        &self,
        scope: &Scope,
        token: &TokenSummary,
        due: Option<Due>,
    ) -> Result<(), Error> {
        if due == Some(Due::Retirement) && self.successor_of(scope, token).await?.is_none() {
            return Err(Error::SuccessorGone(self.token_at(scope, &token.name)));
        }
        Ok(())
    }

    /// One pass over the system's tokens and those of all projects, or of the system alone where projects can't be listed. Each act is
    /// told as soon as it is done. `dry_run`: only tells.
    ///
    /// # Errors
    /// What keeps a scope from being read, after the others were swept. A token that can't be deleted is told and is no error.
    pub async fn sweep(&self, dry_run: bool, mut tell: impl FnMut(Swept)) -> Result<(), Error> {
        let mut scopes = vec![Scope::System];
        let mut first_error = None;
        match self.list_projects().await {
            Ok(names) => scopes.extend(names.into_iter().map(Scope::Project)),
            Err(Error::Forbidden(_)) => {
                tracing::info!("projects can't be listed: only the system's tokens are swept");
            }
            Err(error) => first_error = Some(error),
        }
        for scope in scopes {
            if let Err(error) = self.sweep_scope(&scope, dry_run, &mut tell).await {
                tracing::warn!(%scope, %error, "not swept");
                first_error.get_or_insert(error);
            }
        }
        first_error.map_or(Ok(()), Err)
    }

    /// The same for one scope alone.
    ///
    /// # Errors
    /// What keeps the scope from being read. A token that can't be deleted is told and is no error.
    pub async fn sweep_scope(
        &self,
        scope: &Scope,
        dry_run: bool,
        tell: &mut impl FnMut(Swept),
    ) -> Result<(), Error> {
        // All of it first: acting takes longer than the API server keeps the place in a list.
        let (all, now) = self.list_all_tokens(scope).await?;
        for summary in all {
            let Some(due) = summary.due(now) else {
                continue;
            };
            let token = summary.handle(scope);
            let result = if dry_run {
                self.judge_due(scope, &summary, Some(due)).await
            } else {
                self.finish_token(&token).await
            };
            // Another sweep, or a person, came first: nothing is left to tell.
            if !matches!(
                result,
                Err(Error::NoToken(_) | Error::NotDue(_) | Error::Replaced(_))
            ) {
                tell(Swept { token, due, result });
            }
        }
        Ok(())
    }
}
