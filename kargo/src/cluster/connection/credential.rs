//! What signs the requests of one identity, as it is now: it may change while the program runs.

mod current;
pub(super) mod error;
pub(super) mod plugin;
mod reload;
mod sign_in;
pub(super) mod stored;

use std::sync::Arc;

use http::{HeaderName, HeaderValue, Response, header::AUTHORIZATION};
use tower::BoxError;

use super::{
    error::Error,
    transport::{Body, Sent},
};
use error::CredentialError;
use plugin::Plugin;
use reload::Reloading;
use sign_in::SignIn;
use stored::{Authorization, Stored, Unusable};

pub(super) use current::{Credential, Factory};

/// Headers that let a request act as another person.
pub(super) type Impersonation = Vec<(HeaderName, HeaderValue)>;

/// What signs the requests of one identity.
pub(super) struct Signer {
    source: Source,
    impersonation: Impersonation,
    /// What an answer without permission means, if it isn't the usual.
    refusal: Option<CredentialError>,
}

enum Source {
    Stored(Arc<Reloading>),
    Command(Arc<SignIn>),
}

impl Signer {
    /// A stored credential. `user`: name of the kubeconfig's entry; `needed`: `false` if the way to the cluster takes no credential.
    pub fn stored(
        stored: Stored,
        impersonation: Impersonation,
        user: Option<String>,
        needed: bool,
        factory: Factory,
    ) -> Result<Self, Unusable> {
        let refusal = match &stored.authorization {
            Authorization::Password(..) => Some(CredentialError::Password),
            _ if stored.is_none() && needed => Some(CredentialError::Nobody(user)),
            _ => None,
        };
        Ok(Self {
            source: Source::Stored(Arc::new(Reloading::new(stored, factory)?)),
            impersonation,
            refusal,
        })
    }

    /// A credential by a sign-in command. The command runs with the first request.
    pub fn command(plugin: Plugin, impersonation: Impersonation, factory: Factory) -> Self {
        Self {
            source: Source::Command(Arc::new(SignIn::new(plugin, factory))),
            impersonation,
            refusal: None,
        }
    }

    /// `true` if the kubeconfig itself acts as another user (`as:`): each request is sent as that one.
    pub fn is_impersonating(&self) -> bool {
        !self.impersonation.is_empty()
    }

    /// The credential now.
    pub async fn current(&self) -> Result<Arc<Credential>, CredentialError> {
        match &self.source {
            Source::Stored(stored) => Ok(stored.current().await),
            Source::Command(command) => command.current().await,
        }
    }

    /// The last credential; `None` if there was none yet.
    pub fn latest(&self) -> Option<Arc<Credential>> {
        match &self.source {
            Source::Stored(stored) => Some(stored.latest()),
            Source::Command(command) => command.latest(),
        }
    }

    /// Another credential than the one that the cluster refused, if there is one.
    pub async fn renewed(&self, refused: &Credential) -> Option<Arc<Credential>> {
        match &self.source {
            Source::Stored(stored) => stored.renewed(refused).await,
            Source::Command(command) => command.renewed(refused).await,
        }
    }

    /// Signs a request and sends it.
    pub async fn send(
        &self,
        credential: &Credential,
        mut request: Sent,
    ) -> Result<Response<Body>, BoxError> {
        let headers = request.headers_mut();
        if let Some(authorization) = &credential.authorization {
            headers.insert(AUTHORIZATION, authorization.clone());
        }
        for (name, value) in &self.impersonation {
            headers.append(name, value.clone());
        }
        credential.transport.send(request).await
    }

    /// Names what is missing in the kubeconfig, where the cluster's refusal comes from that.
    pub fn explain(&self, error: Error) -> Error {
        let is_of_nobody = match (&self.refusal, &error) {
            (Some(_), Error::Unauthenticated) => true,
            (Some(CredentialError::Nobody(_)), error) if error.is_forbidden() => true,
            // Everybody whom the cluster knows may ask who they are.
            (Some(_), Error::Forbidden(access)) => {
                access.resource.starts_with("selfsubjectreviews")
            }
            _ => false,
        };
        match &self.refusal {
            Some(refusal) if is_of_nobody => Error::Credential(Box::new(refusal.clone())),
            _ => error,
        }
    }
}
