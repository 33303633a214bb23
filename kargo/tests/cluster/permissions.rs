//! Rights of a person, and capabilities of the cluster.

use std::time::Duration;

use kargo::{
    permissions::{ClusterFeatures, Permissions},
    right::{Right, role_with},
    scope::Scope,
};

use serde_json::json;

use super::support::{
    control_plane::{admin, until, user},
    project::in_a_project,
    scripted::{Answer, Scripted},
};

const RULES: &str = "POST /apis/authorization.k8s.io/v1/selfsubjectrulesreviews";
const ACCESS: &str = "POST /apis/authorization.k8s.io/v1/selfsubjectaccessreviews";

const NONE: Permissions = Permissions {
    create: false,
    patch: false,
    delete: false,
    mint: false,
};

const ALL_BUT_MINT: Permissions = Permissions {
    create: true,
    patch: true,
    delete: true,
    mint: false,
};

#[tokio::test]
async fn permissions_are_as_the_api_server_says() {
    let demo: Scope = "projects/kargo-demo".parse().expect("a scope");
    let all = Permissions {
        mint: true,
        ..ALL_BUT_MINT
    };
    let admin = admin().await;
    assert_eq!(
        admin.permissions(&Scope::System).await.expect("an answer"),
        all
    );
    assert_eq!(
        admin.features().await.expect("an answer"),
        ClusterFeatures { suspend: true }
    );
    for (name, system, project) in [
        ("admin", ALL_BUT_MINT, ALL_BUT_MINT),
        ("project-admin", NONE, ALL_BUT_MINT),
        ("viewer", NONE, NONE),
        ("auditor", NONE, NONE),
    ] {
        let user = user(name).await;
        assert_eq!(
            user.permissions(&Scope::System).await.expect("an answer"),
            system,
            "{name}"
        );
        assert_eq!(
            user.permissions(&demo).await.expect("an answer"),
            project,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_role_with_the_missing_rights_grants_them() {
    in_a_project(async |project| {
        let holder = project.with_rights(&[("secrets", "get list")]).await;
        let rights = [Right::Create, Right::Patch, Right::Delete, Right::Mint];
        let before = holder.permissions(&project.scope).await.expect("an answer");
        assert_eq!(before.missing(&rights), rights);
        let user = holder.whoami().await.expect("somebody").user;
        project
            .apply(&role_with(&rights, &project.namespace, &user))
            .await;
        until(
            Duration::from_secs(10),
            "the rights are granted",
            async || {
                let now = holder.permissions(&project.scope).await.expect("an answer");
                now.missing(&rights).is_empty()
            },
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn complete_rules_answer_for_all_permissions() {
    let server = Scripted::answering(|line, _| match line {
        RULES => Answer::ok(&json!({ "status": {
            "incomplete": false,
            "resourceRules": [{ "verbs": ["*"], "apiGroups": [""], "resources": ["secrets"] }],
        } })),
        other => panic!("{other}: no other request is expected"),
    })
    .await;
    let permissions = server.cluster.permissions(&Scope::System).await;
    assert_eq!(permissions.expect("an answer"), ALL_BUT_MINT);
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn each_permission_is_asked_if_the_rules_are_incomplete_or_refused() {
    for status in [200, 403, 404] {
        let server = Scripted::answering(move |line, before| match line {
            // All that it lists would be granted.
            RULES if status == 200 => Answer::ok(&json!({ "status": {
                "incomplete": true,
                "resourceRules": [{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }],
            } })),
            RULES => Answer::error(status),
            ACCESS => Answer::ok(&json!({ "status": { "allowed": before == 0 } })),
            other => panic!("{other}"),
        })
        .await;
        let permissions = server.cluster.permissions(&Scope::System).await;
        let permissions = permissions.expect("an answer");
        let granted = [
            permissions.create,
            permissions.patch,
            permissions.delete,
            permissions.mint,
        ];
        assert_eq!(granted.iter().filter(|granted| **granted).count(), 1);
        let asked = server.seen(ACCESS);
        assert_eq!(asked.len(), 4);
        for (verb, resource, subresource) in [
            ("create", "secrets", ""),
            ("patch", "secrets", ""),
            ("delete", "secrets", ""),
            ("create", "serviceaccounts", "token"),
        ] {
            assert!(asked.iter().any(|seen| {
                let attributes = &seen.json()["spec"]["resourceAttributes"];
                attributes["verb"] == verb
                    && attributes["resource"] == resource
                    && attributes["subresource"] == subresource
                    && attributes["namespace"] == "kargo"
            }));
        }
    }
}
