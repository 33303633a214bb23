//! Roles with what they may do, and what a ServiceAccount is to Kargo.

use kargo::{
    role::{Claim, RoleStatus, Rule, Rules},
    scope::Scope,
};
use serde_json::json;

use super::support::{
    control_plane::{admin, user},
    project::in_a_project,
};

#[tokio::test]
async fn roles_have_their_rules_and_claims() {
    in_a_project(async |project| {
        let annotations = json!({
            "kargo.akuity.io/description": "Promotes",
            "rbac.kargo.akuity.io/managed": "true",
            "rbac.kargo.akuity.io/claims": r#"{"groups":["ops"]}"#,
            "rbac.kargo.akuity.io/claim.groups": "devs",
        });
        project.add_service_account("promoter", annotations).await;
        let promote = json!({ "apiGroups": ["kargo.akuity.io"], "resources": ["stages"], "verbs": ["promote"] });
        project.add_role("promoter", json!([promote])).await;
        let itself = || project.service_account("promoter");
        project.bind("a-role", "Role/promoter", itself()).await;
        project.bind("b-cluster-role", "ClusterRole/kargo-viewer", itself()).await;
        project.bind("c-dangling", "Role/missing", itself()).await;
        project.bind("d-group", "Role/promoter", project.all_service_accounts()).await;
        // Without a namespace, Kubernetes takes the binding's own.
        let here = json!({ "kind": "ServiceAccount", "name": "promoter" });
        project.bind("e-here", "Role/promoter", here).await;

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
            "without Kubernetes' default bindings for everybody"
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
async fn system_roles_are_the_labelled_ones_with_cluster_wide_rights() {
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
async fn a_service_account_is_a_role_or_not_or_missing() {
    let roles = admin()
        .await
        .scope_roles(&Scope::System)
        .await
        .expect("roles");
    for (name, expected) in [
        ("kargo-admin", RoleStatus::SystemRole),
        ("kargo-management-controller", RoleStatus::NotARole),
        ("gone", RoleStatus::Missing),
    ] {
        assert_eq!(roles.status_of(name), expected, "{name}");
    }
    in_a_project(async |project| {
        let roles = project.cluster.scope_roles(&project.scope).await;
        let roles = roles.expect("roles");
        assert_eq!(roles.status_of("ci"), RoleStatus::ProjectRole);
        assert_eq!(roles.status_of("gone"), RoleStatus::Missing);
        assert_eq!(roles.others.len(), 0);
    })
    .await;
}

#[tokio::test]
async fn role_names_are_those_of_the_roles() {
    let admin = admin().await;
    let mut names = admin.list_role_names(&Scope::System).await.expect("names");
    names.sort();
    let roles = admin.list_roles(&Scope::System).await.expect("roles");
    let of_roles: Vec<_> = roles.into_iter().map(|role| role.name).collect();
    assert_eq!(names, of_roles);
}

#[tokio::test]
async fn roles_name_what_a_kargo_admin_may_not_read() {
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
async fn rules_behind_a_binding_can_be_unreadable() {
    in_a_project(async |project| {
        let reader = project
            .with_rights(&[("serviceaccounts", "list"), ("rolebindings", "list")])
            .await;
        let roles = reader.list_roles(&project.scope).await.expect("roles");
        let ci = roles
            .iter()
            .find(|role| role.name.as_str() == "ci")
            .expect("listed");
        assert_eq!(ci.grants[0].rules, Rules::Unreadable);
        assert_eq!(ci.unreadable.len(), 3);
    })
    .await;
}

#[tokio::test]
async fn a_person_who_may_not_list_service_accounts_sees_no_roles() {
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
