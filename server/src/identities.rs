//! Maps requests to Kubernetes identities. In local mode, every signed-in person acts as the kubeconfig's user.

use axum::http::HeaderMap;
use kargo::cluster::Cluster;

use crate::sign_in::SignIn;

/// Selects the identity that a request uses.
#[derive(Clone)]
pub struct Identities {
    cluster: Cluster,
    sign_in: std::sync::Arc<SignIn>,
}

impl Identities {
    /// `cluster`: connection with the kubeconfig's identity.
    pub fn new(cluster: Cluster, sign_in: std::sync::Arc<SignIn>) -> Self {
        Self { cluster, sign_in }
    }

    /// Returns the cluster connection of the request's sender; `None` if not signed in.
    pub fn for_request(&self, headers: &HeaderMap) -> Option<Cluster> {
        self.sign_in
            .is_signed_in(headers)
            .then(|| self.cluster.clone())
    }

    /// Returns the program's own connection, for health checks.
    pub fn program(&self) -> &Cluster {
        &self.cluster
    }
}
