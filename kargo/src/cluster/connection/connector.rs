//! The way to a cluster without any credential: address, certificate authority, server name and proxy.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use kube::{Client, Config};
use secrecy::SecretString;
use tokio::sync::Semaphore;

use super::{
    access::Access,
    error::Error,
    kubeconfig::{ConnectError, without_credential},
    signing_keys::SigningKeys,
};
use crate::{identity::Endpoint, name::ProjectName, value::Value};

/// The way to a cluster, shared by all identities and free of credentials. A client that carried the kubeconfig's certificate beside a
/// bearer token would act as the certificate. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    config: Arc<Config>,
    namespace: ProjectName,
    /// Name of the kubeconfig's context.
    context: Option<Arc<str>>,
    /// Bounds the lists that are read at the same time.
    lists: Arc<Semaphore>,
    signing_keys: SigningKeys,
}

/// Whole lists that are read at the same time, for all identities together.
const LISTS: usize = 4;

impl Connector {
    /// Takes the way from a configuration and leaves its credential out. `namespace`: the namespace that Kargo runs in. `context`:
    /// the kubeconfig's context.
    pub(super) fn new(
        own: &Config,
        namespace: ProjectName,
        context: Option<&str>,
    ) -> Result<Self, ConnectError> {
        let connector = Self {
            config: Arc::new(without_credential(own)),
            namespace,
            context: context.map(Arc::from),
            lists: Arc::new(Semaphore::new(LISTS)),
            signing_keys: SigningKeys::default(),
        };
        Client::try_from((*connector.config).clone()).map_err(|_| ConnectError::Connection)?;
        Ok(connector)
    }

    /// A client that sends a bearer token, and no other credential.
    pub(super) fn bearer_client(&self, value: &Value) -> Result<Client, Error> {
        let text = value.expose();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::NotAToken);
        }
        let mut config = (*self.config).clone();
        config.auth_info.token = Some(SecretString::from(text));
        Client::try_from(config).map_err(|_| Error::Unavailable {
            access: Access::to("reach", "the API server"),
            why: "no secure connection can be set up".to_owned(),
        })
    }

    /// Address and trust settings for a kubeconfig.
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
            context: self.context.as_deref().map(str::to_owned),
            is_verified: !config.accept_invalid_certs,
        }
    }

    /// Held while a whole list is read.
    pub(in crate::cluster) fn lists(&self) -> &Semaphore {
        &self.lists
    }

    /// The API server's keys, as far as they were read.
    pub(super) fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }

    /// Namespace that Kargo runs in.
    pub(super) fn system_namespace(&self) -> &str {
        self.namespace.as_str()
    }
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
