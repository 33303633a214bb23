//! Creating a token.

use kargo::{
    cluster::Error,
    name::TokenName,
    problem::Kind,
    scope::Scope,
    token::{Notes, Reveal, TokenState},
};
use kube::ResourceExt;
use serde_json::{Value as Json, json};

use super::support::{
    control_plane::{admin, user},
    deletions::HOUR,
    project::{in_a_project, parse, text, unique_name},
};

#[tokio::test]
async fn a_new_secret_is_what_kargo_writes_plus_our_annotations() {
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
async fn the_role_owns_its_token() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let owner = &project.secret(&token.name).await.owner_references()[0].clone();
        let role = project
            .service_accounts()
            .get("ci")
            .await
            .expect("the role");
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
async fn a_rehearsal_has_the_answer_of_the_creation_and_writes_nothing() {
    in_a_project(async |project| {
        let (cluster, scope) = (&project.cluster, &project.scope);
        let notes = Notes {
            note: text("deploys the shop"),
            contact: text("#shop"),
        };
        let name = parse("ci");
        let rehearse = async |role: &str, lifetime| {
            let role = role.parse().expect("a name");
            let rehearsed = cluster.rehearse_creation(scope, &role, &name, lifetime, &notes);
            rehearsed.await
        };
        for lifetime in [None, Some(HOUR)] {
            rehearse("ci", lifetime)
                .await
                .expect("nothing is against it");
        }
        let (all, _) = cluster.list_all_tokens(scope).await.expect("a list");
        assert!(all.is_empty(), "{all:?}");
        let creating = cluster.create_token(scope, &project.role, &name, None, &notes);
        let created = creating.await.expect("a new token").token;
        assert_eq!(
            (created.note.as_deref(), created.contact.as_deref()),
            (Some("deploys the shop"), Some("#shop"))
        );
        let taken = rehearse("ci", None).await;
        assert!(matches!(taken, Err(Error::NameTaken(_))), "{taken:?}");
        let no_role = rehearse("nobody", None).await;
        assert!(matches!(no_role, Err(Error::NoRole { .. })), "{no_role:?}");
    })
    .await;
}

#[tokio::test]
async fn a_new_token_waits_for_its_creators_reveal() {
    in_a_project(async |project| {
        let created = project
            .cluster
            .create_token(
                &project.scope,
                &project.role,
                &parse("ci"),
                None,
                &Notes::default(),
            )
            .await
            .expect("a new token");
        assert!(!created.resource_version.is_empty());
        let token = created.token;
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
async fn the_longest_name_is_accepted_and_impossible_ones_are_not() {
    in_a_project(async |project| {
        let longest = "a".repeat(253);
        assert_eq!(project.create(&longest).await.name.as_str(), longest);
        // None of these is a name, so no request can contain it.
        for impossible in ["a".repeat(254).as_str(), "", "A_b", "../x", "🔑"] {
            assert!(impossible.parse::<TokenName>().is_err(), "{impossible}");
        }
    })
    .await;
}

#[tokio::test]
async fn a_taken_name_is_refused_and_its_secret_stays() {
    in_a_project(async |project| {
        project.add_password(json!({ "name": "password" })).await;
        project.create("token").await;
        let before = project.versions().await;
        for name in ["password", "token"] {
            let error = project.try_create(name, None).await.expect_err("taken");
            assert!(
                matches!(&error, Error::NameTaken(location) if location.name.as_str() == name),
                "{error}"
            );
            assert_eq!(error.problem().kind, Kind::Conflict);
        }
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn one_of_two_concurrent_creations_gets_the_name() {
    in_a_project(async |project| {
        let create = || project.try_create("ci", None);
        let (one, other) = futures::join!(create(), create());
        let (created, refused) = if one.is_ok() {
            (one, other)
        } else {
            (other, one)
        };
        let created = created.expect("one of the two");
        let refused = refused.expect_err("the other one");
        assert!(matches!(refused, Error::NameTaken(_)), "{refused}");
        assert_eq!(project.token(&parse("ci")).await.uid, created.uid);
    })
    .await;
}

#[tokio::test]
async fn a_role_that_does_not_exist_is_refused() {
    in_a_project(async |project| {
        let role = "nobody".parse().expect("a name");
        let error = project
            .cluster
            .create_token(&project.scope, &role, &parse("ci"), None, &Notes::default())
            .await
            .expect_err("no role");
        assert!(matches!(error, Error::NoRole { .. }), "{error}");
        assert_eq!(error.problem().kind, Kind::NotFound);
        assert_eq!(project.versions().await, []);
    })
    .await;
}

#[tokio::test]
async fn no_token_is_made_for_kargos_own_service_accounts() {
    let admin = user("admin").await;
    let role = "kargo-management-controller".parse().expect("a name");
    let name = unique_name();
    // Nor through a project of the system namespace's name.
    for scope in [
        Scope::System,
        Scope::Project("kargo".parse().expect("a name")),
    ] {
        let error = admin
            .create_token(&scope, &role, &name, None, &Notes::default())
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
    let role = "kargo-viewer".parse().expect("a name");
    let created = admin
        .create_token(
            &Scope::System,
            &role,
            &unique_name(),
            None,
            &Notes::default(),
        )
        .await
        .expect("a token");
    let token = created.token;
    assert_eq!(token.created_by.as_deref(), Some("admin@example.com"));
    admin
        .delete_token(&token.token_ref(&Scope::System))
        .await
        .expect("deleted");
}

#[tokio::test]
async fn a_refusal_names_the_missing_right() {
    let create = async |user_name, role: &str| {
        let role = role.parse().expect("a name");
        user(user_name)
            .await
            .create_token(
                &Scope::System,
                &role,
                &parse("never-made"),
                None,
                &Notes::default(),
            )
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

#[tokio::test]
async fn a_namespace_that_is_no_project_has_no_roles() {
    let cluster = admin().await;
    let scope: Scope = "projects/kube-system".parse().expect("a scope");
    let role = "default".parse().expect("a name");
    let created = cluster
        .create_token(&scope, &role, &parse("never-made"), None, &Notes::default())
        .await;
    for error in [
        created.expect_err("no project"),
        cluster.list_roles(&scope).await.expect_err("no project"),
    ] {
        assert!(matches!(error, Error::NotAProject(_)), "{error}");
    }
}

#[tokio::test]
async fn a_recently_deleted_value_is_not_revived() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.delete(&old).await;
        let before = project.versions().await;
        let error = project
            .try_create("ci", None)
            .await
            .expect_err("the old value would work again");
        assert!(matches!(error, Error::NameWasUsed(_)), "{error}");
        assert_eq!(project.versions().await, before);
        // The value of an expiring token differs each time.
        project
            .try_create("ci", Some(HOUR))
            .await
            .expect("another value");
    })
    .await;
}
