//! Owner of a credential, the person who acts through it, and the cluster's address for clients that use it.

use std::{fmt, net::IpAddr};

use serde::{Deserialize, Serialize};

use crate::name::{ProjectName, RoleName};

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
    /// `true` if the server is reached through a proxy.
    #[serde(default)]
    pub uses_proxy: bool,
}

impl Endpoint {
    /// `true` if the address is of this machine, so that it leads elsewhere on others.
    pub fn is_local(&self) -> bool {
        is_local_address(&self.server)
    }
}

/// `true` for a URL of this machine.
pub fn is_local_address(url: &str) -> bool {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split('/').next().unwrap_or_default();
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => authority.split(':').next().unwrap_or_default(),
    };
    is_loopback(host)
}

/// `true` for a host that is this machine.
pub(crate) fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.to_canonical().is_loopback())
}

/// A ServiceAccount by its namespace and name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ServiceAccountRef {
    /// Namespace: a project's, or the one that Kargo runs in.
    pub namespace: ProjectName,
    /// Name of the ServiceAccount.
    pub name: RoleName,
}

impl ServiceAccountRef {
    /// Kubernetes user name, such as `system:serviceaccount:kargo:kargo-admin`.
    pub fn user(&self) -> String {
        format!("system:serviceaccount:{}:{}", self.namespace, self.name)
    }

    /// The ServiceAccount with a Kubernetes user name; `None` if the user is none.
    pub fn of_user(user: &str) -> Option<Self> {
        let (namespace, name) = user
            .strip_prefix("system:serviceaccount:")?
            .split_once(':')?;
        Some(Self {
            namespace: namespace.parse().ok()?,
            name: name.parse().ok()?,
        })
    }
}

impl fmt::Display for ServiceAccountRef {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in namespace {}", self.name, self.namespace)
    }
}

/// A person who acts as a ServiceAccount, as the issuer of their ID token names them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PersonNote {
    /// Issuer of the ID token (`iss`).
    pub issuer: String,
    /// Subject of the ID token (`sub`): names one person of the issuer, always the same.
    pub subject: String,
    /// User name for people, such as an e-mail address; from the claim that the program is configured with.
    pub user: String,
}

impl PersonNote {
    /// Name of exactly this person, such as `ana@example.com (CgVhbm… at https://dex.example.com)`. User names can be given to somebody else;
    /// issuer and subject can't.
    pub fn name(&self) -> String {
        let Self {
            issuer,
            subject,
            user,
        } = self;
        format!("{user} ({subject} at {issuer})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_service_account_is_read_from_its_user_name() {
        let user = "system:serviceaccount:kargo:kargo-admin";
        let account = ServiceAccountRef::of_user(user).expect("a ServiceAccount");
        assert_eq!(account.user(), user);
        assert_eq!(account.to_string(), "kargo-admin in namespace kargo");
        for other in [
            "",
            "admin",
            "system:serviceaccount:kargo",
            "system:serviceaccount:kargo:",
            "system:serviceaccount:kargo:a:b",
            "system:serviceaccount:a/b:c",
            "system:node:kargo:a",
        ] {
            assert_eq!(ServiceAccountRef::of_user(other), None, "{other}");
        }
    }

    #[test]
    fn addresses_of_this_machine_are_recognized() {
        for (server, expected) in [
            ("https://127.0.0.1:6443", true),
            ("https://127.1.2.3", true),
            ("https://[::1]:6443/path", true),
            ("https://localhost:6443", true),
            ("https://10.0.0.1:6443", false),
            ("https://localhost.example:6443", false),
            ("https://[fd00::1]", false),
        ] {
            let endpoint = Endpoint {
                server: server.to_owned(),
                certificate_authority_data: None,
                tls_server_name: None,
                context: None,
                is_verified: true,
                uses_proxy: false,
            };
            assert_eq!(endpoint.is_local(), expected, "{server}");
        }
    }
}
