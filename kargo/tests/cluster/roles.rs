//! Roles with what they may do.

use k8s_openapi::api::{
    core::v1::ServiceAccount,
    rbac::v1::{Role, RoleBinding},
};
use kargo::{
    role::{Claim, Rule, Rules},
    scope::Scope,
};
use serde_json::json;

use super::{
    control_plane::{admin, user},
    project::in_a_project,
};

fn binding(name: &str, kind: &str, role: &str, subject: &serde_json::Value) -> serde_json::Value {
    json!({
        "metadata": { "name": name },
        "roleRef": { "apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": role },
        "subjects": [subject],
    })
}

#[tokio::test]
async fn are_told_with_their_rules_and_claims() {
    in_a_project(async |project| {
        let annotations = json!({
            "kargo.akuity.io/description": "Promotes",
            "rbac.kargo.akuity.io/managed": "true",
            "rbac.kargo.akuity.io/claims": r#"{"groups":["ops"]}"#,
            "rbac.kargo.akuity.io/claim.groups": "devs",
        });
        project.add::<ServiceAccount>(json!({ "metadata": { "name": "promoter", "annotations": annotations } })).await;
        let promote = json!({ "apiGroups": ["kargo.akuity.io"], "resources": ["stages"], "verbs": ["promote"] });
        project.add::<Role>(json!({ "metadata": { "name": "promoter" }, "rules": [promote] })).await;
        let itself = json!({ "kind": "ServiceAccount", "name": "promoter", "namespace": project.namespace });
        let all = format!("system:serviceaccounts:{}", project.namespace);
        let everybody = json!({ "apiGroup": "rbac.authorization.k8s.io", "kind": "Group", "name": all });
        project.add::<RoleBinding>(binding("a-role", "Role", "promoter", &itself)).await;
        project.add::<RoleBinding>(binding("b-cluster-role", "ClusterRole", "kargo-viewer", &itself)).await;
        project.add::<RoleBinding>(binding("c-dangling", "Role", "missing", &itself)).await;
        project.add::<RoleBinding>(binding("d-group", "Role", "promoter", &everybody)).await;
        // Kubernetes takes it for one of the binding's own namespace.
        let of_here = json!({ "kind": "ServiceAccount", "name": "promoter" });
        project.add::<RoleBinding>(binding("e-here", "Role", "promoter", &of_here)).await;

        let roles = project.cluster.list_roles(&project.scope).await.expect("roles");
        let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
        assert_eq!(names.iter().filter(|name| **name != "default").collect::<Vec<_>>(), [&"ci", &"promoter"]);
        let promoter = roles.iter().find(|role| role.name.as_str() == "promoter").expect("listed");
        assert_eq!((promoter.description.as_deref(), promoter.managed), (Some("Promotes"), true));
        let claim = Claim { name: "groups".to_owned(), values: vec!["devs".to_owned(), "ops".to_owned()] };
        assert_eq!(promoter.claims, [claim]);
        assert_eq!(promoter.unreadable, []);

        let bindings: Vec<_> =
            promoter.grants.iter().map(|grant| (grant.binding.as_str(), grant.role.as_str())).collect();
        assert_eq!(
            bindings,
            [
                ("RoleBinding/a-role", "Role/promoter"),
                ("RoleBinding/b-cluster-role", "ClusterRole/kargo-viewer"),
                ("RoleBinding/c-dangling", "Role/missing"),
                ("RoleBinding/d-group", "Role/promoter"),
                ("RoleBinding/e-here", "Role/promoter"),
            ],
            "and nothing of what Kubernetes gives everybody"
        );
        assert!(promoter.grants.iter().all(|grant| grant.namespace.as_deref() == Some(project.namespace.as_str())));
        let promote = Rule {
            api_groups: vec!["kargo.akuity.io".to_owned()],
            resources: vec!["stages".to_owned()],
            resource_names: vec![],
            non_resource_urls: vec![],
            verbs: vec!["promote".to_owned()],
        };
        assert_eq!(promoter.grants[0].rules, Rules::Known(vec![promote]));
        assert!(matches!(&promoter.grants[1].rules, Rules::Known(some) if !some.is_empty()));
        assert_eq!(promoter.grants[2].rules, Rules::Dangling);

        let ci = roles.iter().find(|role| role.name.as_str() == "ci").expect("listed");
        assert_eq!(ci.grants.iter().map(|grant| grant.binding.as_str()).collect::<Vec<_>>(), ["RoleBinding/d-group"]);
        assert_eq!((ci.managed, &ci.description, ci.claims.as_slice()), (false, &None, &[][..]));
    })
    .await;
}

#[tokio::test]
async fn of_the_system_are_the_labelled_ones_with_cluster_wide_rights() {
    let roles = admin()
        .await
        .list_roles(&Scope::System)
        .await
        .expect("roles");
    let names: Vec<_> = roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(
        names,
        [
            "kargo-admin",
            "kargo-project-creator",
            "kargo-user",
            "kargo-viewer"
        ]
    );
    let grants: Vec<_> = roles[0]
        .grants
        .iter()
        .map(|g| (g.binding.as_str(), g.namespace.as_deref()))
        .collect();
    assert_eq!(
        grants,
        [
            ("ClusterRoleBinding/kargo-admin", None),
            ("RoleBinding/kargo-admin", Some("kargo"))
        ]
    );
}

#[tokio::test]
async fn say_what_of_them_a_kargo_admin_may_not_read() {
    let roles = user("admin")
        .await
        .list_roles(&Scope::System)
        .await
        .expect("roles");
    let unreadable: Vec<_> = roles[0]
        .unreadable
        .iter()
        .map(|u| format!("{} {}", u.verb, u.resource))
        .collect();
    assert_eq!(
        unreadable,
        ["list clusterrolebindings", "list clusterroles"]
    );
    let grants: Vec<_> = roles[0]
        .grants
        .iter()
        .map(|grant| grant.binding.as_str())
        .collect();
    assert_eq!(grants, ["RoleBinding/kargo-admin"]);
    assert!(matches!(roles[0].grants[0].rules, Rules::Known(_)));
}

#[tokio::test]
async fn say_that_the_roles_behind_a_binding_can_not_be_read() {
    in_a_project(async |project| {
        let itself = json!({ "kind": "ServiceAccount", "name": "ci", "namespace": project.namespace });
        let read = json!([
            { "apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["list"] },
            { "apiGroups": ["rbac.authorization.k8s.io"], "resources": ["rolebindings"], "verbs": ["list"] },
        ]);
        project.add::<Role>(json!({ "metadata": { "name": "reader" }, "rules": read })).await;
        project.add::<RoleBinding>(binding("reader", "Role", "reader", &itself)).await;
        let token = project.create("ci").await;
        let reader =
            project.cluster.connector().with_bearer(&project.stored_value(&token.name).await).expect("a token");
        let roles = reader.list_roles(&project.scope).await.expect("roles");
        let ci = roles.iter().find(|role| role.name.as_str() == "ci").expect("listed");
        assert_eq!(ci.grants[0].rules, Rules::Unreadable);
        assert_eq!(ci.unreadable.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn are_forbidden_to_whoever_may_not_list_service_accounts() {
    let error = user("project-admin")
        .await
        .list_roles(&Scope::System)
        .await
        .expect_err("forbidden");
    assert_eq!(
        error.to_string(),
        "You may not list serviceaccounts in namespace kargo."
    );
}
