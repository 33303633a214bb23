//! Command-line flags, each also an environment variable `KARGO_TOKENS_*`, and the errors that prevent a start.

mod command;
mod duration;
mod lifetime;
pub mod network;
mod oidc;
mod operations;
mod start_error;
mod url;

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use app::{
    policy::TokenPolicy,
    sign_in::{OidcMode, Ways},
};
use clap::{Args, Parser, ValueEnum};
use ipnet::IpNet;
use kargo::{
    cluster::ConnectOptions,
    name::{ConfigMapRef, ProjectName},
};

use crate::{
    audit::Audit,
    oidc::Oidc,
    sessions::{CookieName, Limits, Sessions},
    site::Site,
    tls::Tls,
    version,
};
pub use command::{Command, Output};
use network::network;
use oidc::{OidcFlags, OidcFlagsError};
use operations::OperationsFlags;
pub use start_error::StartError;
use url::http_url;

/// Web dashboard for Kargo's API tokens. Serves the dashboard if no command is given.
#[derive(Debug, Parser)]
#[command(name = "kargo-tokens", version = version::VERSION, long_version = version::LONG, args_override_self = true)]
pub struct Config {
    /// Command to run instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Cluster and identity.
    #[command(flatten)]
    pub cluster: ClusterFlags,

    /// Address to serve on. Port 0 selects a free port.
    #[arg(
        long,
        env = "KARGO_TOKENS_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: SocketAddr,

    /// File with the server's TLS certificate, and those of intermediate authorities, as PEM. The dashboard is then served over HTTPS. A
    /// changed file is used within seconds.
    #[arg(
        long,
        env = "KARGO_TOKENS_TLS_CERT",
        value_name = "FILE",
        requires = "tls_key"
    )]
    tls_cert: Option<PathBuf>,

    /// File with the certificate's private key, as PEM.
    #[arg(
        long,
        env = "KARGO_TOKENS_TLS_KEY",
        value_name = "FILE",
        requires = "tls_cert"
    )]
    tls_key: Option<PathBuf>,

    /// Addresses or networks of proxies. Only from these, the headers X-Forwarded-For and X-Forwarded-Proto are believed.
    #[arg(
        long,
        env = "KARGO_TOKENS_TRUSTED_PROXIES",
        value_name = "CIDR",
        value_delimiter = ',',
        value_parser = network
    )]
    pub trusted_proxies: Vec<IpNet>,

    /// Allow an address that other machines can reach, over plain HTTP. With --sign-in local, anyone with the one-time address acts as the
    /// kubeconfig's user.
    #[arg(long, env = "KARGO_TOKENS_ALLOW_REMOTE")]
    allow_remote: bool,

    /// Ways to sign in. local: the one-time address that the program prints, to act as the kubeconfig's user. token: a Kubernetes bearer
    /// token, such as one of Kargo's API tokens. oidc: the issuer that people sign in to Kargo with.
    #[arg(
        long,
        env = "KARGO_TOKENS_SIGN_IN",
        value_name = "WAY",
        value_delimiter = ',',
        default_value = "local"
    )]
    pub sign_in: Vec<Way>,

    /// Signing in with OIDC.
    #[command(flatten)]
    pub oidc: OidcFlags,

    /// Address under which people reach the dashboard: that of the proxy that adds HTTPS, such as `https://tokens.example.com`. With a path, the
    /// dashboard is served below it; whatever else the host serves can then act as whoever is signed in.
    #[arg(
        long,
        env = "KARGO_TOKENS_EXTERNAL_URL",
        value_name = "URL",
        value_parser = ExternalUrl::parse
    )]
    pub external_url: Option<ExternalUrl>,

    /// File with the keys that encrypt sessions: base64 of 32 bytes on each line, the newest first. Replicas need the same file. Without
    /// one, a restart signs everybody out.
    #[arg(long, env = "KARGO_TOKENS_SESSION_KEYS", value_name = "FILE")]
    pub session_keys: Option<PathBuf>,

    /// ConfigMap that tells all replicas which sessions were ended before their time. It must exist; the program needs the verbs get, watch
    /// and patch on it. Without one, a sign-out holds in one process only.
    #[arg(
        long,
        env = "KARGO_TOKENS_REVOCATIONS",
        value_name = "NAMESPACE/NAME",
        requires = "session_keys"
    )]
    pub revocations: Option<ConfigMapRef>,

    /// File that the audit log is appended to; opened again at SIGHUP. Without one, it goes to the program's log, as lines of JSON.
    #[arg(long, env = "KARGO_TOKENS_AUDIT_LOG", value_name = "FILE")]
    pub audit_log: Option<PathBuf>,

    /// Time without use after which a session ends, such as 30m or 8h.
    #[arg(
        long,
        env = "KARGO_TOKENS_SESSION_IDLE",
        value_name = "TIME",
        default_value = "8h",
        value_parser = duration::session
    )]
    session_idle: u64,

    /// Time after the sign-in at which a session ends.
    #[arg(
        long,
        env = "KARGO_TOKENS_SESSION_LIFETIME",
        value_name = "TIME",
        default_value = "12h",
        value_parser = duration::session
    )]
    session_lifetime: u64,

    /// Additional HOST or HOST:PORT that browsers may request, as shown in the address bar. Can be repeated.
    #[arg(
        long,
        env = "KARGO_TOKENS_ALLOW_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub allow_host: Vec<String>,

    /// Address of Kargo's API. The dashboard inserts it into the commands shown with a new token.
    #[arg(
        long,
        env = "KARGO_TOKENS_KARGO_ADDRESS",
        value_name = "URL",
        value_parser = http_url
    )]
    pub kargo_address: Option<String>,

    /// Address of the Kubernetes API server for users. The dashboard writes it into the kubeconfigs that it shows with a new token. Default:
    /// the address that the dashboard itself uses.
    #[arg(
        long,
        env = "KARGO_TOKENS_HANDOUT_SERVER",
        value_name = "URL",
        value_parser = http_url
    )]
    pub handout_server: Option<String>,

    /// Metrics, and the end of the program.
    #[command(flatten)]
    pub operations: OperationsFlags,

    /// Folder with the site, for development: its files are used instead of those that are part of the program.
    #[arg(long, env = "KARGO_TOKENS_SITE", value_name = "FOLDER", hide = true)]
    pub site: Option<PathBuf>,

    /// Time in which a deletion can be undone, such as 30s or 5m; at most 1h. With 0, the dashboard asks for confirmation and deletes at once.
    #[arg(
        long,
        env = "KARGO_TOKENS_UNDO_WINDOW",
        value_name = "TIME",
        default_value = "30s",
        value_parser = duration::undo_window
    )]
    undo_window: u64,

    /// Maximum lifetime of new tokens, such as 90d or 12h; or of one role's tokens, such as kargo-admin=30d, which then holds for the roles of
    /// this name in all projects instead of the general one. Can be repeated. Unlimited by default, as in Kargo itself.
    #[arg(
        long,
        env = "KARGO_TOKENS_MAX_LIFETIME",
        value_name = "[ROLE=]TIME",
        value_delimiter = ',',
        value_parser = lifetime::limit
    )]
    max_lifetime: Vec<lifetime::Limit>,
}

/// A way to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Way {
    /// The one-time address.
    Local,
    /// A Kubernetes bearer token.
    Token,
    /// An ID token of an OIDC issuer.
    Oidc,
}

/// The address that people use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalUrl {
    /// `https://tokens.example.com`, in lower case.
    pub origin: String,
    /// `tokens.example.com`: what browsers send as `Host`.
    pub host: String,
    /// `/tools/tokens` where the program is below a path of the host, or empty.
    pub base_path: String,
    /// Whether it is HTTPS.
    pub is_secure: bool,
}

impl ExternalUrl {
    fn parse(text: &str) -> Result<Self, String> {
        let url = http_url(text)?;
        let (scheme, rest) = url.split_once("://").unwrap_or_default();
        let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
        let (scheme, host) = (scheme.to_ascii_lowercase(), host.to_ascii_lowercase());
        let path = path.trim_end_matches('/');
        let is_plain = |name: &str| {
            let is_letter = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
            name.chars().all(is_letter) && !name.trim_matches('.').is_empty()
        };
        if host.contains('%') || !(path.is_empty() || path.split('/').all(is_plain)) {
            return Err("expected a URL such as https://tokens.example.com or https://tools.example.com/tokens; its path may have letters, digits, -, _ and .".into());
        }
        let default_port = if scheme == "https" { ":443" } else { ":80" };
        let host = host.strip_suffix(default_port).unwrap_or(&host);
        Ok(Self {
            origin: format!("{scheme}://{host}"),
            host: host.to_owned(),
            base_path: if path.is_empty() {
                String::new()
            } else {
                format!("/{path}")
            },
            is_secure: scheme == "https",
        })
    }

    /// The whole address, without a slash at its end.
    pub fn address(&self) -> String {
        format!("{}{}", self.origin, self.base_path)
    }
}

/// Flags of every command, accepted before or after its name.
#[derive(Debug, Args)]
pub struct ClusterFlags {
    /// Kubeconfig file. Default: $KUBECONFIG, ~/.kube/config, or the pod's ServiceAccount.
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_KUBECONFIG",
        value_name = "FILE"
    )]
    kubeconfig: Option<PathBuf>,

    /// Kubeconfig context. Default: the current context.
    #[arg(long, global = true, env = "KARGO_TOKENS_CONTEXT", value_name = "NAME")]
    context: Option<String>,

    /// Namespace that Kargo runs in; its system roles are there.
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_NAMESPACE",
        value_name = "NAME",
        default_value = "kargo"
    )]
    namespace: ProjectName,

    /// Log filter, in the syntax of tracing's `EnvFilter`: `info`, `kargo=debug` …
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log: String,
}

impl Config {
    /// Checks the listen address and the site at start, rather than on the first page.
    pub fn check(&self) -> Result<(), StartError> {
        if !self.listen.ip().is_loopback() && !self.allow_remote && !self.is_https() {
            return Err(StartError::Remote(self.listen));
        }
        if self.oidc.is_set() && !self.sign_in.contains(&Way::Oidc) {
            return Err(StartError::NoOidc);
        }
        if self.site().files().is_none() {
            return Err(StartError::Site);
        }
        Ok(())
    }

    /// The files that browsers load.
    pub fn site(&self) -> Site {
        Site::new(self.site.clone())
    }

    /// Refuses an API server that no person's token may be sent to, if people sign in with tokens. `server`: its address.
    pub fn check_server(&self, server: &str) -> Result<(), StartError> {
        let sends_tokens =
            self.sign_in.contains(&Way::Token) || self.oidc.mode() == OidcMode::Forwarded;
        if sends_tokens && server.starts_with("http://") {
            return Err(StartError::PlainHttp(server.to_owned()));
        }
        Ok(())
    }

    /// Whether people use HTTPS: ours, or a proxy's.
    pub fn is_https(&self) -> bool {
        self.tls_cert.is_some() || self.external_url.as_ref().is_some_and(|url| url.is_secure)
    }

    /// The address that people open. `listen`: where the program listens.
    pub fn address(&self, listen: SocketAddr) -> String {
        let scheme = if self.tls_cert.is_some() {
            "https"
        } else {
            "http"
        };
        self.external_url
            .as_ref()
            .map_or_else(|| format!("{scheme}://{listen}"), ExternalUrl::address)
    }

    /// The path that the dashboard is below; empty for the root of the host.
    pub fn base_path(&self) -> &str {
        self.external_url
            .as_ref()
            .map_or("", |url| url.base_path.as_str())
    }

    /// Opens the audit log.
    pub fn audit(&self) -> Result<Audit, StartError> {
        match &self.audit_log {
            Some(file) => Ok(Audit::to_file(file.clone())?),
            None => Ok(Audit::default()),
        }
    }

    /// Reads certificate and key, if there are any.
    pub fn tls(&self) -> Result<Option<Tls>, StartError> {
        match (&self.tls_cert, &self.tls_key) {
            (Some(file), Some(key)) => Ok(Some(Tls::read(file.clone(), key.clone())?)),
            _ => Ok(None),
        }
    }

    /// Returns the limits on tokens and deletions that the flags set.
    pub fn policy(&self) -> TokenPolicy {
        TokenPolicy {
            undo_window: self.undo_window,
            max_lifetime: lifetime::limits(&self.max_lifetime),
        }
    }

    /// Returns how long sessions last.
    pub fn session_limits(&self) -> Limits {
        Limits {
            idle: Duration::from_secs(self.session_idle),
            lifetime: Duration::from_secs(self.session_lifetime),
        }
    }

    /// Creates the sessions of the server at `address`.
    pub fn sessions(&self, address: SocketAddr) -> Result<Sessions, StartError> {
        let file = self.session_keys.as_deref();
        let is_secure = self.is_https();
        let cookie = CookieName {
            is_secure,
            // Cookies ignore ports, and two programs on one machine must not sign each other out. Replicas behind one address share a name.
            port: (!is_secure || self.external_url.is_none()).then(|| address.port()),
        };
        let sessions = Sessions::new(file, self.session_limits(), cookie, self.session_context());
        sessions.map_err(|error| {
            StartError::SessionKeys(self.session_keys.clone().unwrap_or_default(), error)
        })
    }

    /// Settings that sessions are begun under. A program with others and the same keys, such as another dashboard, doesn't accept them.
    fn session_context(&self) -> String {
        let [issuer, client] = self.oidc.client();
        let address = self.external_url.as_ref().map(ExternalUrl::address);
        serde_json::json!([address, issuer, client]).to_string()
    }

    /// Whether a restart would make cookies of ended sessions valid again.
    pub fn forgets_sign_outs(&self) -> bool {
        self.session_keys.is_some() && self.revocations.is_none()
    }

    /// Returns the configured ways to sign in, as the sign-in page offers them.
    pub fn ways(&self) -> Ways {
        Ways {
            local: self.sign_in.contains(&Way::Local),
            token: self.sign_in.contains(&Way::Token),
            oidc: self.sign_in.contains(&Way::Oidc).then(|| self.oidc.mode()),
        }
    }

    /// The issuer that people sign in with, if any. `address`: where the program listens.
    pub fn oidc(&self, address: SocketAddr) -> Result<Option<Oidc>, StartError> {
        if !self.sign_in.contains(&Way::Oidc) {
            return Ok(None);
        }
        let own = match &self.external_url {
            Some(url) => url.address(),
            None if address.ip().is_loopback() => format!("http://{address}"),
            None => {
                return Err(OidcFlagsError(
                    "--sign-in oidc needs --external-url: the address that the issuer sends people back to".to_owned(),
                )
                .into());
            }
        };
        let (settings, fetch) = self.oidc.settings()?;
        Oidc::new(settings, fetch, &own)
            .map(Some)
            .map_err(|error| OidcFlagsError(error.to_string()).into())
    }

    /// Explains why ended sessions can't be shared.
    pub fn revocations_error(at: ConfigMapRef, error: &kargo::cluster::Error) -> StartError {
        match error {
            kargo::cluster::Error::NotFound(_) => StartError::NoRevocations(at),
            kargo::cluster::Error::Forbidden(_) => StartError::ForbiddenRevocations(at),
            error => StartError::Revocations(at, error.problem().message),
        }
    }
}

impl ClusterFlags {
    /// Returns the cluster and identity to connect with.
    pub fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use app::policy::MaxLifetime;
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Config, clap::Error> {
        Config::try_parse_from(["kargo-tokens"].iter().chain(arguments))
    }

    #[test]
    fn the_flag_definitions_are_consistent() {
        Config::command().debug_assert();
    }

    #[test]
    fn defaults_serve_with_an_undo_window_of_30_seconds() {
        let config = parse(&[]).expect("no flag is needed");
        assert!(config.command.is_none());
        assert_eq!(
            config.policy(),
            TokenPolicy {
                undo_window: 30,
                max_lifetime: MaxLifetime::default()
            }
        );
        let config = parse(&[
            "--undo-window",
            "0",
            "--max-lifetime=90d,kargo-admin=30d",
            "--max-lifetime=ci=12h",
        ]);
        let max_lifetime = MaxLifetime {
            all: Some(90 * 86_400),
            roles: [
                ("kargo-admin".to_owned(), 30 * 86_400),
                ("ci".to_owned(), 12 * 3600),
            ]
            .into(),
        };
        assert_eq!(
            config.expect("flags").policy(),
            TokenPolicy {
                undo_window: 0,
                max_lifetime
            }
        );
    }

    #[test]
    fn kargo_address_accepts_http_urls_only() {
        let address = |text| parse(&["--kargo-address", text]).map(|config| config.kargo_address);
        for good in ["https://kargo.example.com", "http://127.0.0.1:8080/kargo"] {
            assert_eq!(address(good).expect("a URL").as_deref(), Some(good));
        }
        for bad in ["kargo", "https://", "https://a'; rm -rf ~", "ftp://kargo"] {
            assert!(address(bad).is_err(), "{bad}");
        }
        let config = parse(&["--handout-server", "https://k8s.example.com"]).expect("a URL");
        assert_eq!(
            config.handout_server.as_deref(),
            Some("https://k8s.example.com")
        );
    }

    #[test]
    fn the_external_url_may_have_a_path() {
        let parse = |text: &str| ExternalUrl::parse(text);
        let url = parse("https://Tokens.example.com/").expect("a URL");
        assert_eq!(
            (url.origin.as_str(), url.host.as_str(), url.is_secure),
            ("https://tokens.example.com", "tokens.example.com", true)
        );
        assert_eq!(parse("https://a:443").expect("a URL").host, "a");
        assert_eq!(parse("http://a:8080").expect("a URL").host, "a:8080");
        for (text, address, base_path) in [
            (
                "https://A/Tools/tokens/",
                "https://a/Tools/tokens",
                "/Tools/tokens",
            ),
            ("https://a//", "https://a", ""),
        ] {
            let url = parse(text).expect("a URL");
            assert_eq!(
                (url.address().as_str(), url.base_path.as_str()),
                (address, base_path)
            );
        }
        for bad in [
            "https://a/b c",
            "https://a/b//c",
            "https://a/../b",
            "https://a/b?c",
            "https://a/b#c",
            "https://a/%62",
            "tokens.example.com",
            "ftp://a",
        ] {
            assert!(parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn https_is_ours_or_a_proxys_and_needs_both_files() {
        let is_https = |arguments: &[&str]| parse(arguments).map(|config| config.is_https());
        assert!(!is_https(&[]).expect("flags"));
        assert!(!is_https(&["--external-url=http://a"]).expect("flags"));
        assert!(is_https(&["--external-url=https://a"]).expect("flags"));
        assert!(is_https(&["--tls-cert=a", "--tls-key=b"]).expect("flags"));
        assert!(is_https(&["--tls-cert=a"]).is_err());
        assert!(is_https(&["--tls-key=a"]).is_err());
    }

    #[test]
    fn proxies_are_networks_or_addresses() {
        let config = parse(&["--trusted-proxies", "10.0.0.0/8,192.0.2.1"]).expect("flags");
        assert_eq!(config.trusted_proxies.len(), 2);
        assert!(parse(&["--trusted-proxies", "proxy"]).is_err());
    }

    #[test]
    fn shared_revocations_need_shared_keys() {
        let file = "--session-keys=keys";
        assert!(parse(&["--revocations=a/b"]).is_err());
        let config = parse(&["--revocations=a/b", file]).expect("flags");
        assert!(config.revocations.is_some());
        assert!(parse(&["--revocations=b", file]).is_err());
    }

    #[test]
    fn keys_that_outlive_the_program_need_a_place_for_sign_outs() {
        let forgets = |flags: &[&str]| parse(flags).expect("flags").forgets_sign_outs();
        assert!(forgets(&["--session-keys=keys"]));
        assert!(!forgets(&[]), "a restart ends all sessions");
        assert!(!forgets(&["--session-keys=keys", "--revocations=a/b"]));
    }

    #[test]
    fn sessions_are_bound_to_the_issuer_the_client_and_the_address() {
        let context = |flags: &[&str]| parse(flags).expect("flags").session_context();
        let issuer = "--oidc-issuer-url=https://issuer.example.com";
        let other = "--oidc-issuer-url=https://other.example.com";
        let all = [
            context(&[]),
            context(&[issuer]),
            context(&[other]),
            context(&[issuer, "--oidc-client-id=a"]),
            context(&[issuer, "--oidc-client-id=b"]),
            context(&["--external-url=https://tokens.example.com"]),
        ];
        let different = std::collections::BTreeSet::from(all.clone());
        assert_eq!(different.len(), all.len());
    }

    #[test]
    fn an_invalid_duration_error_names_the_flag_and_the_format() {
        let error = parse(&["--undo-window", "soon"]).expect_err("not a duration");
        let text = error.to_string();
        assert!(
            text.contains("--undo-window") && text.contains("such as 30s"),
            "{text}"
        );
    }

    #[test]
    fn cluster_flags_are_accepted_before_or_after_a_command() {
        for arguments in [
            &[
                "--namespace",
                "other",
                "--context",
                "c",
                "sweep",
                "--dry-run",
            ][..],
            &["sweep", "--namespace", "other", "--dry-run", "--context=c"],
            &[
                "--namespace=first",
                "sweep",
                "--namespace=other",
                "--context=c",
                "--dry-run",
            ],
        ] {
            let config = parse(arguments).expect("flags");
            assert!(matches!(
                config.command,
                Some(Command::Sweep {
                    dry_run: true,
                    project: None
                })
            ));
            let options = config.cluster.connect_options();
            assert_eq!(
                (options.namespace.as_str(), options.context.as_deref()),
                ("other", Some("c")),
                "{arguments:?}"
            );
        }
    }
}
