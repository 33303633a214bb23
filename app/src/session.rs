//! Who is signed in to which cluster, and the addresses that a token's user needs.

use kargo::identity::{Endpoint, Identity};
use serde::{Deserialize, Serialize};

use crate::policy::TokenPolicy;

/// Addresses outside of this program that its configuration names.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Kargo's own API server, such as `https://kargo.example.com`, where configured.
    pub kargo: Option<String>,
}

/// What the pages know of the person and the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// The person, as Kubernetes names them.
    pub identity: Identity,
    /// How to reach the Kubernetes API server.
    pub kubernetes: Endpoint,
    /// Other addresses.
    pub addresses: Addresses,
    /// What the configuration allows.
    pub policy: TokenPolicy,
}

#[cfg(feature = "ssr")]
impl Session {
    /// Reads the session of the signed-in person.
    ///
    /// # Errors
    /// Those of asking Kubernetes who the person is.
    pub async fn read(
        cluster: &kargo::cluster::Cluster,
        addresses: Addresses,
        policy: TokenPolicy,
    ) -> Result<Self, crate::error::ApiError> {
        Ok(Self {
            identity: cluster.whoami().await?,
            kubernetes: cluster.endpoint(),
            addresses,
            policy,
        })
    }
}
