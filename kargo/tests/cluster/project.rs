//! A project of a test's own, so that all tests can run at once on one control plane.

use std::{panic::AssertUnwindSafe, path::Path, time::Duration};

use futures::FutureExt;
use k8s_openapi::api::core::v1::{Namespace, Secret, ServiceAccount};
use kargo::{
    claim::ClaimId,
    cluster::{Cluster, Error},
    name::{RoleName, TokenName},
    scope::Scope,
    token::{Revealed, TokenState, TokenSummary},
    value::Value,
};
use kube::{
    Api, Client, ResourceExt,
    api::{DeleteParams, Patch, PatchParams, PostParams},
};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value as Json, json};

use super::control_plane::{admin_kubeconfig, connect, kube_client, until};

/// One project with the role `ci`.
pub struct Project {
    /// Its admin's view.
    pub cluster: Cluster,
    pub client: Client,
    pub scope: Scope,
    pub namespace: String,
    pub role: RoleName,
}

/// Runs a test in a new project of the shared control plane, and removes the project, whatever becomes of the test.
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
        let namespace = format!("test-{}", random());
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
        project
            .add::<ServiceAccount>(json!({ "metadata": { "name": "ci" } }))
            .await;
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

    pub fn secrets(&self) -> Api<Secret> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    pub async fn secret(&self, name: &TokenName) -> Secret {
        self.secrets().get(name.as_str()).await.expect("the Secret")
    }

    /// Changes labels and annotations behind everybody's back.
    pub async fn edit(&self, name: &TokenName, metadata: Json) {
        let patch = Patch::Merge(json!({ "metadata": metadata }));
        self.secrets()
            .patch(name.as_str(), &PatchParams::default(), &patch)
            .await
            .expect("the Secret can be edited");
    }

    /// All tokens by name.
    pub async fn tokens(&self) -> Vec<TokenSummary> {
        self.cluster
            .list_tokens(&self.scope, 500, None)
            .await
            .expect("a list")
            .tokens
    }

    pub async fn token(&self, name: &TokenName) -> TokenSummary {
        self.tokens()
            .await
            .into_iter()
            .find(|token| token.name == *name)
            .expect("the token is listed")
    }

    /// A new token, populated.
    pub async fn create(&self, name: &str) -> TokenSummary {
        let token = self
            .cluster
            .create_token(&self.scope, &self.role, &parse(name))
            .await
            .expect("a new token");
        self.populated(&token.name).await
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

    pub async fn reveal(&self, token: &TokenSummary, claim: &ClaimId) -> Result<Revealed, Error> {
        self.cluster
            .reveal_token(&token.handle(&self.scope), claim)
            .await
    }

    /// The value that Kubernetes wrote, read past the operations.
    pub async fn stored_value(&self, name: &TokenName) -> Value {
        let secret = self.secret(name).await;
        let bytes = secret.data.expect("data")["token"].0.clone();
        Value::new(String::from_utf8(bytes).expect("a JWT"))
    }

    /// Whether the API server accepts a value.
    pub async fn accepts(&self, value: &Value) -> bool {
        match self
            .cluster
            .connector()
            .with_bearer(value)
            .expect("a token")
            .whoami()
            .await
        {
            Ok(_) => true,
            Err(Error::Unauthenticated) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// What must not change when an operation refuses: every Secret with its version.
    pub async fn versions(&self) -> Vec<(String, String)> {
        let secrets = self
            .secrets()
            .list(&kube::api::ListParams::default())
            .await
            .expect("a list");
        let version = |secret: &Secret| secret.resource_version().expect("a version");
        secrets
            .items
            .iter()
            .map(|secret| (secret.name_any(), version(secret)))
            .collect()
    }
}

async fn create<T>(api: &Api<T>, object: Json) -> T
where
    T: Clone + std::fmt::Debug + Serialize + DeserializeOwned,
{
    let object = serde_json::from_value(object).expect("an object of this kind");
    api.create(&PostParams::default(), &object)
        .await
        .expect("the object can be created")
}

pub fn parse(name: &str) -> TokenName {
    name.parse().expect("a name")
}

/// A claim that no other test has.
pub fn claim() -> ClaimId {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes).expect("randomness");
    ClaimId::from_random(bytes)
}

fn random() -> String {
    claim().expose()[..10].to_owned()
}
