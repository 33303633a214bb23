//! Retiring the old token of a rotation.

use std::time::Duration;

use jiff::SignedDuration;
use kargo::{
    cluster::Error,
    token::{Did, TokenState},
};
use serde_json::json;

use super::{
    control_plane::until,
    project::{in_a_project, text},
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

#[tokio::test]
async fn keeps_the_old_one_working_until_it_is_due() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        let value = project.stored_value(&old.name).await;
        project.succeed(&old).await;
        let retiring = project
            .cluster
            .retire_token(&handle, Some(HOUR))
            .await
            .expect("retiring");
        assert!(retiring.retire_after.is_some());
        project.until_accepted(&value).await;
        project.is_sound(&old.name).await;
        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("not due");
        assert!(matches!(error, Error::NotDue(_)), "{error}");

        project
            .cluster
            .retire_token(&handle, Some(SignedDuration::ZERO))
            .await
            .expect("retiring sooner");
        project.cluster.finish_token(&handle).await.expect("due");
        assert!(!project.has(&old.name).await);
        project.until_refused(&value).await;
    })
    .await;
}

#[tokio::test]
async fn can_be_called_off() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        project.succeed(&old).await;
        let retire = async |overlap| {
            project
                .cluster
                .retire_token(&handle, overlap)
                .await
                .expect("changed")
                .retire_after
        };
        assert!(retire(Some(SignedDuration::ZERO)).await.is_some());
        assert_eq!(retire(None).await, None);
        let before = project.versions().await;
        assert_eq!(retire(None).await, None, "to say so twice is no error");
        assert_eq!(project.versions().await, before);
        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("called off");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        let did = project.did(&old.name).await;
        assert_eq!(
            did,
            [Did::Created, Did::Replaced, Did::Retiring, Did::Retiring]
        );
    })
    .await;
}

#[tokio::test]
async fn needs_a_successor() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let before = project.versions().await;
        let error = project
            .cluster
            .retire_token(&project.handle(&old), Some(HOUR))
            .await
            .expect_err("alone");
        assert!(matches!(error, Error::NoSuccessor(_)), "{error}");
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn finds_a_successor_that_could_not_be_noted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        let new = project.succeed(&old).await;
        // As if recreating had been interrupted.
        project
            .edit(
                &old.name,
                json!({ "annotations": { "kargo-tokens/replaced-by": null } }),
            )
            .await;
        let retiring = project
            .cluster
            .retire_token(&handle, Some(HOUR))
            .await
            .expect("retiring");
        assert_eq!(retiring.replaced_by, Some(new.name));
        assert!(retiring.retire_after.is_some());
    })
    .await;
}

#[tokio::test]
async fn waits_for_a_deletion_that_can_still_be_undone() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        project.succeed(&old).await;
        project
            .cluster
            .retire_token(&handle, Some(SignedDuration::ZERO))
            .await
            .expect("retiring");
        project
            .cluster
            .begin_deletion(&handle, HOUR)
            .await
            .expect("begun");
        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("being deleted");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        let error = project
            .cluster
            .retire_token(&handle, Some(HOUR))
            .await
            .expect_err("being deleted");
        assert!(matches!(error, Error::Deleting { .. }), "{error}");
        // Restored, it is not deleted at once because its overlap has ended meanwhile.
        let restored = project
            .cluster
            .restore_token(&handle, false)
            .await
            .expect("undone");
        assert_eq!(restored.retire_after, None);
        // Suspended, it retires all the same.
        let suspended = project
            .cluster
            .suspend_token(&handle, &text(""))
            .await
            .expect("suspended");
        assert!(matches!(suspended.state, TokenState::Suspended { .. }));
        project
            .cluster
            .retire_token(&handle, Some(SignedDuration::ZERO))
            .await
            .expect("retiring");
        project.cluster.finish_token(&handle).await.expect("due");
    })
    .await;
}

#[tokio::test]
async fn spares_the_last_one_that_works() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        let new = project.succeed(&old).await;
        project
            .cluster
            .retire_token(&handle, Some(SignedDuration::ZERO))
            .await
            .expect("retiring");
        let new = project.handle(&new);
        project
            .cluster
            .suspend_token(&new, &text(""))
            .await
            .expect("suspended");
        let finish = async || {
            let finished = project.cluster.finish_token(&handle).await;
            finished.expect_err("the last one")
        };
        assert!(matches!(finish().await, Error::SuccessorGone(_)));
        project.cluster.delete_token(&new).await.expect("deleted");
        assert!(matches!(finish().await, Error::SuccessorGone(_)));
        assert!(project.has(&old.name).await);
    })
    .await;
}

#[tokio::test]
async fn ends_by_itself_while_the_program_runs() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        project.succeed(&old).await;
        let second = SignedDuration::from_secs(1);
        let retiring = project.cluster.retire_token(&handle, Some(second)).await;
        retiring.expect("retiring");
        project.cluster.finish_later(handle, second);
        until(Duration::from_secs(20), "it is deleted", async || {
            !project.has(&old.name).await
        })
        .await;
    })
    .await;
}
