//! Suspending a token.

use std::time::Duration;

use jiff::SignedDuration;
use kargo::{
    cluster::Error,
    problem::Kind,
    scope::Scope,
    token::{Did, TokenHandle, TokenState, Uid, day},
};
use serde_json::json;

use super::{
    control_plane::until,
    project::{claim, in_a_project, parse, text},
    scripted::{Answer, Scripted},
};

#[tokio::test]
async fn has_the_value_refused_within_seconds_and_notes_why() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        project.until_accepted(&value).await;
        until(
            Duration::from_secs(5),
            "Kubernetes notes the use",
            async || project.token(&token.name).await.last_used.is_some(),
        )
        .await;

        let reason = text("found in a log\n(twice)");
        let suspended = project
            .cluster
            .suspend_token(&project.handle(&token), &reason)
            .await
            .expect("suspended");
        let suspension = suspended.suspension.clone().expect("it is noted");
        let since = day(suspension.at);
        assert_eq!(
            suspended.state,
            TokenState::Suspended {
                since: since.clone()
            }
        );
        assert_eq!(
            (suspension.by.as_str(), suspension.reason.as_str()),
            ("admin@local", reason.as_str())
        );
        assert_eq!(suspension.last_used, Some(since));
        assert!(!suspended.was_tried_since_suspension());
        project.is_sound(&token.name).await;

        let history = project.history(&token.name).await;
        let last = history.last().expect("an act");
        assert_eq!(
            (last.did, last.about.as_str()),
            (Did::Suspended, reason.as_str())
        );
        let error = project
            .reveal(&token, &claim())
            .await
            .expect_err("no reveal");
        assert!(matches!(error, Error::Suspended(_)), "{error}");
        project.until_refused(&value).await;
    })
    .await;
}

#[tokio::test]
async fn happens_once() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = project.handle(&token);
        let suspend = async || project.cluster.suspend_token(&handle, &text("")).await;
        suspend().await.expect("suspended");
        let before = project.versions().await;
        let error = suspend().await.expect_err("it is");
        assert!(matches!(error, Error::AlreadySuspended(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::Conflict);
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn is_not_for_a_token_that_expires() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let handle = project.handle(&token);
        let before = project.versions().await;
        for error in [
            project
                .cluster
                .suspend_token(&handle, &text(""))
                .await
                .expect_err("refused"),
            project
                .cluster
                .begin_deletion(&handle, SignedDuration::ZERO)
                .await
                .expect_err("refused"),
        ] {
            assert!(matches!(error, Error::CanNotBeSuspended(_)), "{error}");
        }
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn is_not_offered_by_a_cluster_that_ignores_it() {
    let server = Scripted::answering(|line, _| match line {
        "GET /version" => Answer::ok(&json!({ "major": "1", "minor": "28+" })),
        other => panic!("{other}: nothing else is asked, and nothing written"),
    })
    .await;
    let handle = TokenHandle {
        scope: Scope::System,
        role: "ci".to_owned(),
        name: parse("token"),
        uid: Uid("u".to_owned()),
    };
    for error in [
        server
            .cluster
            .suspend_token(&handle, &text(""))
            .await
            .expect_err("too old"),
        server
            .cluster
            .begin_deletion(&handle, SignedDuration::ZERO)
            .await
            .expect_err("too old"),
    ] {
        assert!(matches!(error, Error::TooOld), "{error}");
    }
    assert_eq!(server.seen("GET /version").len(), 1, "asked once");
}

#[tokio::test]
async fn shows_who_tries_it_afterwards() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let suspended = project
            .cluster
            .suspend_token(&project.handle(&token), &text(""))
            .await
            .expect("suspended");
        assert!(!suspended.was_tried_since_suspension());
        // The API server notes a try although it refuses it.
        let value = project.stored_value(&token.name).await;
        project.until_refused(&value).await;
        until(
            Duration::from_secs(5),
            "Kubernetes notes the try",
            async || {
                project
                    .token(&token.name)
                    .await
                    .was_tried_since_suspension()
            },
        )
        .await;

        let today = day(suspended.suspension.expect("noted").at);
        let used = async |last_used: &str| {
            let label = json!({ "labels": { "kubernetes.io/legacy-token-last-used": last_used } });
            project.edit(&token.name, label).await;
            project
                .token(&token.name)
                .await
                .was_tried_since_suspension()
        };
        assert!(used(&today).await);
        assert!(used("2999-01-01").await);
        assert!(!used("2026-01-01").await, "before");
    })
    .await;
}

#[tokio::test]
async fn does_not_continue_a_deletion_that_was_stopped() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = project.handle(&token);
        let begun = project
            .cluster
            .begin_deletion(&handle, SignedDuration::ZERO)
            .await;
        begun.expect("begun, and due at once");
        // With kubectl, say.
        let label = json!({ "labels": { "kubernetes.io/legacy-token-invalid-since": null } });
        project.edit(&token.name, label).await;
        let suspended = project
            .cluster
            .suspend_token(&handle, &text(""))
            .await
            .expect("suspended");
        assert!(
            matches!(suspended.state, TokenState::Suspended { .. }),
            "{suspended:?}"
        );
        project.is_sound(&token.name).await;
        let error = project
            .cluster
            .finish_token(&handle)
            .await
            .expect_err("stopped");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
    })
    .await;
}
