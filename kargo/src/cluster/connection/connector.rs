//! The way to a cluster without any credential, shared by all identities.

use std::sync::Arc;

use base64::{Engine, prelude::BASE64_STANDARD};
use secrecy::SecretString;
use tokio::sync::{OnceCell, Semaphore};

use super::{
    connect_error::{ConnectError, OTHER_FILE},
    credential::{
        Factory, Signer,
        stored::{Authorization, Stored, Unusable},
    },
    environment::Environment,
    error::Error,
    kubeconfig::{self, Configured, ConnectOptions},
    observe::{InventoryFacts, Observed, Observer},
    pod,
    signing_keys::SigningKeys,
    transport::Transport,
    version::Version,
    way::{Trust, Way, pem},
};
use crate::{identity::Endpoint, name::ProjectName, value::Value};

/// The way to a cluster, shared by all identities and free of credentials. A client that carried the kubeconfig's certificate beside a
/// bearer token would act as the certificate. Cheap to clone.
#[derive(Clone)]
pub struct Connector {
    way: Arc<Way>,
    /// Connections of the kubeconfig's own identity, if it has no client certificate.
    transport: Transport,
    namespace: ProjectName,
    /// Name of the kubeconfig's context.
    context: Option<Arc<str>>,
    /// Bounds the lists that are read at the same time.
    lists: Arc<Semaphore>,
    signing_keys: SigningKeys,
    /// Version of the API server; asked once.
    version: Arc<OnceCell<Version>>,
    observed: Observed,
}

/// Whole lists that are read at the same time, for all identities together.
const LISTS: usize = 4;

impl Connector {
    /// Reads how and as whom to connect.
    pub(super) fn connect(
        options: &ConnectOptions,
        environment: &Environment,
    ) -> Result<(Self, Signer), ConnectError> {
        let Some(configured) = kubeconfig::read(options, environment)? else {
            let Some((way, stored)) = pod::read(environment)? else {
                let why = "there is no kubeconfig, and the program doesn't run in a pod";
                return Err(ConnectError::Nowhere(why.to_owned()));
            };
            let connector = Self::new(way, None, options)
                .map_err(|error| ConnectError::Pod(error.to_string()))?;
            let signer = Signer::stored(stored, Vec::new(), None, true, connector.factory());
            let signer = signer.map_err(|unusable| ConnectError::Pod(unusable.why))?;
            return Ok((connector, signer));
        };
        let Configured {
            context,
            way,
            stored,
            plugin,
            impersonation,
            user,
        } = configured;
        let is_encrypted = way.is_encrypted();
        let connector = Self::new(way, Some(&context), options).map_err(|error| {
            ConnectError::Nowhere(format!("no secure connection can be set up ({error})"))
        })?;
        let factory = connector.factory();
        if let Some(plugin) = plugin {
            let signer = Signer::command(plugin, impersonation, factory);
            return Ok((connector, signer));
        }
        let name = user.as_ref().map(|(_, name)| name.clone());
        let signer = Signer::stored(stored, impersonation, name, is_encrypted, factory);
        let signer = signer.map_err(|Unusable { field, why }| {
            // Only a user's entry has a credential that can be unusable.
            let (path, name) = user.unwrap_or_default();
            ConnectError::field(
                &path,
                format!("user {name}, field {field}"),
                why,
                OTHER_FILE,
            )
        })?;
        Ok((connector, signer))
    }

    fn new(
        way: Way,
        context: Option<&str>,
        options: &ConnectOptions,
    ) -> Result<Self, rustls::Error> {
        Ok(Self {
            transport: Transport::new(&way, None)?,
            way: Arc::new(way),
            namespace: options.namespace.clone(),
            context: context.map(Arc::from),
            lists: Arc::new(Semaphore::new(LISTS)),
            signing_keys: SigningKeys::default(),
            version: Arc::default(),
            observed: Observed::default(),
        })
    }

    fn factory(&self) -> Factory {
        Factory::new(Arc::clone(&self.way), self.transport.clone())
    }

    /// Signs requests with a bearer token, and no other credential. Its connections end with it: the buffers of kept ones would go on holding
    /// the token.
    pub(super) fn bearer(&self, value: &Value) -> Result<Signer, Error> {
        let text = value.expose();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(Error::NotAToken);
        }
        if !self.way.is_encrypted() {
            return Err(Error::PlainHttp(self.way.server_text()));
        }
        let stored = Stored {
            authorization: Authorization::Token {
                text: Some(SecretString::from(text)),
                file: None,
            },
            certificate: None,
        };
        let factory = Factory::new(Arc::clone(&self.way), self.transport.apart(&self.way));
        Signer::stored(stored, Vec::new(), None, true, factory).map_err(|_| Error::NotAToken)
    }

    /// Address and trust settings for a kubeconfig.
    pub fn endpoint(&self) -> Endpoint {
        let authorities = match &self.way.trust {
            Trust::Authorities { certificates, .. } => Some(pem(certificates)),
            Trust::System | Trust::Unverified => None,
        };
        Endpoint {
            server: self.way.server_text(),
            certificate_authority_data: authorities.map(|pem| BASE64_STANDARD.encode(pem)),
            tls_server_name: self
                .way
                .server_name
                .as_ref()
                .map(|name| name.to_str().into_owned()),
            context: self.context.as_deref().map(str::to_owned),
            is_verified: !matches!(self.way.trust, Trust::Unverified),
            uses_proxy: self.way.proxy.is_some(),
        }
    }

    /// Tells an observer what happens on the way to this cluster, for all identities. Only the first one hears anything.
    pub fn observe(&self, observer: Arc<dyn Observer>) {
        self.observed.by(observer);
    }

    /// Numbers of the inventories of all identities together.
    pub fn inventory_facts(&self) -> InventoryFacts {
        self.observed.facts()
    }

    /// The observer, and the inventories that are measured.
    pub(in crate::cluster) fn observed(&self) -> &Observed {
        &self.observed
    }

    /// Held while a whole list is read.
    pub(in crate::cluster) fn lists(&self) -> &Semaphore {
        &self.lists
    }

    /// The API server's keys, as far as they were read.
    pub(super) fn signing_keys(&self) -> &SigningKeys {
        &self.signing_keys
    }

    /// Version of the API server, once it is known.
    pub(in crate::cluster) fn version(&self) -> &OnceCell<Version> {
        &self.version
    }

    /// Namespace that Kargo runs in.
    pub(in crate::cluster) fn system(&self) -> &ProjectName {
        &self.namespace
    }

    /// The same as text.
    pub(super) fn system_namespace(&self) -> &str {
        self.namespace.as_str()
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use tempfile::TempDir;

    use super::*;

    /// What is connected to from within a pod: `pod`, the kubeconfig's server, or the error.
    fn in_a_pod(
        files: &[(&str, &str)],
        variables: &[(&str, &str)],
        context: Option<&str>,
    ) -> String {
        let directory = TempDir::new().expect("a directory");
        let folder = directory.path();
        let write = |path: &Path, content: &str| {
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
            std::fs::write(path, content).expect("a file");
        };
        write(&folder.join("pod/token"), "pods-token\n");
        write(
            &folder.join("pod/ca.crt"),
            include_str!("transport/tls/p521-certificate.pem"),
        );
        for (path, content) in files {
            write(&folder.join(path), content);
        }
        let standard = [
            ("KUBERNETES_SERVICE_HOST", "10.0.0.1"),
            ("KUBERNETES_SERVICE_PORT", "443"),
        ];
        let environment = Environment {
            variables: standard
                .iter()
                .chain(variables)
                .map(|(name, value)| (name.into(), value.into()))
                .chain([("HOME".into(), folder.into())])
                .collect(),
            working_folder: folder.to_owned(),
            pod_folder: folder.join("pod"),
            has_terminal: false,
        };
        let options = ConnectOptions {
            kubeconfig: None,
            context: context.map(str::to_owned),
            namespace: "kargo".parse().expect("a name"),
        };
        match Connector::connect(&options, &environment) {
            Ok((connector, signer)) => {
                let credential = signer.latest().expect("a credential");
                let header = credential.authorization.as_ref();
                let signs = header.is_some_and(|header| header == "Bearer pods-token");
                let Endpoint {
                    server, uses_proxy, ..
                } = connector.endpoint();
                format!("{server} pod:{signs} proxy:{uses_proxy}")
            }
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn only_the_absence_of_kubeconfigs_leads_to_the_pod() {
        const OTHER: &str = "{current-context: a, contexts: [{name: a, context: {cluster: a}}], clusters: [{name: a, cluster: {server: https://other}}]}";
        let pod = "https://10.0.0.1:443 pod:true proxy:false";
        for (files, variables, context, expected) in [
            (&[][..], &[][..], None, pod),
            (&[], &[("KUBECONFIG", "missing")], None, pod),
            (&[("empty", "")], &[("KUBECONFIG", "empty")], None, pod),
            (
                &[("other", OTHER)],
                &[("KUBECONFIG", "other")],
                None,
                "https://other pod:false proxy:false",
            ),
            (
                &[(".kube/config", OTHER)],
                &[],
                None,
                "https://other pod:false proxy:false",
            ),
            (
                &[("broken", "users: [")],
                &[("KUBECONFIG", "broken")],
                None,
                "not valid YAML",
            ),
            (
                &[("broken", "{contexts: [{name: a}]}")],
                &[("KUBECONFIG", "broken")],
                None,
                "--context: a",
            ),
            (
                &[("broken", "current-context: a")],
                &[("KUBECONFIG", "broken")],
                None,
                "no context named a",
            ),
            (&[], &[("KUBECONFIG", ".")], None, "can't read it"),
            (&[], &[], Some("a"), "no context named a"),
            (&[("pod/ca.crt", "sentinel")], &[], None, "ca.crt"),
            (
                &[],
                &[("HTTPS_PROXY", "http://proxy:3128")],
                None,
                "https://10.0.0.1:443 pod:true proxy:true",
            ),
            (
                &[],
                &[
                    ("HTTPS_PROXY", "http://proxy:3128"),
                    ("NO_PROXY", "10.0.0.0/8"),
                ],
                None,
                pod,
            ),
            (
                &[],
                &[("KUBERNETES_SERVICE_HOST", "fd00::1")],
                None,
                "https://[fd00::1]:443 pod:true proxy:false",
            ),
            (
                &[],
                &[("KUBERNETES_SERVICE_HOST", "")],
                None,
                "doesn't run in a pod",
            ),
        ] {
            let found = in_a_pod(files, variables, context);
            assert!(found.contains(expected), "{found}: {files:?} {variables:?}");
            assert!(!found.contains("sentinel"), "{found}");
        }
    }
}
