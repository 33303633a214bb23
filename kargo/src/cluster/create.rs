//! Creates a token: one Secret as Kargo writes it. Kubernetes writes the value later, and creating doesn't wait for that.

use jiff::SignedDuration;
use kube::core::params::{GetParams, PostParams};

use super::{
    connection::{Cluster, access::Access, error::Error},
    secret::{
        find::{metadata_only, secret_access, secrets},
        metadata::Object,
        new::NewToken,
    },
};
use crate::{
    name::{RoleName, TokenName},
    scope::Scope,
    token::{ChangedToken, Reveal, SHORTEST_LIFETIME, TokenSummary},
};

/// Longest lifetime that Kubernetes mints, in seconds.
const LONGEST: i64 = 1 << 32;

impl Cluster {
    /// Creates a token for a role. The token waits unrevealed for its creator's one reveal. `lifetime`: time from now after which the token
    /// ends by itself, at least 10 minutes; `None`: the token has no end, like those of Kargo's own tools.
    ///
    /// # Errors
    /// [`Error::NoRole`], [`Error::NotASystemRole`], [`Error::NameTaken`]: nothing was changed. [`Error::NameWasUsed`] for a token without an
    /// end that would get the value of a recently deleted token.
    pub async fn create_token(
        &self,
        scope: &Scope,
        role: &RoleName,
        name: &TokenName,
        lifetime: Option<SignedDuration>,
    ) -> Result<ChangedToken, Error> {
        let namespace = self.namespace(scope);
        if lifetime.is_none() && self.was_deleted(namespace, name).await {
            return Err(Error::NameWasUsed(self.location(scope, name)));
        }
        self.create(scope, role, name, lifetime, None).await
    }

    /// A token that this person created within the hour, if it still waits unrevealed and is what they ask for again: of the role, and with or
    /// without an end.
    pub async fn own_unrevealed_token(
        &self,
        scope: &Scope,
        role: &RoleName,
        name: &TokenName,
        is_expiring: bool,
    ) -> Option<TokenSummary> {
        let (user, fetched) =
            futures::try_join!(self.current_user(), self.fetch(scope, name)).ok()?;
        let token = fetched.token.summary;
        let age = fetched.now.duration_since(token.created);
        let is_it = token.created_by.as_ref() == Some(&user)
            && token.role == role.as_str()
            && token.reveal == Some(Reveal::Pending)
            && token.is_expiring() == is_expiring
            && token.is_managed()
            && token.replaces.is_none()
            && age < SignedDuration::from_hours(1);
        is_it.then_some(token)
    }

    /// The same without the look at deleted tokens. `predecessor`: token to be replaced.
    pub(super) async fn create(
        &self,
        scope: &Scope,
        role: &RoleName,
        name: &TokenName,
        lifetime: Option<SignedDuration>,
        predecessor: Option<&TokenSummary>,
    ) -> Result<ChangedToken, Error> {
        let (user, (role_uid, now)) =
            futures::try_join!(self.current_user(), self.require_role(scope, role))?;
        if lifetime.is_some_and(|lifetime| lifetime.as_secs() > LONGEST) {
            return Err(Error::TooLong);
        }
        if lifetime.is_some() && !self.may_mint(self.namespace(scope), role.as_str()).await? {
            return Err(Error::Forbidden(
                Access::to("create", "serviceaccounts/token").within(self.namespace(scope)),
            ));
        }
        let shortest = SignedDuration::from_secs(SHORTEST_LIFETIME);
        let expires = lifetime
            .map(|lifetime| now.checked_add(lifetime.max(shortest)))
            .transpose()
            .map_err(|_| Error::TooLong)?;
        let new = NewToken {
            name,
            role,
            role_uid: &role_uid,
            created_by: &user,
            actor: self.in_history(&user),
            predecessor,
            now,
            expires,
        };
        let namespace = self.namespace(scope);
        let access = Access::to("create", "secrets")
            .within(namespace)
            .named(name.as_str());
        let request = secrets(namespace).create(
            &PostParams::default(),
            new.secret().to_string().into_bytes(),
        );
        let answer = match self.write(&access, request.map(metadata_only)).await {
            // An exceeded quota gives the same answer when several tokens are created at once.
            Err(error @ Error::Conflict(_)) => {
                return Err(if self.is_free(scope, name).await {
                    error
                } else {
                    Error::NameTaken(self.location(scope, name))
                });
            }
            answer => answer?,
        };
        let object: Object = answer.parse(&access)?;
        let token = object.metadata.token(answer.now);
        self.note_written(namespace, &token);
        for entry in token.history.entries() {
            self.publish_event(namespace, &token.summary, &entry).await;
        }
        Ok(token.changed())
    }

    /// `true` if no Secret has the name; `false` also if that can't be read.
    async fn is_free(&self, scope: &Scope, name: &TokenName) -> bool {
        let access = secret_access(&self.location(scope, name));
        let request = secrets(self.namespace(scope));
        let request = request.get_metadata(name.as_str(), &GetParams::default());
        matches!(self.read(&access, request).await, Err(Error::NotFound(_)))
    }
}
