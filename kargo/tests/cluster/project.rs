//! A project of a test's own, so that all tests can run at once on one control plane.

use std::{collections::BTreeMap, panic::AssertUnwindSafe, path::Path, time::Duration};

use futures::FutureExt;
use jiff::SignedDuration;
use k8s_openapi::api::{
    core::v1::{Namespace, Secret, ServiceAccount},
    rbac::v1::{Role, RoleBinding},
};
use kargo::{
    claim::ClaimId,
    cluster::{Cluster, Error},
    name::{RoleName, TokenName},
    scope::Scope,
    text::Text,
    token::{Act, Did, Revealed, TokenHandle, TokenState, TokenSummary},
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
            .create_token(&self.scope, &self.role, &parse(name), None)
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

    /// A new token that ends by itself, in an hour. Kubernetes has written all that it writes.
    pub async fn create_expiring(&self, name: &str) -> TokenSummary {
        let hour = SignedDuration::from_hours(1);
        let created = self
            .cluster
            .create_token(&self.scope, &self.role, &parse(name), Some(hour))
            .await;
        let token = created.expect("a new token");
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

    /// Names a token, for the next request about it.
    pub fn handle(&self, token: &TokenSummary) -> TokenHandle {
        token.handle(&self.scope)
    }

    /// Whether a token is still listed.
    pub async fn has(&self, name: &TokenName) -> bool {
        self.tokens().await.iter().any(|token| token.name == *name)
    }

    /// What was done to a token, in order.
    pub async fn history(&self, name: &TokenName) -> Vec<Act> {
        let described = self.cluster.describe_token(&self.scope, name).await;
        described.expect("a description").history
    }

    /// The same, without who and when.
    pub async fn did(&self, name: &TokenName) -> Vec<Did> {
        let history = self.history(name).await;
        history.into_iter().map(|act| act.did).collect()
    }

    /// Lets the role `ci` do something in this project.
    pub async fn allow(&self, rules: Json) {
        self.add::<Role>(json!({ "metadata": { "name": "allowed" }, "rules": rules }))
            .await;
        self.add::<RoleBinding>(json!({
            "metadata": { "name": "allowed" },
            "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "allowed" },
            "subjects": [{ "kind": "ServiceAccount", "name": "ci", "namespace": self.namespace }],
        }))
        .await;
    }

    /// The view of whoever has a value.
    pub fn with(&self, value: &Value) -> Cluster {
        let connector = self.cluster.connector();
        connector.with_bearer(value).expect("a token")
    }

    /// A successor that works, its value saved.
    pub async fn succeed(&self, old: &TokenSummary) -> TokenSummary {
        let new = self
            .cluster
            .recreate_token(&self.handle(old), None)
            .await
            .expect("a successor");
        let claim = claim();
        self.reveal(&new, &claim).await.expect("the value");
        let confirmed = self.cluster.confirm_token(&self.handle(&new), &claim).await;
        confirmed.expect("saved");
        self.token(&new.name).await
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
        match self.with(value).whoami().await {
            Ok(_) => true,
            Err(Error::Unauthenticated) => false,
            Err(error) => panic!("{error}"),
        }
    }

    /// Waits until the API server accepts a value: it judges by a copy of the Secrets, which lags behind for a moment.
    pub async fn until_accepted(&self, value: &Value) {
        until(
            Duration::from_secs(5),
            "the value is accepted",
            async || self.accepts(value).await,
        )
        .await;
    }

    /// Waits until the API server refuses a value: it remembers for 10 seconds that it accepted it.
    pub async fn until_refused(&self, value: &Value) {
        until(
            Duration::from_secs(15),
            "the value is refused",
            async || !self.accepts(value).await,
        )
        .await;
    }

    /// Labels and annotations of a token but for those that every act changes, as they stand on the Secret.
    pub async fn notes(&self, name: &TokenName) -> BTreeMap<String, String> {
        let secret = self.secret(name).await;
        let mut all = secret.labels().clone();
        all.extend(secret.annotations().clone());
        all.remove("kargo-tokens/history");
        all.remove("kubernetes.io/legacy-token-last-used");
        all
    }

    /// What holds for a managed token in every state, whatever was done to it by whom at the same time: it is one for Kargo's own
    /// tools, and what is noted on it makes sense together.
    pub async fn is_sound(&self, name: &TokenName) {
        let secret = self.secret(name).await;
        let (labels, annotations) = (secret.labels(), secret.annotations());
        let text = |key: &str| annotations.get(key).map(String::as_str);
        let is_suspended = labels.contains_key("kubernetes.io/legacy-token-invalid-since");
        let expires = text("kargo-tokens/expires-at").is_some();
        let all = format!("{labels:?} {annotations:?}");

        let role = text("kubernetes.io/service-account.name").expect("a role");
        assert_eq!(
            secret.type_.as_deref(),
            Some("kubernetes.io/service-account-token")
        );
        assert_eq!(
            labels
                .get("rbac.kargo.akuity.io/api-token")
                .map(String::as_str),
            Some("true"),
            "{all}"
        );
        assert_eq!(text("rbac.kargo.akuity.io/managed"), Some("true"), "{all}");
        assert_eq!(secret.owner_references()[0].name, role);

        let implies = |one: bool, other: bool| assert!(!one || other, "{all}");
        implies(
            text("kargo-tokens/delete-after").is_some(),
            is_suspended && !expires,
        );
        implies(
            text("kargo-tokens/suspended-by-deletion").is_some(),
            text("kargo-tokens/delete-after").is_some()
                && text("kargo-tokens/suspension").is_none(),
        );
        implies(
            text("kargo-tokens/suspension").is_some(),
            is_suspended && !expires,
        );
        implies(text("kargo-tokens/compromised").is_some(), is_suspended);
        implies(
            text("kargo-tokens/retire-after").is_some(),
            text("kargo-tokens/replaced-by").is_some(),
        );
        implies(expires, is_suspended);
        let is_revealed = matches!(text("kargo-tokens/reveal"), Some("claimed" | "confirmed"));
        assert_eq!(
            is_revealed,
            text("kargo-tokens/fingerprint").is_some(),
            "{all}"
        );
        assert_eq!(
            is_revealed,
            text("kargo-tokens/revealed-at").is_some(),
            "{all}"
        );
        assert_eq!(
            text("kargo-tokens/reveal") == Some("claimed"),
            text("kargo-tokens/claim").is_some(),
            "{all}"
        );
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

pub fn text(text: &str) -> Text {
    text.to_owned().try_into().expect("a text")
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
