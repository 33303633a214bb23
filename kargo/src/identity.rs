//! Owner of a credential, and the cluster's address for clients that use it.

use serde::{Deserialize, Serialize};

/// Owner of a credential, as the API server reports it (SelfSubjectReview).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// User name, such as `system:serviceaccount:kargo:kargo-admin`.
    pub user: String,
    /// Groups that the user is a member of.
    pub groups: Vec<String>,
}

/// Address and trust settings of the Kubernetes API server: a kubeconfig's cluster entry.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// Address, such as `https://127.0.0.1:6443`.
    pub server: String,
    /// Certificate authority as base64 of PEM, the form a kubeconfig takes; `None` if the system's trust store is used.
    pub certificate_authority_data: Option<String>,
    /// Name that the server's certificate must have, if it differs from the address.
    pub tls_server_name: Option<String>,
    /// Name of the kubeconfig's context; `None` inside of a pod.
    #[serde(default)]
    pub context: Option<String>,
    /// `false` if the server's certificate is not verified (`insecure-skip-tls-verify`).
    #[serde(default)]
    pub is_verified: bool,
}
