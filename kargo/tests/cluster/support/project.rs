//! A project for one test, so that all tests can run at the same time on one control plane.

use std::{panic::AssertUnwindSafe, path::Path, time::Duration};

use futures::FutureExt;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::api::core::v1::{Namespace, Secret};
use kargo::{
    claim::ClaimId,
    cluster::{Cluster, Error},
    name::{RoleName, TokenName},
    scope::Scope,
    text::Text,
    token::{HistoryAction, HistoryEntry, Notes, TokenRef, TokenState, TokenSummary},
    value::Value,
};
use kube::{
    Api, Client,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::{
    control_plane::{admin_kubeconfig, connect, kube_client, until},
    deletions::HOUR,
};

/// One project with the role `ci`.
pub struct Project {
    /// Its admin's view.
    pub cluster: Cluster,
    pub client: Client,
    pub scope: Scope,
    pub namespace: String,
    pub role: RoleName,
}

/// Runs a test in a new project of the shared control plane. Removes the project afterwards, also if the test fails.
pub async fn in_a_project(test: impl AsyncFnOnce(&Project)) {
    in_a_project_of(&admin_kubeconfig(), test).await;
}

/// The same on another control plane.
pub async fn in_a_project_of(kubeconfig: &Path, test: impl AsyncFnOnce(&Project)) {
    let project = Project::new(kubeconfig).await;
    let result = AssertUnwindSafe(test(&project)).catch_unwind().await;
    let namespaces: Api<Namespace> = Api::all(project.client.clone());
    let removed = namespaces
        .delete(&project.namespace, &DeleteParams::default())
        .await;
    if let Err(panic) = result {
        std::panic::resume_unwind(panic);
    }
    removed.expect("the project can be removed");
}

impl Project {
    async fn new(kubeconfig: &Path) -> Self {
        let client = kube_client(kubeconfig).await;
        let namespace = format!("test-{}", &claim().expose()[..10]);
        create(
            &Api::<Namespace>::all(client.clone()),
            json!({ "metadata": { "name": namespace, "labels": { "kargo.akuity.io/project": "true" } } }),
        )
        .await;
        let scope = Scope::Project(namespace.parse().expect("a name"));
        let cluster = connect(kubeconfig).await;
        let project = Self {
            cluster,
            client,
            scope,
            namespace,
            role: "ci".parse().expect("a name"),
        };
        project.add_service_account("ci", json!({})).await;
        project
    }

    /// Adds any object, as other tools do.
    pub async fn add<T>(&self, object: Json) -> T
    where
        T: kube::Resource<Scope = kube::core::NamespaceResourceScope>
            + Clone
            + std::fmt::Debug
            + Serialize
            + DeserializeOwned,
        T::DynamicType: Default,
    {
        create(
            &Api::namespaced(self.client.clone(), &self.namespace),
            object,
        )
        .await
    }

    /// Adds a Secret that is no token.
    pub async fn add_password(&self, metadata: Json) -> Secret {
        self.add(json!({ "metadata": metadata, "stringData": { "it": "is" } }))
            .await
    }

    /// Adds a Secret of no particular type that holds a value where tokens have theirs.
    pub async fn add_opaque(&self, name: &str, value: &Value) -> Secret {
        self.add(json!({ "metadata": { "name": name }, "stringData": { "token": value.expose() } }))
            .await
    }

    /// Adds a token as `kubectl` would, with labels and annotations, and waits until it is populated.
    pub async fn add_token(&self, name: &str, labels: Json, annotations: Json) -> TokenSummary {
        let mut all = json!({ "kubernetes.io/service-account.name": "ci" });
        all.as_object_mut()
            .expect("an object")
            .extend(annotations.as_object().expect("an object").clone());
        let metadata = json!({ "name": name, "labels": labels, "annotations": all });
        let secret = json!({ "type": "kubernetes.io/service-account-token", "metadata": metadata });
        self.add::<Secret>(secret).await;
        self.populated(&parse(name)).await
    }

    /// Adds a token as Kargo's own tools would.
    pub async fn add_kargo_token(&self, name: &str) -> TokenSummary {
        self.add_token(
            name,
            json!({ "rbac.kargo.akuity.io/api-token": "true" }),
            json!({ "rbac.kargo.akuity.io/managed": "true" }),
        )
        .await
    }

    /// Adds a token that Kargo doesn't manage, as `kubectl` would.
    pub async fn add_unmanaged_token(&self, name: &str) -> TokenSummary {
        self.add_token(name, json!({}), json!({})).await
    }

    /// The Secrets, as other tools see them.
    pub fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// One Secret, as other tools see it.
    pub async fn secret(&self, name: &TokenName) -> Secret {
        self.secrets().get(name.as_str()).await.expect("the Secret")
    }

    /// Changes the metadata of a Secret, as other tools do.
    pub async fn edit(&self, name: &TokenName, metadata: Json) {
        self.patch(name, json!({ "metadata": metadata })).await;
    }

    /// Deletes a Secret, as other tools do.
    pub async fn remove(&self, token: &TokenSummary) {
        self.secrets()
            .delete(token.name.as_str(), &DeleteParams::default())
            .await
            .expect("it can be deleted");
    }

    /// Changes annotations of a token, as other tools do.
    pub async fn annotate(&self, token: &TokenSummary, annotations: Json) {
        self.edit(&token.name, json!({ "annotations": annotations }))
            .await;
    }

    /// Changes a Secret, as other tools do.
    pub async fn patch(&self, name: &TokenName, patch: Json) {
        self.secrets()
            .patch(name.as_str(), &PatchParams::default(), &Patch::Merge(patch))
            .await
            .expect("the Secret can be changed");
    }

    /// All tokens by name.
    pub async fn tokens(&self) -> Vec<TokenSummary> {
        self.cluster
            .list_tokens(&self.scope, 500, None)
            .await
            .expect("a list")
            .tokens
    }

    /// One token, as lists show it.
    pub async fn token(&self, name: &TokenName) -> TokenSummary {
        self.tokens()
            .await
            .into_iter()
            .find(|token| token.name == *name)
            .expect("the token is listed")
    }

    /// Time by the API server's clock.
    pub async fn now(&self) -> Timestamp {
        let page = self.cluster.list_tokens(&self.scope, 1, None).await;
        page.expect("a list").now
    }

    /// A new token, populated.
    pub async fn create(&self, name: &str) -> TokenSummary {
        let token = self.create_unpopulated(name).await;
        self.populated(&token.name).await
    }

    /// A new token, as creating answers with it.
    pub async fn create_unpopulated(&self, name: &str) -> TokenSummary {
        self.try_create(name, None).await.expect("a new token")
    }

    /// Tries to create a token.
    pub async fn try_create(
        &self,
        name: &str,
        lifetime: Option<SignedDuration>,
    ) -> Result<TokenSummary, Error> {
        let created = self
            .cluster
            .create_token(
                &self.scope,
                &self.role,
                &parse(name),
                lifetime,
                &Notes::default(),
            )
            .await;
        created.map(|created| created.token)
    }

    /// Waits until Kubernetes has written a token's value.
    pub async fn populated(&self, name: &TokenName) -> TokenSummary {
        until(
            Duration::from_secs(20),
            "the token is populated",
            async || self.token(name).await.state != TokenState::Preparing,
        )
        .await;
        self.token(name).await
    }

    /// A new token that expires in an hour. Kubernetes has written everything that it writes.
    pub async fn create_expiring(&self, name: &str) -> TokenSummary {
        let token = self
            .try_create(name, Some(HOUR))
            .await
            .expect("a new token");
        until(
            Duration::from_secs(20),
            "Kubernetes writes the rest",
            async || {
                let secret = self.secret(&token.name).await;
                secret.data.is_some_and(|data| data.contains_key("ca.crt"))
            },
        )
        .await;
        token
    }

    /// Reference to a token, for the next request about it.
    pub fn token_ref(&self, token: &TokenSummary) -> TokenRef {
        token.token_ref(&self.scope)
    }

    /// `true` if a token is still listed.
    pub async fn has(&self, token: &TokenSummary) -> bool {
        self.tokens()
            .await
            .iter()
            .any(|other| other.name == token.name)
    }

    /// History of a token, oldest entry first.
    pub async fn history(&self, name: &TokenName) -> Vec<HistoryEntry> {
        let described = self.cluster.describe_token(&self.scope, name).await;
        described.expect("a description").history
    }

    /// Actions of a token's history, oldest first.
    pub async fn actions(&self, name: &TokenName) -> Vec<HistoryAction> {
        let history = self.history(name).await;
        history.into_iter().map(|entry| entry.action).collect()
    }

    /// View of the holder of a value.
    pub fn signed_in_with(&self, value: &Value) -> Cluster {
        let connector = self.cluster.connector();
        connector.with_bearer(value).expect("a token")
    }

    /// The value that Kubernetes wrote, read as other tools do.
    pub async fn stored_value(&self, name: &TokenName) -> Value {
        let secret = self.secret(name).await;
        let bytes = secret.data.expect("data")["token"].0.clone();
        Value::new(String::from_utf8(bytes).expect("a JWT"))
    }

    /// `true` if the API server accepts a value.
    pub async fn accepts(&self, value: &Value) -> bool {
        match self.signed_in_with(value).whoami().await {
            Ok(_) => true,
            Err(Error::Unauthenticated) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until the API server accepts a value: its copy of the Secrets lags behind for a moment.
    pub async fn until_accepted(&self, value: &Value) {
        until(
            Duration::from_secs(5),
            "the value is accepted",
            async || self.accepts(value).await,
        )
        .await;
    }

    /// Waits until the API server refuses a value: it remembers for 10 seconds that it accepted the value.
    pub async fn until_refused(&self, value: &Value) {
        until(
            Duration::from_secs(15),
            "the value is refused",
            async || !self.accepts(value).await,
        )
        .await;
    }
}

/// Creates an object.
pub async fn create<T>(api: &Api<T>, object: Json) -> T
where
    T: Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    let object = serde_json::from_value(object).expect("an object of this kind");
    api.create(&PostParams::default(), &object)
        .await
        .expect("the object can be created")
}

/// Parses a token's name.
pub fn parse(name: &str) -> TokenName {
    name.parse().expect("a name")
}

/// Parses a text.
pub fn text(text: &str) -> Text {
    text.to_owned().try_into().expect("a text")
}

/// A claim that no other test has.
pub fn claim() -> ClaimId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("randomness");
    ClaimId::from_random(bytes)
}

/// A token name that no other test has, for namespaces that tests share.
pub fn unique_name() -> TokenName {
    let mut bytes = [0; 5];
    getrandom::fill(&mut bytes).expect("randomness");
    TokenName::with_suffix("made-by-a-test", bytes)
}
