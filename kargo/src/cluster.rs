//! What is done to a cluster, each operation as one identity: whoever's credential a [`Cluster`] was made with. The API server
//! alone decides what that identity may do.
//!
//! One verb or noun a file below. This is the only place of the workspace that knows kube, and of kube only the connection is used:
//! bodies are parsed here, since kube logs one that it can't parse, and a Secret's body holds a value.

mod annotate;
mod confirm;
mod connect;
mod contract;
mod create;
mod delete;
mod error;
mod find;
mod list;
mod projects;
mod ready;
mod recreate;
mod request;
mod reveal;
mod roles;
mod rules;
mod wait;
mod whoami;

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio::sync::OnceCell;

pub use connect::{ConnectError, ConnectOptions, Connector};
pub use error::{Access, Error, TokenAt};

use crate::{
    name::TokenName,
    scope::Scope,
    token::{Endpoint, Identity},
};

/// How long a reveal waits for Kubernetes to write a value.
const REVEAL_WAIT: Duration = Duration::from_secs(10);

/// One identity's view of a cluster. Cheap to clone; clones share connections.
#[derive(Clone)]
pub struct Cluster {
    client: Client,
    connector: Connector,
    identity: Arc<OnceCell<Identity>>,
    reveal_wait: Duration,
}

impl Cluster {
    fn new(client: Client, connector: Connector) -> Self {
        Self {
            client,
            connector,
            identity: Arc::new(OnceCell::new()),
            reveal_wait: REVEAL_WAIT,
        }
    }

    /// The same view, with another time that a reveal waits for Kubernetes to write a value (otherwise 10 seconds).
    #[must_use]
    pub fn with_reveal_wait(mut self, wait: Duration) -> Self {
        self.reveal_wait = wait;
        self
    }

    /// The namespace that a scope's tokens are in.
    pub fn namespace<'a>(&'a self, scope: &'a Scope) -> &'a str {
        match scope {
            Scope::System => self.connector.system_namespace(),
            Scope::Project(name) => name.as_str(),
        }
    }

    /// Whether a scope is the system's, however it is written: no project's name may lead around what holds for the system.
    fn is_system(&self, scope: &Scope) -> bool {
        self.namespace(scope) == self.connector.system_namespace()
    }

    /// How a client reaches this cluster.
    pub fn endpoint(&self) -> Endpoint {
        self.connector.endpoint()
    }

    /// How this cluster is reached, for another identity.
    pub fn connector(&self) -> &Connector {
        &self.connector
    }

    fn token_at(&self, scope: &Scope, name: &TokenName) -> TokenAt {
        TokenAt {
            name: name.clone(),
            namespace: self.namespace(scope).to_owned(),
        }
    }
}
