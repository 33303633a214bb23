//! Deleting a token.

use std::time::Duration;

use jiff::SignedDuration;
use kargo::{
    cluster::{Error, TokenLocation, time_until},
    problem::Kind,
    token::{TokenRef, TokenState, Uid},
};
use kube::ResourceExt;
use serde_json::json;

use super::support::{
    control_plane::until,
    deletions::HOUR,
    project::{in_a_project, parse},
};

#[tokio::test]
async fn a_deleted_value_is_refused_within_seconds() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        project.until_accepted(&value).await;
        project.delete(&token).await;
        assert_eq!(project.tokens().await, []);
        project.until_refused(&value).await;
    })
    .await;
}

#[tokio::test]
async fn one_of_two_concurrent_deletions_succeeds() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let (one, other) = futures::join!(project.try_delete(&token), project.try_delete(&token));
        assert!(one.is_ok() != other.is_ok(), "{one:?} {other:?}");
        let error = one.err().or(other.err()).expect("one of the two");
        assert!(matches!(error, Error::NoToken(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::NotFound);
    })
    .await;
}

#[tokio::test]
async fn another_token_of_the_same_name_is_not_deleted() {
    in_a_project(async |project| {
        let seen = project.create("ci").await;
        project
            .secrets()
            .delete("ci", &kube::api::DeleteParams::default())
            .await
            .expect("deleted by another tool");
        let error = project.try_delete(&seen).await.expect_err("gone");
        assert!(matches!(error, Error::NoToken(_)), "{error}");
        let other = project.create("ci").await;
        let error = project.try_delete(&seen).await.expect_err("another token");
        assert!(matches!(error, Error::Replaced(_)), "{error}");
        assert_eq!(project.token(&other.name).await.uid, other.uid);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_was_given_to_another_role_is_not_deleted() {
    in_a_project(async |project| {
        let seen = project.create("ci").await;
        // Kubernetes soon removes it, since the other role doesn't exist; a finalizer keeps it.
        project.hold(&seen).await;
        project
            .annotate(
                &seen,
                json!({ "kubernetes.io/service-account.name": "other" }),
            )
            .await;
        let result = project.try_delete(&seen).await;
        project.let_go(&seen).await;
        let error = result.expect_err("another role's");
        assert!(matches!(error, Error::OtherRole(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::Conflict);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_a_finalizer_keeps_is_reported() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        project.hold(&token).await;
        let result = project.try_delete(&token).await;
        let left = project.token(&token.name).await;
        project.until_refused(&value).await;
        project.let_go(&token).await;
        let error = result.expect_err("still there");
        assert!(matches!(error, Error::Terminating(_)), "{error}");
        assert!(left.is_terminating);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_kargo_would_not_delete_is_not_deleted() {
    in_a_project(async |project| {
        let label = json!({ "rbac.kargo.akuity.io/api-token": "true" });
        let managed = json!({ "rbac.kargo.akuity.io/managed": "true" });
        let unlabelled = project.add_token("unlabelled", json!({}), managed).await;
        let unmanaged = project.add_token("unmanaged", label, json!({})).await;
        for (token, lacks) in [(unlabelled, "label rbac"), (unmanaged, "annotation rbac")] {
            let before = project.versions().await;
            let error = project.try_delete(&token).await.expect_err("unmanaged");
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
async fn a_secret_that_is_no_token_is_not_deleted() {
    in_a_project(async |project| {
        let metadata = json!({
            "name": "password",
            "labels": { "rbac.kargo.akuity.io/api-token": "true" },
            "annotations": { "rbac.kargo.akuity.io/managed": "true", "kubernetes.io/service-account.name": "ci" },
        });
        let secret = project.add_password(metadata).await;
        let target = TokenRef {
            scope: project.scope.clone(),
            role: "ci".to_owned(),
            name: parse("password"),
            uid: Uid(secret.uid().expect("a UID")),
        };
        let error = project
            .cluster
            .delete_token(&target)
            .await
            .expect_err("no token");
        let location = TokenLocation {
            name: parse("password"),
            namespace: project.namespace.clone(),
        };
        assert!(
            matches!(&error, Error::NoToken(of) if *of == location),
            "{error}"
        );
        project.secret(&parse("password")).await;
    })
    .await;
}

#[tokio::test]
async fn a_deletion_begins_with_a_suspension_and_ends_when_it_is_due() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        let begun = project.begin_deletion(&token, HOUR).await;
        project.until_refused(&value).await;
        let TokenState::Deleting { until: end } = begun.state else {
            panic!("{begun:?}")
        };
        let now = project.now().await;
        assert!(time_until(end, now) <= HOUR && time_until(end, now) > HOUR / 2);
        assert_eq!(begun.delete_after, Some(end));
        assert_eq!(begun.suspension, None, "nobody suspended it on purpose");
        project.is_sound(&token.name).await;

        let before = project.versions().await;
        let error = project.try_finish(&token).await.expect_err("not due");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        let error = project
            .try_begin_deletion(&token, HOUR)
            .await
            .expect_err("begun already");
        assert!(
            matches!(error, Error::Deleting { until, .. } if until == end),
            "{error}"
        );
        let error = project
            .try_suspend(&token, "")
            .await
            .expect_err("begun already");
        assert!(matches!(error, Error::Deleting { .. }), "{error}");
        assert_eq!(project.versions().await, before);

        project.set_deletion_time(&token, &now.to_string()).await;
        project.try_finish(&token).await.expect("due");
        assert_eq!(project.tokens().await, []);
        let error = project.try_finish(&token).await.expect_err("gone");
        assert!(matches!(error, Error::NoToken(_)), "{error}");
    })
    .await;
}

#[tokio::test]
async fn a_running_program_finishes_a_deletion_unless_it_was_undone() {
    in_a_project(async |project| {
        let second = SignedDuration::from_secs(1);
        let (gone, kept) = (project.create("gone").await, project.create("kept").await);
        for token in [&gone, &kept] {
            project.begin_deletion(token, second).await;
        }
        project.restore(&kept).await;
        // `kept` is first, so that its turn is over when `gone` is gone.
        for token in [&kept, &gone] {
            tokio::spawn(
                project
                    .cluster
                    .clone()
                    .finish_when_due(project.token_ref(token), second),
            );
        }
        until(Duration::from_secs(10), "one is deleted", async || {
            !project.has(&gone).await
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
async fn lifting_the_suspension_calls_a_deletion_off() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let marks = project.marks(&token.name).await;
        project.begin_due_deletion(&token).await;
        project.lift_suspension(&token).await;

        let error = project.try_finish(&token).await.expect_err("lifted");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        let lifted = project.token(&token.name).await;
        assert_eq!(lifted.state, TokenState::Unrevealed);
        assert!(lifted.delete_after.is_some());
        let restored = project.restore(&token).await;
        assert_eq!(restored.delete_after, None);
        assert_eq!(project.marks(&token.name).await, marks);
    })
    .await;
}
