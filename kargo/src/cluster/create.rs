//! Creates a token: one Secret as Kargo writes it. Kubernetes writes the value later, and creating doesn't wait for that.

use jiff::SignedDuration;
use kube::core::params::{GetParams, PostParams};

use super::{
    connection::{Cluster, access::Access, error::Error, request::ApiResponse},
    secret::{
        find::{metadata_only, secret_access, secrets},
        metadata::Object,
        new::NewToken,
    },
};
use crate::{
    name::{RoleName, TokenName},
    scope::Scope,
    token::{ChangedToken, Notes, Reveal, SHORTEST_LIFETIME, TokenSummary},
};

/// Longest lifetime that Kubernetes mints, in seconds.
const LONGEST: i64 = 1 << 32;

/// A token to be created.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub scope: &'a Scope,
    pub role: &'a RoleName,
    pub name: &'a TokenName,
    /// Time from now after which the token ends; `None`: it has no end.
    pub lifetime: Option<SignedDuration>,
    pub notes: Notes<&'a str>,
    /// Token to be replaced.
    pub predecessor: Option<&'a TokenSummary>,
}

impl<'a> Wanted<'a> {
    fn new(
        scope: &'a Scope,
        role: &'a RoleName,
        name: &'a TokenName,
        lifetime: Option<SignedDuration>,
        notes: &'a Notes,
    ) -> Self {
        Self {
            scope,
            role,
            name,
            lifetime,
            notes: notes.as_strs(),
            predecessor: None,
        }
    }
}

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
        notes: &Notes,
    ) -> Result<ChangedToken, Error> {
        if lifetime.is_none() && self.was_deleted(self.namespace(scope), name).await {
            return Err(Error::NameWasUsed(self.location(scope, name)));
        }
        let wanted = Wanted::new(scope, role, name, lifetime, notes);
        self.create(&wanted).await
    }

    /// Asks the API server whether it would take the request of [`Cluster::create_token`], by a dry run: all of its checks are made, policies and
    /// webhooks included, and nothing is written.
    ///
    /// # Errors
    /// Those of [`Cluster::create_token`] except [`Error::NameWasUsed`].
    pub async fn rehearse_creation(
        &self,
        scope: &Scope,
        role: &RoleName,
        name: &TokenName,
        lifetime: Option<SignedDuration>,
        notes: &Notes,
    ) -> Result<(), Error> {
        let wanted = Wanted::new(scope, role, name, lifetime, notes);
        let dry_run = PostParams {
            dry_run: true,
            ..PostParams::default()
        };
        self.send_new(&wanted, &dry_run).await.map(drop)
    }

    /// A token that this person created within the hour, if it still waits unrevealed and is what they ask for again: of the role, with or without an
    /// end, and with the same note and contact.
    pub async fn own_unrevealed_token(
        &self,
        scope: &Scope,
        role: &RoleName,
        name: &TokenName,
        is_expiring: bool,
        notes: &Notes,
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
            && token.note.as_deref().unwrap_or_default() == notes.note.as_str()
            && token.contact.as_deref().unwrap_or_default() == notes.contact.as_str()
            && age < SignedDuration::from_hours(1);
        is_it.then_some(token)
    }

    /// Creates a token without the look at deleted ones.
    pub(super) async fn create(&self, wanted: &Wanted<'_>) -> Result<ChangedToken, Error> {
        let (access, answer) = self.send_new(wanted, &PostParams::default()).await?;
        let object: Object = answer.parse(&access)?;
        let token = object.metadata.token(answer.now);
        let namespace = self.namespace(wanted.scope);
        self.note_written(namespace, &token);
        for entry in token.history.entries() {
            self.publish_event(namespace, &token.summary, &entry).await;
        }
        Ok(token.changed())
    }

    /// Sends the Secret of a new token. The answer to a dry run isn't read: it has no version.
    async fn send_new(
        &self,
        wanted: &Wanted<'_>,
        params: &PostParams,
    ) -> Result<(Access, ApiResponse), Error> {
        let Wanted {
            scope,
            role,
            name,
            lifetime,
            notes,
            predecessor,
        } = *wanted;
        let (user, (role_uid, now)) =
            futures::try_join!(self.current_user(), self.require_role(scope, role))?;
        if lifetime.is_some_and(|lifetime| lifetime.as_secs() > LONGEST) {
            return Err(Error::TooLong);
        }
        let namespace = self.namespace(scope);
        if lifetime.is_some() && !self.may_mint(namespace, role.as_str()).await? {
            let access = Access::to("create", "serviceaccounts/token");
            return Err(Error::Forbidden(access.within(namespace)));
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
            notes,
            predecessor,
            now,
            expires,
        };
        let access = Access::to("create", "secrets")
            .within(namespace)
            .named(name.as_str());
        let request = secrets(namespace).create(params, new.secret().to_string().into_bytes());
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
        Ok((access, answer))
    }

    /// `true` if no Secret has the name; `false` also if that can't be read.
    async fn is_free(&self, scope: &Scope, name: &TokenName) -> bool {
        let access = secret_access(&self.location(scope, name));
        let request = secrets(self.namespace(scope));
        let request = request.get_metadata(name.as_str(), &GetParams::default());
        matches!(self.read(&access, request).await, Err(Error::NotFound(_)))
    }
}
