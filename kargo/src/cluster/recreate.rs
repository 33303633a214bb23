//! A new token for the same job as an old one, which goes on working until it is deleted.

use jiff::SignedDuration;

use super::{
    Cluster,
    change::{Change, TRIES},
    contract::REPLACED_BY,
    error::Error,
};
use crate::{
    name::{RoleName, TokenName},
    scope::Scope,
    token::{Did, Reveal, TokenHandle, TokenState, TokenSummary, day},
};

impl Cluster {
    /// Creates a token for the role of an old one, under a name that never existed: under the old name it would get the old value
    /// again. The two note each other's names; where the old one can't be written, only the new one does.
    ///
    /// `lifetime`: as for a new token.
    ///
    /// # Errors
    /// Those of creating a token, and those of judging the old one. No token was created then.
    pub async fn recreate_token(
        &self,
        seen: &TokenHandle,
        lifetime: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        let old = self.find_seen(seen).await?.token;
        if let TokenState::Deleting { until } = old.summary.state {
            let token = self.token_at(&seen.scope, &seen.name);
            return Err(Error::Deleting { token, until });
        }
        let new = self.create_successor(seen, &old.summary, lifetime).await?;
        self.link_or_warn(seen, &new.name).await;
        Ok(new)
    }

    /// Notes on the old token what took its place. Where that fails, the new one still says whose place it takes.
    pub(super) async fn link_or_warn(&self, old: &TokenHandle, new: &TokenName) {
        if let Err(error) = self.link(old, new, |_| true).await {
            tracing::warn!(scope = %old.scope, old = %old.name, %new, %error, "the old token could not be told of the new one");
        }
    }

    /// Creates the token alone, with what people wrote about the old one; the old one is not told.
    pub(super) async fn create_successor(
        &self,
        seen: &TokenHandle,
        old: &TokenSummary,
        lifetime: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        let TokenHandle { scope, name, .. } = seen;
        let role: RoleName = seen
            .role
            .parse()
            .map_err(|_| Error::NoToken(self.token_at(scope, name)))?;
        let mut tries = 0;
        loop {
            tries += 1;
            let new = name.successor(random());
            match self.create(scope, &role, &new, lifetime, Some(old)).await {
                Err(Error::NameTaken(_)) if tries <= TRIES => {}
                result => return result,
            }
        }
    }

    /// Notes on the old token what took its place, unless what is noted there now speaks against it.
    pub(super) async fn link(
        &self,
        old: &TokenHandle,
        new: &TokenName,
        instead_of: impl Fn(Option<&TokenName>) -> bool,
    ) -> Result<(), Error> {
        self.change(old, |token, _| {
            let noted = token.summary.replaced_by.as_ref();
            Ok((noted != Some(new) && instead_of(noted)).then(|| {
                Change::that(Did::Replaced)
                    .about(new.as_str())
                    .annotation(REPLACED_BY, new.as_str())
            }))
        })
        .await?;
        Ok(())
    }

    /// The token that works in an old one's place: the one that the old one names. Where it names none, also one that names it, since
    /// whoever created that can have been interrupted before it was noted.
    pub(super) async fn successor_of(
        &self,
        scope: &Scope,
        old: &TokenSummary,
    ) -> Result<Option<TokenSummary>, Error> {
        if let Some(name) = &old.replaced_by {
            return match self.find(scope, name).await {
                Ok(found) => Ok(Some(found.token.summary).filter(|new| new.works_in_place_of(old))),
                Err(Error::NoToken(_)) => Ok(None),
                Err(error) => Err(error),
            };
        }
        let (tokens, _) = self.list_all_tokens(scope).await?;
        Ok(tokens
            .into_iter()
            .find(|token| token.works_in_place_of(old)))
    }
}

impl TokenSummary {
    /// Anybody who may write Secrets can make a token name another one, so a successor has to be one in every way. One whose value was
    /// perhaps never saved does nobody's job.
    fn works_in_place_of(&self, old: &Self) -> bool {
        let is_unsaved = match &self.reveal {
            // A use on that day may have been the test of its value.
            Some(Reveal::Claimed { at, .. }) => !self.was_used_after(&day(*at)),
            _ => false,
        };
        self.replaces.as_ref() == Some(&old.name)
            && self.role == old.role
            && self.created >= old.created
            && self.is_managed()
            && !self.is_compromised
            && self.state == TokenState::Active
            && !is_unsaved
    }
}

fn random() -> [u8; 5] {
    let mut bytes = [0; 5];
    getrandom::fill(&mut bytes)
        .expect("the operating system always has randomness once it has started");
    bytes
}
