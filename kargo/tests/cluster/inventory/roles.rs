//! Roles from memory are what the cluster has.

use kargo::{
    cluster::Cluster,
    role::{RoleSummary, ScopeRoles},
    scope::Scope,
};
use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::json;

use super::{
    super::support::{
        control_plane::until,
        project::{Project, in_a_project},
    },
    SOON,
};

/// Waits until memory has what is read anew, and answers with it.
async fn until_known(cluster: &Cluster, scope: &Scope, what: &str) -> ScopeRoles {
    // Kubernetes makes a ServiceAccount of its own in each namespace at some time, so what is read changes, too.
    until(SOON, what, async || {
        let read = cluster.scope_roles(scope).await.expect("roles");
        let known = cluster.known_roles(scope).await.expect("roles");
        *known == read
    })
    .await;
    cluster.scope_roles(scope).await.expect("roles")
}

impl Project {
    async fn annotate_role(&self, name: &str, annotations: serde_json::Value) {
        let patch = json!({ "metadata": { "annotations": annotations } });
        self.service_accounts()
            .patch(name, &PatchParams::default(), &Patch::Merge(patch))
            .await
            .expect("the role can be changed");
    }
}

#[tokio::test]
async fn each_change_of_a_role_is_seen() {
    in_a_project(async |project| {
        let (cluster, scope) = (&project.cluster, &project.scope);
        let roles = until_known(cluster, scope, "the first list").await;
        assert!(roles.roles.iter().any(|role| role.name.as_str() == "ci"));
        project.add_service_account("second", json!({})).await;
        until_known(cluster, scope, "a new role").await;
        project
            .annotate_role(
                "second",
                json!({ "kargo.akuity.io/description": "deploys" }),
            )
            .await;
        let roles = until_known(cluster, scope, "a description").await;
        assert!(
            roles
                .roles
                .iter()
                .any(|role| role.description.as_deref() == Some("deploys"))
        );
        project.allow(&[("secrets", "list")]).await;
        let roles = until_known(cluster, scope, "a right").await;
        assert!(roles.roles.iter().any(|role| role.grants.len() == 1));
        project
            .bind(
                "all",
                "ClusterRole/cluster-admin",
                project.service_account("second"),
            )
            .await;
        let roles = until_known(cluster, scope, "a ClusterRole").await;
        assert!(roles.roles.iter().any(RoleSummary::is_all_powerful));
        let bindings: Api<k8s_openapi::api::rbac::v1::RoleBinding> =
            Api::namespaced(project.client.clone(), &project.namespace);
        let deleted = bindings.delete("all", &DeleteParams::default()).await;
        drop(deleted.expect("deleted"));
        let roles = until_known(cluster, scope, "a right that ended").await;
        assert!(!roles.roles.iter().any(RoleSummary::is_all_powerful));
        project.delete_role().await;
        until_known(cluster, scope, "a role that is gone").await;
    })
    .await;
}

#[tokio::test]
async fn what_may_not_be_listed_is_named() {
    in_a_project(async |project| {
        let holder = project
            .with_rights(&[("serviceaccounts", "list"), ("secrets", "list")])
            .await;
        let roles = until_known(&holder, &project.scope, "the roles").await;
        let unreadable: Vec<_> = roles.roles[0]
            .unreadable
            .iter()
            .map(|unreadable| unreadable.resource.as_str())
            .collect();
        assert_eq!(
            unreadable,
            [
                "rolebindings",
                "roles",
                "clusterrolebindings",
                "clusterroles"
            ]
        );
    })
    .await;
}
