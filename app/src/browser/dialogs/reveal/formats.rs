//! A token's value in the formats that its users paste: text in, text out.

use kargo::{identity::Endpoint, scope::Scope};

use crate::session::Session;

/// The formats, in the order of the choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// The value alone.
    Raw,
    /// Lines for a shell.
    Environment,
    /// `~/.config/kargo/config`.
    KargoConfig,
    /// A kubeconfig for kubectl and client libraries.
    Kubeconfig,
}

/// Placeholder for Kargo's address, where nobody configured it.
const KARGO_ADDRESS: &str = "https://YOUR-KARGO-ADDRESS";

impl Format {
    /// All formats.
    pub const ALL: [Self; 4] = [
        Self::Raw,
        Self::Environment,
        Self::KargoConfig,
        Self::Kubeconfig,
    ];

    /// Text of the choice.
    pub fn label(self) -> &'static str {
        match self {
            Self::Raw => "Value",
            Self::Environment => "Environment",
            Self::KargoConfig => "Kargo config",
            Self::Kubeconfig => "kubeconfig",
        }
    }

    /// Name of the downloaded file.
    pub fn file(self, token: &str) -> String {
        match self {
            Self::Raw => format!("{token}.token"),
            Self::Environment => format!("{token}.env"),
            Self::KargoConfig => format!("{token}.kargo-config.yaml"),
            Self::Kubeconfig => format!("{token}.kubeconfig"),
        }
    }

    /// Where programs look for such a file.
    pub fn place(self) -> Option<&'static str> {
        match self {
            Self::Raw | Self::Environment => None,
            Self::KargoConfig => Some("~/.config/kargo/config"),
            Self::Kubeconfig => Some("~/.kube/config, or wherever KUBECONFIG names it"),
        }
    }

    /// Whether the text names Kargo's address.
    pub fn needs_kargo_address(self) -> bool {
        matches!(self, Self::Environment | Self::KargoConfig)
    }

    /// The text with `value` in its place.
    pub fn text(self, value: &str, session: Option<&Session>, scope: &Scope) -> String {
        let kargo = session
            .and_then(|s| s.addresses.kargo.as_deref())
            .unwrap_or(KARGO_ADDRESS);
        let project = match scope {
            Scope::System => None,
            Scope::Project(name) => Some(name.as_str()),
        };
        match self {
            Self::Raw => value.to_owned(),
            Self::Environment => {
                format!("export KARGO_API_ADDRESS='{kargo}'\nexport KARGO_API_TOKEN='{value}'\n")
            }
            Self::KargoConfig => {
                let project = project
                    .map(|name| format!("project: {name}\n"))
                    .unwrap_or_default();
                format!("apiAddress: {kargo}\nbearerToken: {value}\n{project}")
            }
            Self::Kubeconfig => kubeconfig(value, session.map(|s| &s.kubernetes), project),
        }
    }
}

fn kubeconfig(value: &str, endpoint: Option<&Endpoint>, namespace: Option<&str>) -> String {
    let server = endpoint.map_or("https://YOUR-KUBERNETES-ADDRESS", |e| e.server.as_str());
    let line = |key: &str, text: Option<&str>| {
        text.map(|text| format!("    {key}: {text}\n"))
            .unwrap_or_default()
    };
    let authority = line(
        "certificate-authority-data",
        endpoint.and_then(|e| e.certificate_authority_data.as_deref()),
    );
    let server_name = line(
        "tls-server-name",
        endpoint.and_then(|e| e.tls_server_name.as_deref()),
    );
    let namespace = line("namespace", namespace);
    format!(
        "apiVersion: v1\nkind: Config\nclusters:\n- name: kargo\n  cluster:\n    server: {server}\n{authority}{server_name}\
         users:\n- name: token\n  user:\n    token: {value}\n\
         contexts:\n- name: kargo\n  context:\n    cluster: kargo\n    user: token\n{namespace}current-context: kargo\n"
    )
}

#[cfg(test)]
mod tests {
    use kargo::identity::Identity;

    use super::*;
    use crate::{policy::TokenPolicy, session::Addresses};

    fn session() -> Session {
        Session {
            identity: Identity {
                user: "admin@local".to_owned(),
                groups: vec![],
            },
            kubernetes: Endpoint {
                server: "https://127.0.0.1:6443".to_owned(),
                certificate_authority_data: Some("Q0E=".to_owned()),
                tls_server_name: None,
                context: None,
                is_verified: true,
            },
            addresses: Addresses {
                kargo: Some("https://kargo.example.com".to_owned()),
            },
            policy: TokenPolicy::default(),
        }
    }

    #[test]
    fn texts() {
        let project = Scope::Project("demo".parse().expect("a name"));
        let texts: Vec<_> = Format::ALL
            .iter()
            .map(|f| f.text("VALUE", Some(&session()), &project))
            .collect();
        insta::assert_snapshot!(texts.join("---\n"));
    }

    #[test]
    fn texts_without_what_nobody_configured() {
        let texts: Vec<_> = Format::ALL
            .iter()
            .map(|f| f.text("VALUE", None, &Scope::System))
            .collect();
        insta::assert_snapshot!(texts.join("---\n"));
    }
}
