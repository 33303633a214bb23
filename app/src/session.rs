//! Who is signed in to which cluster, and the addresses that a token's user needs.

use kargo::identity::{Endpoint, Identity};
use serde::{Deserialize, Serialize};

use crate::policy::TokenPolicy;

/// Addresses outside of this program that its configuration names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Kargo's own API server, such as `https://kargo.example.com`, where configured.
    pub kargo: Option<String>,
    /// The Kubernetes API server's address for users, where it differs from the one that this program uses.
    pub kubernetes: Option<String>,
}

/// What the pages know of the person and the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The person, as Kubernetes names them.
    pub identity: Identity,
    /// User name of a person who acts as ServiceAccounts; `None` for somebody with a Kubernetes identity of their own.
    #[serde(default)]
    pub person: Option<String>,
    /// How to reach the Kubernetes API server.
    pub kubernetes: Endpoint,
    /// Other addresses.
    pub addresses: Addresses,
    /// What the configuration allows.
    pub policy: TokenPolicy,
}

#[cfg(feature = "ssr")]
impl Session {
    /// Reads the session of the signed-in person, as they act in a scope.
    ///
    /// # Errors
    /// Those of asking Kubernetes who the person is.
    pub async fn read(
        viewer: &kargo::cluster::Viewer,
        scope: &kargo::scope::Scope,
        addresses: Addresses,
        policy: TokenPolicy,
    ) -> Result<Self, crate::error::ApiError> {
        Ok(Self {
            identity: viewer.identity(scope).await?,
            person: viewer.person().map(|person| person.note().user.clone()),
            kubernetes: viewer.base().endpoint(),
            addresses,
            policy,
        })
    }
}
