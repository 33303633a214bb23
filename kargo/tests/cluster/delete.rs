//! Deleting a token.

use std::time::Duration;

use k8s_openapi::api::core::v1::Secret;
use kargo::{
    cluster::{Error, TokenAt},
    problem::Kind,
    token::{TokenHandle, Uid},
};
use kube::ResourceExt;
use serde_json::json;

use super::{
    control_plane::until,
    project::{in_a_project, parse},
};

#[tokio::test]
async fn ends_the_value_within_seconds() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        assert!(project.accepts(&value).await);
        project
            .cluster
            .delete_token(&token.handle(&project.scope))
            .await
            .expect("deleted");
        assert_eq!(project.tokens().await, []);
        until(
            Duration::from_secs(15),
            "the value is refused",
            async || !project.accepts(&value).await,
        )
        .await;
    })
    .await;
}

#[tokio::test]
async fn happens_once_when_two_do_it_at_once() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = token.handle(&project.scope);
        let delete = || project.cluster.delete_token(&handle);
        let (one, other) = futures::join!(delete(), delete());
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let error = one.err().or(other.err()).expect("one of the two");
        assert!(matches!(error, Error::NoToken(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn spares_another_token_of_the_same_name() {
    in_a_project(async |project| {
        let seen = project.create("ci").await;
        project
            .secrets()
            .delete("ci", &kube::api::DeleteParams::default())
            .await
            .expect("deleted by somebody");
        let error = project
            .cluster
            .delete_token(&seen.handle(&project.scope))
            .await
            .expect_err("gone");
        assert!(matches!(error, Error::NoToken(_)), "{error}");
        let other = project.create("ci").await;
        let error = project
            .cluster
            .delete_token(&seen.handle(&project.scope))
            .await
            .expect_err("another one");
        assert!(matches!(error, Error::Replaced(_)), "{error}");
        assert_eq!(project.token(&other.name).await.uid, other.uid);
    })
    .await;
}

#[tokio::test]
async fn spares_a_token_that_was_given_to_another_role() {
    in_a_project(async |project| {
        let seen = project.create("ci").await;
        project
            .edit(
                &seen.name,
                json!({ "annotations": { "kubernetes.io/service-account.name": "other" } }),
            )
            .await;
        let error = project
            .cluster
            .delete_token(&seen.handle(&project.scope))
            .await
            .expect_err("another role's");
        assert!(matches!(error, Error::OtherRole(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn spares_what_kargo_would_not_delete() {
    in_a_project(async |project| {
        let label = json!({ "rbac.kargo.akuity.io/api-token": "true" });
        let managed = json!({ "rbac.kargo.akuity.io/managed": "true" });
        let unlabelled = project.add_token("unlabelled", json!({}), managed).await;
        let unmanaged = project.add_token("unmanaged", label, json!({})).await;
        for (token, lacks) in [(unlabelled, "label rbac"), (unmanaged, "annotation rbac")] {
            let before = project.versions().await;
            let error = project
                .cluster
                .delete_token(&token.handle(&project.scope))
                .await
                .expect_err("unmanaged");
            assert!(
                matches!(&error, Error::Unmanaged { missing, .. } if missing.len() == 1),
                "{error}"
            );
            assert!(error.to_string().contains(lacks), "{error}");
            assert_eq!(project.versions().await, before);
        }
    })
    .await;
}

#[tokio::test]
async fn spares_secrets_that_are_no_tokens() {
    in_a_project(async |project| {
        let metadata = json!({
            "name": "password",
            "labels": { "rbac.kargo.akuity.io/api-token": "true" },
            "annotations": { "rbac.kargo.akuity.io/managed": "true", "kubernetes.io/service-account.name": "ci" },
        });
        let secret: Secret = project.add(json!({ "metadata": metadata })).await;
        let uid = Uid(secret.uid().expect("a UID"));
        let handle = TokenHandle { scope: project.scope.clone(), role: "ci".to_owned(), name: parse("password"), uid };
        let error = project.cluster.delete_token(&handle).await.expect_err("no token");
        let at = TokenAt { name: parse("password"), namespace: project.namespace.clone() };
        assert!(matches!(&error, Error::NoToken(of) if *of == at), "{error}");
        project.secret(&parse("password")).await;
    })
    .await;
}
