//! Rights, and people who have only these.

use k8s_openapi::api::{
    core::v1::ServiceAccount,
    rbac::v1::{Role, RoleBinding},
};
use kargo::{cluster::Cluster, token::TokenSummary};
use kube::{Api, api::DeleteParams};
use serde_json::{Value as Json, json};

use super::project::Project;

const RBAC: &str = "rbac.authorization.k8s.io";

/// A right of a role: a resource of the core API group, or of RBAC's group if its name contains `role`, and verbs.
pub type Right<'a> = (&'a str, &'a str);

fn rule((resource, verbs): &Right) -> Json {
    let group = if resource.contains("role") { RBAC } else { "" };
    let verbs: Vec<_> = verbs.split(' ').collect();
    json!({ "apiGroups": [group], "resources": [resource], "verbs": verbs })
}

impl Project {
    /// Gives the role `ci` rights in this project.
    pub async fn allow(&self, rights: &[Right<'_>]) {
        let rules: Vec<_> = rights.iter().map(rule).collect();
        self.add_role("allowed", json!(rules)).await;
        self.bind("allowed", "Role/allowed", self.service_account("ci"))
            .await;
    }

    /// View of somebody who has only these rights: the holder of a token of the role `ci`.
    pub async fn with_rights(&self, rights: &[Right<'_>]) -> Cluster {
        self.allow(rights).await;
        let own = self.create("own").await;
        self.holder_of(&own).await
    }

    /// View of the holder of a token.
    pub async fn holder_of(&self, token: &TokenSummary) -> Cluster {
        self.signed_in_with(&self.stored_value(&token.name).await)
    }

    /// Adds a Role.
    pub async fn add_role(&self, name: &str, rules: Json) {
        self.add::<Role>(json!({ "metadata": { "name": name }, "rules": rules }))
            .await;
    }

    /// Adds a RoleBinding to a role (`Role/NAME` or `ClusterRole/NAME`).
    pub async fn bind(&self, name: &str, role: &str, subject: Json) {
        let (kind, role) = role.split_once('/').expect("a kind and a name");
        self.add::<RoleBinding>(json!({
            "metadata": { "name": name },
            "roleRef": { "apiGroup": RBAC, "kind": kind, "name": role },
            "subjects": [subject],
        }))
        .await;
    }

    /// A ServiceAccount of this project, as the subject of a binding.
    pub fn service_account(&self, name: &str) -> Json {
        json!({ "kind": "ServiceAccount", "name": name, "namespace": self.namespace })
    }

    /// All ServiceAccounts of this project, as the subject of a binding.
    pub fn all_service_accounts(&self) -> Json {
        let name = format!("system:serviceaccounts:{}", self.namespace);
        json!({ "apiGroup": RBAC, "kind": "Group", "name": name })
    }

    /// Adds a ServiceAccount.
    pub async fn add_service_account(&self, name: &str, annotations: Json) {
        let metadata = json!({ "name": name, "annotations": annotations });
        self.add::<ServiceAccount>(json!({ "metadata": metadata }))
            .await;
    }

    /// The ServiceAccounts, as other tools see them.
    pub fn service_accounts(&self) -> Api<ServiceAccount> {
        Api::namespaced(self.client.clone(), &self.namespace)
    }

    /// Deletes the ServiceAccount of the role `ci`.
    pub async fn delete_role(&self) {
        self.service_accounts()
            .delete("ci", &DeleteParams::default())
            .await
            .expect("the role is deleted");
    }
}
