//! Reading a kubeconfig, or the ServiceAccount of a pod.

use std::{net::IpAddr, path::PathBuf, time::Duration};

use http::Uri;
use kube::{
    Config,
    config::{AuthInfo, KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use secrecy::ExposeSecret;
use thiserror::Error;

use crate::{name::ProjectName, value::Value};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Which cluster to connect to, and as whom.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Kubeconfig file; `None`: `$KUBECONFIG`, then `~/.kube/config`, then the pod's own ServiceAccount.
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; `None`: its current context.
    pub context: Option<String>,
    /// Namespace that Kargo runs in.
    pub namespace: ProjectName,
}

/// Why no connection can be set up.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// The named kubeconfig file can't be used.
    #[error(
        "the kubeconfig {} can't be used: {why}. Name another file with --kubeconfig or another context with --context.",
        .path.display()
    )]
    File {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// No kubeconfig is in the usual places, and the program doesn't run in a pod.
    #[error("no cluster is known: {0}. Name a kubeconfig with --kubeconfig, or set KUBECONFIG.")]
    Nowhere(String),
    /// The credential can't be obtained or used.
    #[error(
        "the kubeconfig's credential can't be used: its client certificate is damaged, or its sign-in command or token file \
         failed. Run any kubectl command with the same kubeconfig to see what is wrong."
    )]
    Credential,
    /// The certificate authority or the proxy can't be used.
    #[error(
        "the kubeconfig's certificate authority or proxy can't be used. Check both in its cluster entry."
    )]
    Connection,
}

/// Reads the configuration that the options name, and the name of the context in use.
pub(super) async fn read(
    options: &ConnectOptions,
) -> Result<(Config, Option<String>), ConnectError> {
    let context = KubeConfigOptions {
        context: options.context.clone(),
        ..KubeConfigOptions::default()
    };
    let (mut config, name) = match &options.kubeconfig {
        Some(path) => {
            let unusable = |error| ConnectError::File {
                path: path.clone(),
                why: why(&error),
            };
            let kubeconfig = Kubeconfig::read_from(path).map_err(unusable)?;
            configured(kubeconfig, &context).await.map_err(unusable)?
        }
        None => match from_usual_places(&context).await {
            Ok(read) => read,
            // Only a kubeconfig has contexts, so the pod's ServiceAccount can't be meant.
            Err(error) if options.context.is_some() => {
                return Err(ConnectError::Nowhere(why(&error)));
            }
            Err(error) => {
                let config = Config::incluster().map_err(|_| ConnectError::Nowhere(why(&error)))?;
                (config, None)
            }
        },
    };
    config.connect_timeout = Some(CONNECT_TIMEOUT);
    // kube would repeat writes, too.
    config.default_retry = false;
    Ok((config, name))
}

async fn from_usual_places(
    context: &KubeConfigOptions,
) -> Result<(Config, Option<String>), KubeconfigError> {
    configured(Kubeconfig::read()?, context).await
}

/// Reads a kubeconfig as kube does, with one difference: the environment's proxy is not used for this machine's own addresses. kubectl
/// doesn't use it either; kube 5.0 does, and compares `NO_PROXY` with the proxy's address.
async fn configured(
    kubeconfig: Kubeconfig,
    context: &KubeConfigOptions,
) -> Result<(Config, Option<String>), KubeconfigError> {
    let name = context
        .context
        .clone()
        .or_else(|| kubeconfig.current_context.clone());
    let mut clusters = kubeconfig
        .clusters
        .iter()
        .filter_map(|named| named.cluster.as_ref());
    let names_a_proxy = clusters.any(|cluster| cluster.proxy_url.is_some());
    let mut config = Config::from_custom_kubeconfig(kubeconfig, context).await?;
    if !names_a_proxy && is_loopback(&config.cluster_url) {
        config.proxy_url = None;
    }
    Ok((config, name))
}

/// The bearer token that a kubeconfig contains or names the file of.
pub(super) fn bearer_token(config: &Config) -> Option<Value> {
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

/// kube's own words, except where they can quote the file, which contains credentials.
fn why(error: &KubeconfigError) -> String {
    match error {
        KubeconfigError::Parse(_) => {
            "it isn't valid YAML, or a field has the wrong type".to_owned()
        }
        KubeconfigError::LoadClientCertificate(_) | KubeconfigError::LoadClientKey(_) => {
            "its client certificate or key can't be read".to_owned()
        }
        KubeconfigError::ReadConfig(error, _) => error.to_string(),
        KubeconfigError::ParseProxyUrl(_) => "its proxy's address is not valid".to_owned(),
        other => other.to_string(),
    }
}

/// The same cluster without any credential.
pub(super) fn without_credential(own: &Config) -> Config {
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

/// Removes a user name and password: `https://user:password@host/` → `https://host/`.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_part_of_a_credential_is_shared() {
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
    fn addresses_of_this_machine_are_recognized() {
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
}
