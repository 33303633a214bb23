//! Restoring a token: undoing its suspension, or its deletion.

use kargo::{
    cluster::Error,
    problem::Kind,
    token::{HistoryAction, TokenState},
};

use super::support::{deletions::HOUR, project::in_a_project};

#[tokio::test]
async fn a_restored_value_is_accepted_at_once() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let before = project.marks(&token.name).await;
        let value = project.stored_value(&token.name).await;
        project.suspend(&token, "a mistake").await;
        project.until_refused(&value).await;
        let restored = project.restore(&token).await;
        project.until_accepted(&value).await;
        assert_eq!(
            (restored.state, restored.suspension),
            (TokenState::Unrevealed, None)
        );
        assert_eq!(project.marks(&token.name).await, before, "nothing is left");
        assert_eq!(
            project.actions(&token.name).await,
            [
                HistoryAction::Created,
                HistoryAction::Suspended,
                HistoryAction::Restored
            ]
        );
    })
    .await;
}

#[tokio::test]
async fn undoing_a_deletion_restores_exactly_the_state_before() {
    in_a_project(async |project| {
        for (name, since) in [
            ("active", None),
            ("by-kubectl", Some("2026-01-02")),
            ("with-reason", Some("2026-01-02")),
        ] {
            let token = project.create(name).await;
            if name == "with-reason" {
                project.suspend(&token, "a reason").await;
            }
            project.set_suspension_label(&token, since).await;
            let (summary, marks) = (
                project.token(&token.name).await,
                project.marks(&token.name).await,
            );

            let begun = project.begin_deletion(&token, HOUR).await;
            assert!(
                matches!(begun.state, TokenState::Deleting { .. }),
                "{begun:?}"
            );
            project.is_sound(&token.name).await;
            let undone = project.restore(&token).await;
            assert_eq!(undone, summary, "{name}");
            assert_eq!(project.marks(&token.name).await, marks, "{name}");
            let actions = project.actions(&token.name).await;
            assert!(
                actions.ends_with(&[HistoryAction::DeletionBegun, HistoryAction::DeletionUndone]),
                "{actions:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn a_token_with_nothing_to_undo_is_not_restored() {
    in_a_project(async |project| {
        let tokens = [
            project.create("ci").await,
            project.create_expiring("expiring").await,
        ];
        let before = project.versions().await;
        for token in tokens {
            let error = project
                .try_restore(&token, false)
                .await
                .expect_err("nothing to undo");
            assert!(matches!(error, Error::NotSuspended(_)), "{error}");
            assert_eq!(error.problem().kind, Kind::Conflict);
        }
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn restoring_removes_the_record_of_a_suspension_that_another_tool_lifted() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let before = project.marks(&token.name).await;
        project.suspend(&token, "a reason").await;
        project.lift_suspension(&token).await;
        let restored = project.restore(&token).await;
        assert_eq!(restored.suspension, None);
        assert_eq!(project.marks(&token.name).await, before);
    })
    .await;
}
