//! Deleting a token.

use std::time::Duration;

use jiff::SignedDuration;
use k8s_openapi::api::core::v1::Secret;
use kargo::{
    cluster::{Error, TokenAt, time_until},
    problem::Kind,
    token::{TokenHandle, TokenState, Uid},
};
use kube::ResourceExt;
use serde_json::json;

use super::{
    control_plane::until,
    project::{in_a_project, parse, text},
};

#[tokio::test]
async fn ends_the_value_within_seconds() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        project.until_accepted(&value).await;
        project
            .cluster
            .delete_token(&token.handle(&project.scope))
            .await
            .expect("deleted");
        assert_eq!(project.tokens().await, []);
        project.until_refused(&value).await;
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
        // Kubernetes removes it soon, since the other role isn't there; a finalizer keeps it in sight.
        let other = json!({ "kubernetes.io/service-account.name": "other" });
        let held = json!({ "annotations": other, "finalizers": ["kargo-tokens/test"] });
        project.edit(&seen.name, held).await;
        let result = project.cluster.delete_token(&project.handle(&seen)).await;
        project
            .edit(&seen.name, json!({ "finalizers": null }))
            .await;
        let error = result.expect_err("another role's");
        assert!(matches!(error, Error::OtherRole(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn says_so_where_a_finalizer_keeps_it() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        let held = json!({ "finalizers": ["kargo-tokens/test"] });
        project.edit(&token.name, held).await;
        let result = project.cluster.delete_token(&project.handle(&token)).await;
        let left = project.token(&token.name).await;
        project.until_refused(&value).await;
        project
            .edit(&token.name, json!({ "finalizers": null }))
            .await;
        let error = result.expect_err("it is still there");
        assert!(matches!(error, Error::Terminating(_)), "{error}");
        assert!(left.is_terminating);
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

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn begins_with_a_suspension_and_ends_when_it_is_due() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = project.handle(&token);
        let value = project.stored_value(&token.name).await;
        let begun = project
            .cluster
            .begin_deletion(&handle, HOUR)
            .await
            .expect("begun");
        project.until_refused(&value).await;
        let TokenState::Deleting { until: end } = begun.state else {
            panic!("{begun:?}")
        };
        let page = project
            .cluster
            .list_tokens(&project.scope, 1, None)
            .await
            .expect("a list");
        assert!(time_until(end, page.now) <= HOUR && time_until(end, page.now) > HOUR / 2);
        assert_eq!(begun.delete_after, Some(end));
        assert_eq!(begun.suspension, None, "nobody suspended it on purpose");
        project.is_sound(&token.name).await;

        let before = project.versions().await;
        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("not due");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        let error = project
            .cluster
            .begin_deletion(&handle, HOUR)
            .await
            .expect_err("begun already");
        assert!(
            matches!(error, Error::Deleting { until, .. } if until == end),
            "{error}"
        );
        let error = project
            .cluster
            .suspend_token(&handle, &text(""))
            .await
            .expect_err("begun already");
        assert!(matches!(error, Error::Deleting { .. }), "{error}");
        assert_eq!(project.versions().await, before);

        let due = json!({ "annotations": { "kargo-tokens/delete-after": page.now.to_string() } });
        project.edit(&token.name, due).await;
        project.cluster.finish_token(&handle).await.expect("due");
        assert_eq!(project.tokens().await, []);
        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("gone");
        assert!(matches!(error, Error::NoToken(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn is_finished_later_unless_it_was_undone() {
    in_a_project(async |project| {
        let second = SignedDuration::from_secs(1);
        let (gone, kept) = (project.create("gone").await, project.create("kept").await);
        for token in [&gone, &kept] {
            let handle = project.handle(token);
            project
                .cluster
                .begin_deletion(&handle, second)
                .await
                .expect("begun");
        }
        project
            .cluster
            .restore_token(&project.handle(&kept), false)
            .await
            .expect("undone");
        // `kept` is first, so that its turn is over when `gone` is gone.
        for token in [&kept, &gone] {
            project.cluster.finish_later(project.handle(token), second);
        }
        until(Duration::from_secs(10), "the one is deleted", async || {
            !project.has(&gone.name).await
        })
        .await;
        assert_eq!(
            project.token(&kept.name).await.state,
            TokenState::Unrevealed
        );
    })
    .await;
}

#[tokio::test]
async fn spares_a_token_whose_suspension_somebody_has_lifted() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = project.handle(&token);
        let notes = project.notes(&token.name).await;
        project
            .cluster
            .begin_deletion(&handle, SignedDuration::ZERO)
            .await
            .expect("begun");
        let label = json!({ "labels": { "kubernetes.io/legacy-token-invalid-since": null } });
        project.edit(&token.name, label).await;

        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("lifted");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        let lifted = project.token(&token.name).await;
        assert_eq!(lifted.state, TokenState::Unrevealed);
        assert!(lifted.delete_after.is_some());
        let cleared = project
            .cluster
            .restore_token(&handle, false)
            .await
            .expect("cleared");
        assert_eq!(cleared.delete_after, None);
        assert_eq!(project.notes(&token.name).await, notes);
    })
    .await;
}
