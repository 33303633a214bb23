//! A new token: one Secret as Kargo writes it. Its value is Kubernetes' to write, and nobody waits for that here.

use jiff::{SignedDuration, Timestamp};
use kube::core::{
    Request,
    params::{GetParams, PostParams},
};
use serde::Deserialize;

use super::{
    Cluster,
    contract::{NewToken, Object, SYSTEM_ROLE, Token},
    error::{Access, Error},
    expire::SHORTEST,
    find::{metadata_only, secret_access, secrets},
};
use crate::{
    name::{RoleName, TokenName},
    scope::Scope,
    token::{TokenSummary, Uid},
};

/// The longest life that Kubernetes mints, in seconds.
const LONGEST: i64 = 1 << 32;

#[derive(Deserialize)]
struct ServiceAccount {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    uid: Uid,
    #[serde(default)]
    labels: std::collections::BTreeMap<String, String>,
}

impl Cluster {
    /// Creates a token for a role. It waits unrevealed, for its creator's one reveal. `lifetime`: after which it ends by itself, counted
    /// from now and 10 minutes at least; `None`: never, as Kargo's own tools make them.
    ///
    /// # Errors
    /// [`Error::NoRole`], [`Error::NotASystemRole`], [`Error::NameTaken`]: nothing was changed then. [`Error::NameWasUsed`] for one
    /// without end whose name is known to be a deleted token's: it would get that one's value.
    pub async fn create_token(
        &self,
        scope: &Scope,
        role: &RoleName,
        name: &TokenName,
        lifetime: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        let namespace = self.namespace(scope);
        if lifetime.is_none() && self.was_deleted(namespace, name).await {
            return Err(Error::NameWasUsed(self.token_at(scope, name)));
        }
        self.create(scope, role, name, lifetime, None).await
    }

    pub(super) async fn create(
        &self,
        scope: &Scope,
        role: &RoleName,
        name: &TokenName,
        lifetime: Option<SignedDuration>,
        old: Option<&TokenSummary>,
    ) -> Result<TokenSummary, Error> {
        let (identity, (role_uid, now)) =
            futures::try_join!(self.review(), self.role_for_a_token(scope, role))?;
        if lifetime.is_some_and(|lifetime| lifetime.as_secs() > LONGEST) {
            return Err(Error::TooLong);
        }
        if lifetime.is_some() && !self.may_mint(self.namespace(scope), role.as_str()).await? {
            return Err(Error::Forbidden(
                Access::to("create", "serviceaccounts/token").within(self.namespace(scope)),
            ));
        }
        let shortest = SignedDuration::from_secs(SHORTEST);
        let expires = lifetime
            .map(|lifetime| now.checked_add(lifetime.max(shortest)))
            .transpose()
            .map_err(|_| Error::TooLong)?;
        let new = NewToken {
            name,
            role,
            role_uid: &role_uid,
            created_by: &identity.user,
            old,
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
        // The answer is the object that was created: of it, too, only the metadata.
        let request = request.map(metadata_only);
        let answer = match self.write(&access, request).await {
            // A full quota answers the same where several create at once.
            Err(error @ Error::Changed(_)) => {
                return Err(if self.is_free(scope, name).await {
                    error
                } else {
                    Error::NameTaken(self.token_at(scope, name))
                });
            }
            answer => answer?,
        };
        let object: Object = answer.parse(&access)?;
        let token = Token::read(object.metadata, answer.now);
        for act in token.history.acts() {
            self.tell(namespace, &token.summary, &act).await;
        }
        Ok(token.summary)
    }

    /// Whether no Secret has a name; `false`, too, where that can't be read.
    async fn is_free(&self, scope: &Scope, name: &TokenName) -> bool {
        let access = secret_access(&self.token_at(scope, name));
        let request = secrets(self.namespace(scope));
        let request = request.get_metadata(name.as_str(), &GetParams::default());
        matches!(self.read(&access, request).await, Err(Error::NotFound(_)))
    }

    /// The UID of a ServiceAccount that tokens may be made for, and the API server's time. In the system's namespace these are the system roles only: a token
    /// for one of Kargo's own ServiceAccounts there can lead to full control of the cluster.
    pub(super) async fn role_for_a_token(
        &self,
        scope: &Scope,
        role: &RoleName,
    ) -> Result<(Uid, Timestamp), Error> {
        self.require_project(scope).await?;
        let namespace = self.namespace(scope);
        let access = Access::to("get", "serviceaccounts")
            .within(namespace)
            .named(role.as_str());
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/serviceaccounts"));
        let request = request.get_metadata(role.as_str(), &GetParams::default());
        let answer = self
            .read(&access, request)
            .await
            .map_err(|error| match error {
                Error::NotFound(_) => Error::NoRole {
                    role: role.clone(),
                    namespace: namespace.to_owned(),
                },
                error => error,
            })?;
        let ServiceAccount { metadata } = answer.parse(&access)?;
        if self.is_system(scope)
            && metadata.labels.get(SYSTEM_ROLE).map(String::as_str) != Some("true")
        {
            return Err(Error::NotASystemRole {
                role: role.clone(),
                namespace: namespace.to_owned(),
            });
        }
        Ok((metadata.uid, answer.now))
    }
}
