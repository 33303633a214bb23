//! Restoring a token: undoing its suspension, or its deletion.

use jiff::SignedDuration;
use kargo::{
    cluster::Error,
    problem::Kind,
    token::{Did, TokenState},
};
use serde_json::{Value as Json, json};

use super::project::{in_a_project, text};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

fn label(since: Option<&str>) -> Json {
    json!({ "labels": { "kubernetes.io/legacy-token-invalid-since": since } })
}

#[tokio::test]
async fn has_the_value_accepted_again_at_once() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = project.handle(&token);
        let before = project.notes(&token.name).await;
        let value = project.stored_value(&token.name).await;
        project
            .cluster
            .suspend_token(&handle, &text("a mistake"))
            .await
            .expect("suspended");
        project.until_refused(&value).await;
        let restored = project
            .cluster
            .restore_token(&handle, false)
            .await
            .expect("restored");
        project.until_accepted(&value).await;
        assert_eq!(
            (restored.state, restored.suspension),
            (TokenState::Unrevealed, None)
        );
        assert_eq!(
            project.notes(&token.name).await,
            before,
            "nothing is left of it"
        );
        let did = project.did(&token.name).await;
        assert_eq!(did, [Did::Created, Did::Suspended, Did::Restored]);
    })
    .await;
}

#[tokio::test]
async fn of_a_deletion_brings_back_exactly_what_was_there() {
    in_a_project(async |project| {
        for (name, since) in [
            ("active", None),
            ("by-kubectl", Some("2026-01-02")),
            ("with-reason", Some("2026-01-02")),
        ] {
            let token = project.create(name).await;
            let handle = project.handle(&token);
            if name == "with-reason" {
                project
                    .cluster
                    .suspend_token(&handle, &text("a reason"))
                    .await
                    .expect("suspended");
            }
            project.edit(&token.name, label(since)).await;
            let (summary, notes) = (
                project.token(&token.name).await,
                project.notes(&token.name).await,
            );

            let begun = project
                .cluster
                .begin_deletion(&handle, HOUR)
                .await
                .expect("begun");
            assert!(
                matches!(begun.state, TokenState::Deleting { .. }),
                "{begun:?}"
            );
            project.is_sound(&token.name).await;
            let undone = project
                .cluster
                .restore_token(&handle, false)
                .await
                .expect("undone");
            assert_eq!(undone, summary, "{name}");
            assert_eq!(project.notes(&token.name).await, notes, "{name}");
            let did = project.did(&token.name).await;
            assert!(
                did.ends_with(&[Did::DeletionBegun, Did::DeletionUndone]),
                "{did:?}"
            );
        }
    })
    .await;
}

#[tokio::test]
async fn needs_something_to_undo() {
    in_a_project(async |project| {
        let tokens = [
            project.create("ci").await,
            project.create_expiring("expiring").await,
        ];
        let before = project.versions().await;
        for token in tokens {
            let error = project
                .cluster
                .restore_token(&project.handle(&token), false)
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
async fn clears_what_is_left_of_a_suspension_that_was_lifted_with_other_tools() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = project.handle(&token);
        let before = project.notes(&token.name).await;
        project
            .cluster
            .suspend_token(&handle, &text("a reason"))
            .await
            .expect("suspended");
        project.edit(&token.name, label(None)).await;
        let restored = project
            .cluster
            .restore_token(&handle, false)
            .await
            .expect("cleared");
        assert_eq!(restored.suspension, None);
        assert_eq!(project.notes(&token.name).await, before);
    })
    .await;
}
