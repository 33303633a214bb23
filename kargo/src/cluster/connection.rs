//! How a cluster is reached: one client for each identity, over a connector that all of them share.

pub(super) mod access;
mod connector;
pub(super) mod error;
mod identity;
mod kubeconfig;
mod own_token;
mod refusal;
pub(super) mod request;
mod signing_keys;

use std::{
    sync::{Arc, Mutex, atomic::AtomicU32},
    time::{Duration, Instant},
};

use kube::Client;
use tokio::sync::OnceCell;

pub use connector::Connector;
pub use kubeconfig::{ConnectError, ConnectOptions};

use access::TokenLocation;
use error::Error;
use own_token::OwnToken;

use crate::{
    identity::{Endpoint, Identity},
    name::TokenName,
    scope::Scope,
    value::Value,
};

/// Time that a reveal waits for Kubernetes to write a value.
const REVEAL_WAIT: Duration = Duration::from_secs(10);

/// Most tokens that one page of a list has.
const LARGEST_PAGE: u32 = 1000;

/// One identity's view of a cluster. Cheap to clone; clones share connections and what is remembered.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    connector: Connector,
    /// The last answer about who this identity is, and when it came.
    identity: Arc<Mutex<Option<(Instant, Identity)>>>,
    /// Held while the API server is asked who this identity is: parts of a page that ask at the same time share one answer.
    asking: Arc<tokio::sync::Mutex<()>>,
    /// `true` if the cluster refuses suspended tokens; asked once.
    pub(super) suspend_works: Arc<OnceCell<bool>>,
    /// Tokens in one page of a list: fewer after a page was too large.
    pub(super) page_limit: Arc<AtomicU32>,
    /// Held while an expiring token's value is minted: two requests with one claim must not get two values.
    pub(super) minting: Arc<tokio::sync::Mutex<()>>,
    /// The token that this identity's credential is, if it is one.
    own_token: Option<Arc<OwnToken>>,
    /// Time that a reveal waits for Kubernetes to write a value.
    pub(super) reveal_wait: Duration,
}

impl Connector {
    /// Reads a kubeconfig, or the ServiceAccount of the pod that the program runs in. Answers with the connector and with the view of the
    /// kubeconfig's own identity. Sends nothing to the cluster.
    ///
    /// # Errors
    /// Says what is wrong with the kubeconfig, without quoting it.
    pub async fn load(options: &ConnectOptions) -> Result<(Self, Cluster), ConnectError> {
        let (own, context) = kubeconfig::read(options).await?;
        let connector = Self::new(&own, options.namespace.clone(), context.as_deref())?;
        let own_token = kubeconfig::bearer_token(&own).and_then(|value| OwnToken::of(&value));
        let client = Client::try_from(own).map_err(|_| ConnectError::Credential)?;
        Ok((
            connector.clone(),
            Cluster::new(client, connector, own_token),
        ))
    }

    /// View of the owner of a bearer token. The kubeconfig's own credential is never sent beside it.
    ///
    /// # Errors
    /// [`Error::NotAToken`] if the text can't be a token. The first request shows whether the cluster accepts it.
    pub fn with_bearer(&self, value: &Value) -> Result<Cluster, Error> {
        let client = self.bearer_client(value)?;
        Ok(Cluster::new(client, self.clone(), OwnToken::of(value)))
    }
}

impl Cluster {
    fn new(client: Client, connector: Connector, own_token: Option<OwnToken>) -> Self {
        Self {
            client,
            connector,
            identity: Arc::default(),
            asking: Arc::default(),
            suspend_works: Arc::new(OnceCell::new()),
            page_limit: Arc::new(AtomicU32::new(LARGEST_PAGE)),
            minting: Arc::default(),
            own_token: own_token.map(Arc::new),
            reveal_wait: REVEAL_WAIT,
        }
    }

    /// The same view with another time that a reveal waits for Kubernetes to write a value (10 seconds by default).
    #[must_use]
    pub fn with_reveal_wait(mut self, wait: Duration) -> Self {
        self.reveal_wait = wait;
        self
    }

    /// Namespace of a scope's tokens.
    pub fn namespace<'a>(&'a self, scope: &'a Scope) -> &'a str {
        match scope {
            Scope::System => self.connector.system_namespace(),
            Scope::Project(name) => name.as_str(),
        }
    }

    /// `true` if a scope is the system's, also when it is written as a project of the system namespace's name. The rules for the system
    /// can't be bypassed in that way.
    pub(super) fn is_system(&self, scope: &Scope) -> bool {
        self.namespace(scope) == self.connector.system_namespace()
    }

    /// Address and trust settings of this cluster.
    pub fn endpoint(&self) -> Endpoint {
        self.connector.endpoint()
    }

    /// Name of the cluster for people: the kubeconfig's context, or the API server's address.
    pub fn display_name(&self) -> String {
        let endpoint = self.endpoint();
        endpoint.context.unwrap_or(endpoint.server)
    }

    /// The connector, for another identity on the same cluster.
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    /// `true` if this identity signed in with the token.
    pub fn is_own_token(&self, scope: &Scope, name: &TokenName) -> bool {
        self.own_token
            .as_ref()
            .is_some_and(|own| own.is(self.namespace(scope), name))
    }

    /// Location of a scope's token, for error messages.
    pub(super) fn location(&self, scope: &Scope, name: &TokenName) -> TokenLocation {
        TokenLocation {
            name: name.clone(),
            namespace: self.namespace(scope).to_owned(),
        }
    }
}
