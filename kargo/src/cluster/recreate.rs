//! Recreates a token: creates its successor. The old token goes on working until it is deleted.

use jiff::SignedDuration;

use super::{
    connection::{Cluster, error::Error},
    create::Wanted,
    secret::{
        change::{Change, TRIES},
        keys::REPLACED_BY,
    },
};
use crate::{
    name::{RoleName, TokenName},
    scope::Scope,
    succession::works_in_place_of,
    token::{ChangedToken, HistoryAction, Notes, TokenRef, TokenState, TokenSummary},
};

/// A token that was recreated, and its successor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recreated {
    /// The new token, which waits unrevealed.
    pub successor: ChangedToken,
    /// The old token after it was linked to the new one; `None` if it could not be linked, or was deleted.
    pub predecessor: Option<ChangedToken>,
}

impl Cluster {
    /// Creates a token for the role of an old one, under a name that never existed: under the old name, Kubernetes would write the old value
    /// again. Each of the two tokens records the other's name. If the old token can't be written, only the new one does.
    ///
    /// `lifetime`: as for a new token.
    ///
    /// # Errors
    /// Those of creating a token, and those of verifying the old one. No token was created.
    pub async fn recreate_token(
        &self,
        target: &TokenRef,
        lifetime: Option<SignedDuration>,
    ) -> Result<Recreated, Error> {
        let old = self.fetch_verified(target).await?.token;
        if let TokenState::Deleting { until } = old.summary.state {
            let token = self.location(&target.scope, &target.name);
            return Err(Error::Deleting { token, until });
        }
        let successor = self
            .create_successor(target, &old.summary, lifetime)
            .await?;
        let predecessor = self.link_or_warn(target, &successor.token.name).await;
        Ok(Recreated {
            successor,
            predecessor,
        })
    }

    /// Refuses to recreate a token that has another successor than the person saw: somebody else recreated it meanwhile. `seen`: the
    /// successor's name, or any other text for none.
    ///
    /// # Errors
    /// [`Error::HasSuccessor`]; those of reading both tokens.
    pub async fn require_seen_successor(&self, target: &TokenRef, seen: &str) -> Result<(), Error> {
        let TokenRef { scope, name, .. } = target;
        let Some(successor) = self.fetch(scope, name).await?.token.summary.replaced_by else {
            return Ok(());
        };
        if successor.as_str() == seen {
            return Ok(());
        }
        match self.fetch(scope, &successor).await {
            Err(Error::NoToken(_)) => Ok(()),
            Err(error) => Err(error),
            Ok(_) => Err(Error::HasSuccessor {
                token: self.location(scope, name),
                successor,
            }),
        }
    }

    /// Records the successor on the old token. If that fails, the successor still names the old token.
    pub(super) async fn link_or_warn(
        &self,
        old: &TokenRef,
        new: &TokenName,
    ) -> Option<ChangedToken> {
        match self.link(old, new, |_| true).await {
            Ok(linked) => Some(linked),
            Err(error) => {
                tracing::warn!(
                    scope = %old.scope, old = %old.name, %new, %error,
                    "the successor could not be recorded on the old token"
                );
                None
            }
        }
    }

    /// Creates the successor alone, with the note and the contact of the old token. The old token is not changed.
    pub(super) async fn create_successor(
        &self,
        target: &TokenRef,
        old: &TokenSummary,
        lifetime: Option<SignedDuration>,
    ) -> Result<ChangedToken, Error> {
        let TokenRef { scope, name, .. } = target;
        let role: RoleName = target
            .role
            .parse()
            .map_err(|_| Error::NoToken(self.location(scope, name)))?;
        let notes = Notes {
            note: old.note.as_deref().unwrap_or_default(),
            contact: old.contact.as_deref().unwrap_or_default(),
        };
        let mut tries = 0;
        loop {
            tries += 1;
            let new = name.successor(random());
            let wanted = Wanted {
                scope,
                role: &role,
                name: &new,
                lifetime,
                notes,
                predecessor: Some(old),
            };
            match self.create(&wanted).await {
                Err(Error::NameTaken(_)) if tries <= TRIES => {}
                result => return result,
            }
        }
    }

    /// Records a successor on the old token, if `may_replace` accepts the successor that is recorded now.
    pub(super) async fn link(
        &self,
        old: &TokenRef,
        new: &TokenName,
        may_replace: impl Fn(Option<&TokenName>) -> bool,
    ) -> Result<ChangedToken, Error> {
        self.change(old, |token, _| {
            let recorded = token.summary.replaced_by.as_ref();
            Ok((recorded != Some(new) && may_replace(recorded)).then(|| {
                Change::of(HistoryAction::Replaced)
                    .detail(new.as_str())
                    .annotation(REPLACED_BY, new.as_str())
            }))
        })
        .await
    }

    /// The token that works in an old token's place: the one that the old token names. If it names none, also one that names the old token,
    /// since its creation may have been interrupted before it was recorded.
    pub(super) async fn successor_of(
        &self,
        scope: &Scope,
        old: &TokenSummary,
    ) -> Result<Option<TokenSummary>, Error> {
        if let Some(name) = &old.replaced_by {
            return match self.fetch(scope, name).await {
                Ok(fetched) => {
                    let new = fetched.token.summary;
                    Ok(works_in_place_of(&new, old).then_some(new))
                }
                Err(Error::NoToken(_)) => Ok(None),
                Err(error) => Err(error),
            };
        }
        let (tokens, _) = self.list_all_tokens(scope).await?;
        Ok(tokens.into_iter().find(|new| works_in_place_of(new, old)))
    }
}

fn random() -> [u8; 5] {
    let mut bytes = [0; 5];
    getrandom::fill(&mut bytes)
        .expect("the operating system always has randomness once it has started");
    bytes
}
