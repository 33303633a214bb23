//! How a cluster is reached: one view for each identity, over a connector that all of them share.

pub(super) mod access;
mod acting;
mod address;
mod connect_error;
mod connector;
mod credential;
mod environment;
pub(super) mod error;
mod identity;
pub(super) mod kept;
mod kubeconfig;
pub(super) mod observe;
mod own_token;
mod pod;
mod proxy;
mod refusal;
pub(super) mod request;
mod signing_keys;
mod transport;
pub(super) mod version;
mod way;
mod yaml;

use std::{
    sync::{Arc, Mutex, atomic::AtomicU32},
    time::{Duration, Instant},
};

pub use acting::NotImpersonated;
pub use connect_error::ConnectError;
pub use connector::Connector;
pub use credential::error::CredentialError;
pub use environment::Environment;
pub use kubeconfig::ConnectOptions;

use access::TokenLocation;
use acting::ActingAs;
use credential::Signer;
use error::Error;
use kept::{Family, Kept};

use crate::{
    identity::{Endpoint, Identity, PersonNote, ServiceAccountRef},
    impersonation::ImpersonationForm,
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
    signer: Arc<Signer>,
    connector: Connector,
    /// The last answer about who this identity is.
    identity: Arc<Mutex<Option<Remembered>>>,
    /// Held while the API server is asked who this identity is: parts of a page that ask at the same time share one answer.
    asking: Arc<tokio::sync::Mutex<()>>,
    /// Tokens in one page of a list: fewer after a page was too large.
    pub(super) page_limit: Arc<AtomicU32>,
    /// Held while an expiring token's value is minted: two requests with one claim must not get two values.
    pub(super) minting: Arc<tokio::sync::Mutex<()>>,
    /// Memory of this identity.
    pub(super) kept: Kept,
    /// As which ServiceAccount each request is sent, and for whom.
    acting_as: Option<Arc<ActingAs>>,
    /// The program's own view, where this one acts as a ServiceAccount.
    program: Option<Arc<Self>>,
    /// Time that a reveal waits for Kubernetes to write a value.
    pub(super) reveal_wait: Duration,
}

/// Who this identity is, as the API server said.
#[derive(Clone)]
struct Remembered {
    /// When it was asked.
    asked: Instant,
    /// Credential that the answer is about.
    generation: u64,
    identity: Identity,
}

impl Connector {
    /// Reads a kubeconfig, or the ServiceAccount of the pod that the program runs in. Answers with the connector and with the view of the
    /// kubeconfig's own identity. Sends nothing to the cluster, and runs no sign-in command.
    ///
    /// # Errors
    /// Says what is wrong with the kubeconfig, without quoting it.
    pub async fn load(options: &ConnectOptions) -> Result<(Self, Cluster), ConnectError> {
        Self::load_in(options, Environment::of_process()).await
    }

    /// The same in other surroundings than the process's.
    ///
    /// # Errors
    /// Those of [`Connector::load`].
    pub async fn load_in(
        options: &ConnectOptions,
        environment: Environment,
    ) -> Result<(Self, Cluster), ConnectError> {
        let options = options.clone();
        let read = tokio::task::spawn_blocking(move || Self::connect(&options, &environment));
        let (connector, signer) = read
            .await
            .unwrap_or_else(|_| Err(ConnectError::Nowhere("the program is ending".to_owned())))?;
        Ok((connector.clone(), Cluster::new(Arc::new(signer), connector)))
    }

    /// View of the owner of a bearer token. The kubeconfig's own credential is never sent beside it.
    ///
    /// # Errors
    /// [`Error::NotAToken`] if the text can't be a token, [`Error::PlainHttp`] if no token can be sent. The first request shows whether the
    /// cluster accepts it.
    pub fn with_bearer(&self, value: &Value) -> Result<Cluster, Error> {
        let signer = self.bearer(value)?;
        Ok(Cluster::new(Arc::new(signer), self.clone()))
    }
}

impl Cluster {
    fn new(signer: Arc<Signer>, connector: Connector) -> Self {
        Self {
            signer,
            connector,
            identity: Arc::default(),
            asking: Arc::default(),
            page_limit: Arc::new(AtomicU32::new(LARGEST_PAGE)),
            minting: Arc::default(),
            kept: Kept::default(),
            acting_as: None,
            program: None,
            reveal_wait: REVEAL_WAIT,
        }
    }

    /// The same view with another time that a reveal waits for Kubernetes to write a value (10 seconds by default).
    #[must_use]
    pub fn with_reveal_wait(mut self, wait: Duration) -> Self {
        self.reveal_wait = wait;
        self
    }

    /// The same view as one of a person's, with nothing kept yet.
    pub(super) fn in_family(self, family: &Family) -> Self {
        Self {
            kept: Kept::in_family(family),
            ..self
        }
    }

    /// The same view for a task that ends with what is kept for the identity.
    pub(super) fn for_task(&self) -> Self {
        Self {
            kept: self.kept.borrowed(),
            ..self.clone()
        }
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

    /// The same connection and credential, acting as a ServiceAccount for a person: each request impersonates the ServiceAccount and names
    /// the person. Nothing that is remembered about the program's own identity is shared.
    ///
    /// # Errors
    /// [`Error::ImpersonatesAlready`] if the kubeconfig itself acts as another user.
    pub fn impersonating(
        &self,
        account: &ServiceAccountRef,
        person: &PersonNote,
        form: ImpersonationForm,
    ) -> Result<Self, Error> {
        let program = self.program();
        // The signer adds the kubeconfig's headers to each request: its groups would be the person's.
        if program.signer.is_impersonating() {
            return Err(Error::ImpersonatesAlready);
        }
        let acting_as = ActingAs::new(account.clone(), person.clone(), form);
        Ok(Self {
            acting_as: Some(Arc::new(acting_as)),
            program: Some(Arc::new(program.clone())),
            reveal_wait: program.reveal_wait,
            ..Self::new(Arc::clone(&program.signer), program.connector.clone())
        })
    }

    /// Whether the kubeconfig itself acts as another user (`as:`), so that its credential isn't that of the user.
    pub fn is_impersonating(&self) -> bool {
        self.signer.is_impersonating()
    }

    /// The ServiceAccount that this view acts as; `None` for a view with a credential of its own.
    pub fn acting_as(&self) -> Option<&ServiceAccountRef> {
        self.acting_as.as_ref().map(|acting| &acting.account)
    }

    /// The person that this view acts for; `None` for a view with a credential of its own.
    pub fn person(&self) -> Option<&PersonNote> {
        self.acting_as.as_ref().map(|acting| &acting.person)
    }

    /// The view of the credential itself: for what isn't the person's, such as the server's version or a namespace's label.
    pub(super) fn program(&self) -> &Self {
        self.program.as_deref().unwrap_or(self)
    }

    /// Name of the token that this identity signed in with, if it is one of a scope. A person who acts as a ServiceAccount signed in with none.
    pub fn own_token(&self, scope: &Scope) -> Option<TokenName> {
        if self.acting_as.is_some() {
            return None;
        }
        let credential = self.signer.latest()?;
        let own = credential.own_token.as_ref()?;
        own.name_in(self.namespace(scope))?.parse().ok()
    }

    /// `true` if this identity signed in with the token.
    pub fn is_own_token(&self, scope: &Scope, name: &TokenName) -> bool {
        self.own_token(scope).as_ref() == Some(name)
    }

    /// Location of a scope's token, for error messages.
    pub(super) fn location(&self, scope: &Scope, name: &TokenName) -> TokenLocation {
        TokenLocation {
            name: name.clone(),
            namespace: self.namespace(scope).to_owned(),
        }
    }
}
