//! How a cluster is reached, and with which credential. The way there is shared by all identities, the credential by none: a client
//! that carries both a certificate and a bearer token acts as the certificate.

use std::{net::IpAddr, path::PathBuf, sync::Arc, time::Duration};

use base64::{Engine, prelude::BASE64_STANDARD};
use http::Uri;
use kube::{
    Client, Config,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use secrecy::SecretString;
use thiserror::Error;

use super::{
    Cluster,
    error::{Access, Error},
    own_token::OwnToken,
};
use crate::{name::ProjectName, token::Endpoint, value::Value};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Which cluster, and as whom.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// The kubeconfig file; `None`: `$KUBECONFIG`, `~/.kube/config`, or else the pod's own ServiceAccount.
    pub kubeconfig: Option<PathBuf>,
    /// The kubeconfig's context; `None`: its current one.
    pub context: Option<String>,
    /// The namespace that Kargo itself runs in.
    pub namespace: ProjectName,
}

/// Why there is no connection to a cluster.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The kubeconfig file that was named can't be used.
    #[error(
        "the kubeconfig {} can't be used: {why}. Name another file with --kubeconfig or another context with --context.",
        .path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// No kubeconfig in the usual places, and not inside of a cluster.
    #[error("no cluster is known: {0}. Name a kubeconfig with --kubeconfig, or set KUBECONFIG.")]
    Nowhere(String),
    /// The credential can't be had or used.
    #[error(
        "the kubeconfig's credential can't be used: its client certificate is damaged, or its sign-in command or token file \
         failed. Run any kubectl command with the same kubeconfig: it shows what is wrong."
    )]
    Credential,
    /// The certificate authority or the proxy can't be used.
    #[error(
        "the kubeconfig's certificate authority or proxy can't be used. Check both in its cluster entry."
    )]
    Connection,
}

/// How a cluster is reached, without any credential: address, certificate authority, server name, proxy. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    config: Arc<Config>,
    namespace: ProjectName,
}

impl Connector {
    /// Reads a kubeconfig, or what a pod is given. The [`Cluster`] is the view of the kubeconfig's own identity. Nothing is sent
    /// to the cluster yet.
    ///
    /// # Errors
    /// Says what is wrong with the kubeconfig, without quoting it.
    pub async fn load(options: &ConnectOptions) -> Result<(Self, Cluster), ConnectError> {
        let mut own = read(options).await?;
        own.connect_timeout = Some(CONNECT_TIMEOUT);
        // It would repeat writes too.
        own.default_retry = false;
        let connector = Self {
            config: Arc::new(without_credential(&own)),
            namespace: options.namespace.clone(),
        };
        Client::try_from((*connector.config).clone()).map_err(|_| ConnectError::Connection)?;
        let own_token = credential(&own).and_then(|value| OwnToken::of(&value));
        let client = Client::try_from(own).map_err(|_| ConnectError::Credential)?;
        Ok((
            connector.clone(),
            Cluster::new(client, connector, own_token),
        ))
    }

    /// The view of whoever a bearer token belongs to. Nothing of the kubeconfig's own credential goes along with it.
    ///
    /// # Errors
    /// [`Error::NotAToken`] if the text can't be one. Whether the cluster accepts it shows with the first operation.
    pub fn with_bearer(&self, value: &Value) -> Result<Cluster, Error> {
        let text = value.expose();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::NotAToken);
        }
        let mut config = (*self.config).clone();
        config.auth_info.token = Some(SecretString::from(text));
        let client = Client::try_from(config).map_err(|_| Error::Unavailable {
            access: Access::to("reach", "the API server"),
            why: "no secure connection can be set up".to_owned(),
        })?;
        Ok(Cluster::new(client, self.clone(), OwnToken::of(value)))
    }

    /// What a kubeconfig for this cluster needs besides a credential.
    pub fn endpoint(&self) -> Endpoint {
        let config = &self.config;
        Endpoint {
            server: config
                .cluster_url
                .to_string()
                .trim_end_matches('/')
                .to_owned(),
            certificate_authority_data: config
                .root_cert
                .as_deref()
                .map(|certs| BASE64_STANDARD.encode(pem(certs))),
            tls_server_name: config.tls_server_name.clone(),
        }
    }

    pub(super) fn system_namespace(&self) -> &str {
        self.namespace.as_str()
    }
}

async fn read(options: &ConnectOptions) -> Result<Config, ConnectError> {
    let wanted = KubeConfigOptions {
        context: options.context.clone(),
        ..KubeConfigOptions::default()
    };
    match &options.kubeconfig {
        Some(path) => {
            let unusable = |error| ConnectError::File {
                path: path.clone(),
                why: why(&error),
            };
            let kubeconfig = Kubeconfig::read_from(path).map_err(unusable)?;
            configured(kubeconfig, &wanted).await.map_err(unusable)
        }
        None => match from_usual_places(&wanted).await {
            Ok(config) => Ok(config),
            // A context was asked for, which only a kubeconfig has.
            Err(error) if options.context.is_some() => Err(ConnectError::Nowhere(why(&error))),
            Err(error) => Config::incluster().map_err(|_| ConnectError::Nowhere(why(&error))),
        },
    }
}

async fn from_usual_places(wanted: &KubeConfigOptions) -> Result<Config, KubeconfigError> {
    configured(Kubeconfig::read()?, wanted).await
}

/// As kube reads it, but for one thing: the environment's proxy isn't used for this machine's own addresses. (kubectl doesn't
/// either; kube 5.0 does, and holds `NO_PROXY` against the proxy's address.)
async fn configured(
    kubeconfig: Kubeconfig,
    wanted: &KubeConfigOptions,
) -> Result<Config, KubeconfigError> {
    let mut clusters = kubeconfig
        .clusters
        .iter()
        .filter_map(|named| named.cluster.as_ref());
    let names_a_proxy = clusters.any(|cluster| cluster.proxy_url.is_some());
    let mut config = Config::from_custom_kubeconfig(kubeconfig, wanted).await?;
    if !names_a_proxy && is_loopback(&config.cluster_url) {
        config.proxy_url = None;
    }
    Ok(config)
}

/// The bearer token that a kubeconfig itself holds or names the file of.
fn credential(config: &Config) -> Option<Value> {
    use secrecy::ExposeSecret;
    let auth = &config.auth_info;
    match (&auth.token, &auth.token_file) {
        (Some(token), _) => Some(Value::new(token.expose_secret().to_owned())),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file).ok()?;
            Some(Value::new(text.trim().to_owned()))
        }
        (None, None) => None,
    }
}

fn is_loopback(url: &Uri) -> bool {
    let host = url.host().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost"
        || host
            .parse::<IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// kube's own words, except where they can quote the file, which holds credentials.
fn why(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(_) => {
            "it isn't valid YAML, or a field has the wrong type".to_owned()
        }
        KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_) => {
            "its client certificate or key can't be read".to_owned()
        }
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        KubeconfigError::ParseProxyUrl(_) => "its proxy's address is none".to_owned(),
        other => other.to_string(),
    }
}

/// The same way to the cluster, as nobody.
fn without_credential(own: &Config) -> Config {
    let mut config = Config::new(without_userinfo(&own.cluster_url));
    config.root_cert.clone_from(&own.root_cert);
    config.root_cert_file.clone_from(&own.root_cert_file);
    config.accept_invalid_certs = own.accept_invalid_certs;
    config.tls_server_name.clone_from(&own.tls_server_name);
    config.proxy_url.clone_from(&own.proxy_url);
    config.disable_compression = own.disable_compression;
    config.connect_timeout = own.connect_timeout;
    config.default_retry = own.default_retry;
    config.auth_info = AuthInfo::default();
    config
}

/// `https://user:password@host/` → `https://host/`.
fn without_userinfo(url: &Uri) -> Uri {
    let mut parts = url.clone().into_parts();
    let host = parts
        .authority
        .as_ref()
        .and_then(|authority| authority.as_str().rsplit_once('@'))
        .map(|(_, host)| host);
    if let Some(Ok(host)) = host.map(str::parse) {
        parts.authority = Some(host);
    }
    Uri::from_parts(parts).unwrap_or_else(|_| url.clone())
}

fn pem(certs: &[Vec<u8>]) -> String {
    let mut text = String::new();
    for cert in certs {
        text.push_str("-----BEGIN CERTIFICATE-----\n");
        let base64 = BASE64_STANDARD.encode(cert);
        for line in base64.as_bytes().chunks(64) {
            text.push_str(&String::from_utf8_lossy(line));
            text.push('\n');
        }
        text.push_str("-----END CERTIFICATE-----\n");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_a_credential_is_shared() {
        let mut own = Config::new(Uri::from_static(
            "https://user:password@cluster.example:6443",
        ));
        own.auth_info.client_certificate_data = Some("certificate".to_owned());
        own.auth_info.token_file = Some("/token".to_owned());
        own.auth_info.impersonate = Some("somebody".to_owned());
        own.tls_server_name = Some("kubernetes".to_owned());
        own.default_retry = false;
        let shared = without_credential(&own);
        assert_eq!(
            format!("{:?}", shared.auth_info),
            format!("{:?}", AuthInfo::default())
        );
        assert_eq!(
            shared.cluster_url,
            Uri::from_static("https://cluster.example:6443")
        );
        assert_eq!(shared.tls_server_name.as_deref(), Some("kubernetes"));
        assert!(!shared.default_retry);
    }

    #[test]
    fn this_machines_own_addresses_are_known() {
        for (url, expected) in [
            ("https://127.0.0.1:6443", true),
            ("https://[::1]:6443", true),
            ("https://localhost:6443", true),
            ("https://10.0.0.1:6443", false),
            ("https://localhost.example:6443", false),
        ] {
            assert_eq!(is_loopback(&Uri::from_static(url)), expected, "{url}");
        }
    }

    #[test]
    fn certificates_are_written_as_pem() {
        assert_eq!(
            pem(&[vec![0; 49]]),
            format!(
                "-----BEGIN CERTIFICATE-----\n{}\nAA==\n-----END CERTIFICATE-----\n",
                "A".repeat(64)
            )
        );
    }
}
