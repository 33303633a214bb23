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
                    .map(|name| format!("project: {}\n", yaml(name)))
                    .unwrap_or_default();
                format!("apiAddress: {kargo}\nbearerToken: {value}\n{project}")
            }
            Self::Kubeconfig => kubeconfig(value, session, project),
        }
    }

    /// Where the text won't work as it is, and why.
    pub fn caveats(self, session: &Session) -> Vec<String> {
        let Endpoint {
            is_verified,
            uses_proxy,
            ..
        } = session.kubernetes;
        let server = server(session);
        let is_own = session.addresses.kubernetes.is_none();
        let caveats = [
            (is_own && session.kubernetes.is_local(), format!(
                "It names {server}, which only works on the computer where Kargo Tokens runs. Start Kargo Tokens with --handout-server to \
                 name the address that users reach."
            )),
            (is_own && uses_proxy, format!(
                "Kargo Tokens reaches {server} through a proxy, and the file names none. Users need a proxy, too, or an address that Kargo \
                 Tokens is told with --handout-server."
            )),
            (server.starts_with("http://"), format!(
                "kubectl sends no token to {server}, because the connection isn't encrypted."
            )),
            (!is_verified, "Kargo Tokens doesn't verify the server's certificate. The file doesn't turn verification off, so kubectl may refuse \
                 the server until the file has its certificate authority.".to_owned()),
        ];
        let applies =
            |(applies, text): (bool, String)| (self == Self::Kubeconfig && applies).then_some(text);
        caveats.into_iter().filter_map(applies).collect()
    }
}

/// The Kubernetes API server's address for users.
fn server(session: &Session) -> &str {
    let configured = session.addresses.kubernetes.as_deref();
    configured.unwrap_or(&session.kubernetes.server)
}

/// A name or an address as YAML takes it for text: `123`, `1e3` and `on` would be something else.
fn yaml(text: &str) -> String {
    let is_word = ["y", "n", "yes", "no", "on", "off", "true", "false", "null"]
        .iter()
        .any(|word| text.eq_ignore_ascii_case(word));
    if is_word || !text.starts_with(|c: char| c.is_ascii_alphabetic()) {
        format!("\"{text}\"")
    } else {
        text.to_owned()
    }
}

fn kubeconfig(value: &str, session: Option<&Session>, namespace: Option<&str>) -> String {
    let server = session.map_or("https://YOUR-KUBERNETES-ADDRESS", server);
    let endpoint = session.map(|session| &session.kubernetes);
    let line = |key: &str, text: Option<&str>| {
        text.map(|text| format!("    {key}: {}\n", yaml(text)))
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
            person: None,
            kubernetes: Endpoint {
                server: "https://127.0.0.1:6443".to_owned(),
                certificate_authority_data: Some("Q0E=".to_owned()),
                tls_server_name: None,
                context: None,
                is_verified: true,
                uses_proxy: false,
            },
            addresses: Addresses {
                kargo: Some("https://kargo.example.com".to_owned()),
                kubernetes: None,
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

    #[test]
    fn names_that_yaml_takes_for_something_else_are_quoted() {
        for name in ["123", "1e3", "0x1f", "on", "null", "y", "1-2"] {
            let scope = Scope::Project(name.parse().expect("a name"));
            for (format, line) in [
                (Format::Kubeconfig, format!("    namespace: \"{name}\"\n")),
                (Format::KargoConfig, format!("project: \"{name}\"\n")),
            ] {
                let text = format.text("VALUE", Some(&session()), &scope);
                assert!(text.contains(&line), "{text}");
            }
        }
    }

    #[test]
    fn a_kubeconfig_says_where_it_does_not_work() {
        let caveats = |change: fn(&mut Session)| {
            let mut session = session();
            change(&mut session);
            assert!(Format::Raw.caveats(&session).is_empty());
            Format::Kubeconfig.caveats(&session).join(" ")
        };
        assert!(caveats(|_| {}).contains("--handout-server"));
        assert!(caveats(|s| s.kubernetes.uses_proxy = true).contains("proxy"));
        assert!(caveats(|s| s.kubernetes.is_verified = false).contains("verify"));
        assert!(
            caveats(|s| s.kubernetes.server = "http://10.0.0.1".to_owned()).contains("encrypted")
        );
        let known = caveats(|s| {
            s.kubernetes.uses_proxy = true;
            s.addresses.kubernetes = Some("https://k8s.example.com".to_owned());
        });
        assert_eq!(known, "");
        let mut session = session();
        session.addresses.kubernetes = Some("https://k8s.example.com".to_owned());
        let text = Format::Kubeconfig.text("VALUE", Some(&session), &Scope::System);
        assert!(text.contains("server: https://k8s.example.com\n"), "{text}");
    }
}
