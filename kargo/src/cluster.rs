//! What is done to a cluster, each operation as one identity: whoever's credential a [`Cluster`] was made with. The API server
//! alone decides what that identity may do.
//!
//! One verb or noun a file below. This is the only place of the workspace that knows kube, and of kube only the connection is used:
//! bodies are parsed here, since kube logs one that it can't parse, and a Secret's body holds a value.

mod abilities;
mod change;
mod compromise;
mod confirm;
mod connect;
mod contract;
mod create;
mod delete;
mod describe;
mod error;
mod events;
mod expire;
mod exposure;
mod find;
mod list;
mod note;
mod own_token;
mod projects;
mod ready;
mod recreate;
mod request;
mod restore;
mod retire;
mod reveal;
mod roles;
mod rules;
mod suspend;
mod sweep;
mod wait;
mod whoami;

use std::{sync::Arc, time::Duration};

use kube::Client;
use tokio::sync::OnceCell;

pub use connect::{ConnectError, ConnectOptions, Connector};
pub use delete::time_until;
pub use describe::Description;
pub use error::{Access, Error, TokenAt};
pub use expire::SHORTEST;
pub use exposure::{Exposure, exposure};
pub use note::Notes;
pub use sweep::Swept;

use own_token::OwnToken;

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
    suspend_works: Arc<OnceCell<bool>>,
    /// The token that this identity's credential is, where it is one.
    own_token: Option<Arc<OwnToken>>,
    reveal_wait: Duration,
}

impl Cluster {
    fn new(client: Client, connector: Connector, own_token: Option<OwnToken>) -> Self {
        Self {
            client,
            connector,
            identity: Arc::new(OnceCell::new()),
            suspend_works: Arc::new(OnceCell::new()),
            own_token: own_token.map(Arc::new),
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
