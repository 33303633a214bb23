//! Retiring the old token of a rotation.

use std::time::Duration;

use jiff::SignedDuration;
use kargo::{
    cluster::Error,
    token::{HistoryAction, TokenState},
};

use super::support::{control_plane::until, deletions::HOUR, project::in_a_project};

#[tokio::test]
async fn a_retiring_token_works_until_it_is_due() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let value = project.stored_value(&old.name).await;
        project.succeed(&old).await;
        let retiring = project.retire(&old, Some(HOUR)).await;
        assert!(retiring.retire_after.is_some());
        project.until_accepted(&value).await;
        project.is_sound(&old.name).await;
        let error = project.try_finish(&old).await.expect_err("not due");
        assert!(matches!(error, Error::NotDue(_)), "{error}");

        project.retire_now(&old).await;
        project.try_finish(&old).await.expect("due");
        assert!(!project.has(&old).await);
        project.until_refused(&value).await;
    })
    .await;
}

#[tokio::test]
async fn a_retirement_can_be_called_off() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.succeed(&old).await;
        assert!(project.retire_now(&old).await.retire_after.is_some());
        assert_eq!(project.retire(&old, None).await.retire_after, None);
        let before = project.versions().await;
        assert_eq!(
            project.retire(&old, None).await.retire_after,
            None,
            "calling it off twice is no error"
        );
        assert_eq!(project.versions().await, before);
        let error = project.try_finish(&old).await.expect_err("called off");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        assert_eq!(
            project.actions(&old.name).await,
            [
                HistoryAction::Created,
                HistoryAction::Replaced,
                HistoryAction::Retiring,
                HistoryAction::Retiring
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn a_token_without_a_successor_does_not_retire() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let before = project.versions().await;
        let error = project
            .try_retire(&old, Some(HOUR))
            .await
            .expect_err("alone");
        assert!(matches!(error, Error::NoSuccessor(_)), "{error}");
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn retiring_finds_a_successor_that_could_not_be_recorded() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let new = project.succeed(&old).await;
        project.forget_successor(&old).await;
        let retiring = project.retire(&old, Some(HOUR)).await;
        assert_eq!(retiring.replaced_by, Some(new.name));
        assert!(retiring.retire_after.is_some());
    })
    .await;
}

#[tokio::test]
async fn a_retirement_waits_for_a_deletion_that_can_still_be_undone() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.succeed(&old).await;
        project.retire_now(&old).await;
        project.begin_deletion(&old, HOUR).await;
        let error = project.try_finish(&old).await.expect_err("being deleted");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
        let error = project
            .try_retire(&old, Some(HOUR))
            .await
            .expect_err("being deleted");
        assert!(matches!(error, Error::Deleting { .. }), "{error}");
        // The overlap has ended meanwhile; the restored token is not deleted because of that.
        let restored = project.restore(&old).await;
        assert_eq!(restored.retire_after, None);
        // A suspended token retires like any other.
        let suspended = project.suspend(&old, "").await;
        assert!(matches!(suspended.state, TokenState::Suspended { .. }));
        project.retire_now(&old).await;
        project.try_finish(&old).await.expect("due");
    })
    .await;
}

#[tokio::test]
async fn the_last_working_token_is_not_deleted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let new = project.succeed(&old).await;
        project.retire_now(&old).await;
        project.suspend(&new, "").await;
        let finish = async || project.try_finish(&old).await.expect_err("the last one");
        assert!(matches!(finish().await, Error::SuccessorGone(_)));
        project.delete(&new).await;
        assert!(matches!(finish().await, Error::SuccessorGone(_)));
        assert!(project.has(&old).await);
    })
    .await;
}

#[tokio::test]
async fn a_running_program_finishes_a_retirement_by_itself() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.succeed(&old).await;
        let second = SignedDuration::from_secs(1);
        project.retire(&old, Some(second)).await;
        tokio::spawn(
            project
                .cluster
                .clone()
                .finish_when_due(project.token_ref(&old), second),
        );
        until(
            Duration::from_secs(20),
            "the token is deleted",
            async || !project.has(&old).await,
        )
        .await;
    })
    .await;
}
