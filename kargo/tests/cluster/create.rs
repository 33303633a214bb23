//! Creating a token.

use k8s_openapi::api::core::v1::{Secret, ServiceAccount};
use kargo::{
    cluster::Error,
    name::TokenName,
    problem::Kind,
    scope::Scope,
    token::{Reveal, TokenState},
};
use kube::{Api, ResourceExt};
use serde_json::{Value as Json, json};

use super::{
    control_plane::{admin, user},
    project::{in_a_project, parse},
};

#[tokio::test]
async fn writes_what_kargo_writes_and_our_notes() {
    in_a_project(async |project| {
        let token = project.create("ci-7f3kq").await;
        let mut secret = serde_json::to_value(project.secret(&token.name).await).expect("JSON");
        secret["metadata"].as_object_mut().expect("metadata").remove("managedFields");
        insta::assert_json_snapshot!(secret, {
            ".data[\"ca.crt\"]" => "[written by Kubernetes]",
            ".data.namespace" => "[written by Kubernetes]",
            ".data.token" => "[written by Kubernetes]",
            ".metadata.annotations[\"kargo-tokens/history\"]" => insta::dynamic_redaction(|history, _| {
                let mut history: Json = serde_json::from_str(history.as_str().expect("text")).expect("JSON");
                history[0]["at"] = "[time]".into();
                history.to_string()
            }),
            ".metadata.annotations[\"kubernetes.io/service-account.uid\"]" => "[written by Kubernetes]",
            ".metadata.creationTimestamp" => "[time]",
            ".metadata.namespace" => "[project]",
            ".metadata.ownerReferences[].uid" => "[uid]",
            ".metadata.resourceVersion" => "[version]",
            ".metadata.uid" => "[uid]",
        }, @r#"
        {
          "apiVersion": "v1",
          "data": {
            "ca.crt": "[written by Kubernetes]",
            "namespace": "[written by Kubernetes]",
            "token": "[written by Kubernetes]"
          },
          "kind": "Secret",
          "metadata": {
            "annotations": {
              "kargo-tokens/created-by": "admin@local",
              "kargo-tokens/history": "[{\"at\":\"[time]\",\"by\":\"admin@local\",\"did\":\"created\"}]",
              "kargo-tokens/reveal": "pending",
              "kubernetes.io/service-account.name": "ci",
              "kubernetes.io/service-account.uid": "[written by Kubernetes]",
              "rbac.kargo.akuity.io/managed": "true"
            },
            "creationTimestamp": "[time]",
            "labels": {
              "rbac.kargo.akuity.io/api-token": "true"
            },
            "name": "ci-7f3kq",
            "namespace": "[project]",
            "ownerReferences": [
              {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "name": "ci",
                "uid": "[uid]"
              }
            ],
            "resourceVersion": "[version]",
            "uid": "[uid]"
          },
          "type": "kubernetes.io/service-account-token"
        }
        "#);
    })
    .await;
}

#[tokio::test]
async fn is_owned_by_its_role() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let owner = &project.secret(&token.name).await.owner_references()[0].clone();
        let accounts: Api<ServiceAccount> =
            Api::namespaced(project.client.clone(), &project.namespace);
        let role = accounts.get("ci").await.expect("the role");
        assert_eq!(
            (owner.name.as_str(), Some(&owner.uid)),
            ("ci", role.uid().as_ref())
        );
        assert_eq!(
            owner.block_owner_deletion, None,
            "Kargo's own roles may not set it"
        );
        assert_eq!(owner.controller, None);
    })
    .await;
}

#[tokio::test]
async fn answers_with_a_token_that_waits_for_its_creator() {
    in_a_project(async |project| {
        let token = project
            .cluster
            .create_token(&project.scope, &project.role, &parse("ci"), None)
            .await
            .expect("a new token");
        assert!(
            matches!(token.state, TokenState::Preparing | TokenState::Unrevealed),
            "{token:?}"
        );
        assert_eq!(token.reveal, Some(Reveal::Pending));
        assert_eq!(
            token.created_by,
            Some(project.cluster.whoami().await.expect("somebody").user)
        );
        assert_eq!((token.role.as_str(), token.is_managed()), ("ci", true));
        assert_eq!(
            project.populated(&token.name).await.state,
            TokenState::Unrevealed
        );
    })
    .await;
}

#[tokio::test]
async fn takes_the_longest_name_and_no_impossible_one() {
    in_a_project(async |project| {
        let longest = "a".repeat(253);
        assert_eq!(project.create(&longest).await.name.as_str(), longest);
        // None of these is a name, so no request can be made of it.
        for impossible in ["a".repeat(254).as_str(), "", "A_b", "../x", "🔑"] {
            assert!(impossible.parse::<TokenName>().is_err(), "{impossible}");
        }
    })
    .await;
}

#[tokio::test]
async fn leaves_a_taken_name_alone() {
    in_a_project(async |project| {
        project
            .add::<Secret>(
                json!({ "metadata": { "name": "password" }, "stringData": { "it": "is" } }),
            )
            .await;
        project.create("token").await;
        let before = project.versions().await;
        for name in ["password", "token"] {
            let error = project
                .cluster
                .create_token(&project.scope, &project.role, &parse(name), None)
                .await
                .expect_err("taken");
            assert!(
                matches!(&error, Error::NameTaken(at) if at.name.as_str() == name),
                "{error}"
            );
            assert_eq!(error.problem().kind, Kind::Conflict);
        }
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn gives_a_name_once_when_two_take_it_at_once() {
    in_a_project(async |project| {
        let name = parse("ci");
        let create = || {
            project
                .cluster
                .create_token(&project.scope, &project.role, &name, None)
        };
        let (one, other) = futures::join!(create(), create());
        let (created, refused) = if one.is_ok() {
            (one, other)
        } else {
            (other, one)
        };
        let created = created.expect("one of the two");
        let refused = refused.expect_err("the other one");
        assert!(matches!(refused, Error::NameTaken(_)), "{refused}");
        assert_eq!(project.token(&name).await.uid, created.uid);
    })
    .await;
}

#[tokio::test]
async fn refuses_a_role_that_does_not_exist() {
    in_a_project(async |project| {
        let role = "nobody".parse().expect("a name");
        let error = project
            .cluster
            .create_token(&project.scope, &role, &parse("ci"), None)
            .await
            .expect_err("no role");
        assert!(matches!(error, Error::NoRole { .. }), "{error}");
        assert_eq!(error.problem().kind, Kind::NotFound);
        assert_eq!(project.versions().await, []);
    })
    .await;
}

#[tokio::test]
async fn makes_no_token_for_kargos_own_service_accounts() {
    let admin = user("admin").await;
    let role = "kargo-management-controller".parse().expect("a name");
    let name = TokenName::with_suffix("never-made", random());
    // Nor through the back door of a project that has the system's name.
    for scope in [
        Scope::System,
        Scope::Project("kargo".parse().expect("a name")),
    ] {
        let error = admin
            .create_token(&scope, &role, &name, None)
            .await
            .expect_err("no role");
        let is_refused = matches!(
            (&scope, &error),
            (Scope::System, Error::NotASystemRole { .. })
                | (Scope::Project(_), Error::NotAProject(_))
        );
        assert!(is_refused, "{error}");
    }
    let tokens = admin
        .list_tokens(&Scope::System, 500, None)
        .await
        .expect("a list")
        .tokens;
    assert!(tokens.iter().all(|token| token.name != name));
}

#[tokio::test]
async fn a_kargo_admin_makes_tokens_for_system_roles() {
    let admin = user("admin").await;
    let name = TokenName::with_suffix("made-by-a-test", random());
    let token = admin
        .create_token(
            &Scope::System,
            &"kargo-viewer".parse().expect("a name"),
            &name,
            None,
        )
        .await
        .expect("a token");
    assert_eq!(token.created_by.as_deref(), Some("admin@example.com"));
    admin
        .delete_token(&token.handle(&Scope::System))
        .await
        .expect("deleted");
}

#[tokio::test]
async fn says_what_is_not_allowed() {
    let create = async |user_name, role: &str| {
        let role = role.parse().expect("a name");
        user(user_name)
            .await
            .create_token(&Scope::System, &role, &parse("never-made"), None)
            .await
            .expect_err("forbidden")
    };
    let error = create("auditor", "kargo-viewer").await;
    assert_eq!(
        error.to_string(),
        "You may not create secrets never-made in namespace kargo."
    );
    let error = create("project-admin", "kargo-viewer").await;
    assert_eq!(
        error.to_string(),
        "You may not get serviceaccounts kargo-viewer in namespace kargo."
    );
}

fn random() -> [u8; 5] {
    let mut bytes = [0; 5];
    getrandom::fill(&mut bytes).expect("randomness");
    bytes
}

#[tokio::test]
async fn a_namespace_that_is_no_project_has_no_roles() {
    let cluster = admin().await;
    let scope: Scope = "projects/kube-system".parse().expect("a scope");
    let role = "default".parse().expect("a name");
    let created = cluster
        .create_token(&scope, &role, &parse("never-made"), None)
        .await;
    for error in [
        created.expect_err("no project"),
        cluster.list_roles(&scope).await.expect_err("no project"),
    ] {
        assert!(matches!(error, Error::NotAProject(_)), "{error}");
    }
}

#[tokio::test]
async fn never_revives_a_value_that_was_deleted_a_moment_ago() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        project.cluster.delete_token(&handle).await.expect("gone");
        let before = project.versions().await;
        let again = async |lifetime| {
            project
                .cluster
                .create_token(&project.scope, &project.role, &old.name, lifetime)
                .await
        };
        let error = again(None).await.expect_err("its value would work again");
        assert!(matches!(error, Error::NameWasUsed(_)), "{error}");
        assert_eq!(project.versions().await, before);
        // An expiring one's value differs each time.
        let hour = jiff::SignedDuration::from_hours(1);
        again(Some(hour)).await.expect("another value");
    })
    .await;
}
