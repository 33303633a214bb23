//! Suspending a token.

use std::time::Duration;

use jiff::SignedDuration;
use kargo::{
    cluster::Error,
    problem::Kind,
    scope::Scope,
    token::{HistoryAction, TokenRef, TokenState, Uid, day},
};
use serde_json::json;

use super::support::{
    control_plane::until,
    project::{claim, in_a_project, parse, text},
    scripted::{Answer, Scripted},
};

#[tokio::test]
async fn a_suspended_value_is_refused_within_seconds_and_the_reason_recorded() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        project.until_accepted(&value).await;
        until(
            Duration::from_secs(5),
            "Kubernetes records the use",
            async || project.token(&token.name).await.last_used.is_some(),
        )
        .await;

        let reason = "found in a log\n(twice)";
        let suspended = project
            .try_suspend(&token, reason)
            .await
            .expect("suspended");
        assert_eq!(suspended.token, project.token(&token.name).await);
        let suspended = suspended.token;
        let suspension = suspended.suspension.clone().expect("recorded");
        let since = day(suspension.time);
        assert_eq!(
            suspended.state,
            TokenState::Suspended {
                since: since.clone()
            }
        );
        assert_eq!(
            (suspension.actor.as_str(), suspension.reason.as_str()),
            ("admin@local", reason)
        );
        assert_eq!(suspension.last_used, Some(since));
        assert!(!suspended.was_tried_since_suspension());
        project.is_sound(&token.name).await;

        let history = project.history(&token.name).await;
        let last = history.last().expect("an entry");
        assert_eq!(
            (last.action, last.detail.as_str()),
            (HistoryAction::Suspended, reason)
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
async fn a_suspended_token_is_not_suspended_again() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        project.suspend(&token, "").await;
        let before = project.versions().await;
        let error = project
            .try_suspend(&token, "")
            .await
            .expect_err("suspended already");
        assert!(matches!(error, Error::AlreadySuspended(_)), "{error}");
        assert_eq!(error.problem().kind, Kind::Conflict);
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn an_expiring_token_can_not_be_suspended() {
    in_a_project(async |project| {
        let token = project.create_expiring("ci").await;
        let before = project.versions().await;
        for refused in [
            project.try_suspend(&token, "").await,
            project
                .try_begin_deletion(&token, SignedDuration::ZERO)
                .await,
        ] {
            let error = refused.expect_err("refused");
            assert!(matches!(error, Error::NotSuspendable(_)), "{error}");
        }
        assert_eq!(project.versions().await, before);
    })
    .await;
}

#[tokio::test]
async fn a_cluster_that_ignores_suspensions_is_not_asked_to_suspend() {
    let server = Scripted::answering(|line, _| match line {
        "GET /version" => Answer::ok(&json!({ "major": "1", "minor": "28+" })),
        other => panic!("{other}: no other request is expected"),
    })
    .await;
    let target = TokenRef {
        scope: Scope::System,
        role: "ci".to_owned(),
        name: parse("token"),
        uid: Uid("u".to_owned()),
    };
    for refused in [
        server.cluster.suspend_token(&target, &text("")).await,
        server
            .cluster
            .begin_deletion(&target, SignedDuration::ZERO)
            .await,
    ] {
        let error = refused.expect_err("too old");
        assert!(matches!(error, Error::TooOld), "{error}");
    }
    assert_eq!(server.seen("GET /version").len(), 1, "asked once");
}

#[tokio::test]
async fn a_use_after_the_suspension_is_visible() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let suspended = project.suspend(&token, "").await;
        assert!(!suspended.was_tried_since_suspension());
        // The API server records a use although it refuses it.
        let value = project.stored_value(&token.name).await;
        project.until_refused(&value).await;
        until(
            Duration::from_secs(5),
            "Kubernetes records the use",
            async || {
                project
                    .token(&token.name)
                    .await
                    .was_tried_since_suspension()
            },
        )
        .await;

        let today = day(suspended.suspension.expect("recorded").time);
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
        assert!(!used("2026-01-01").await, "before the suspension");
    })
    .await;
}

#[tokio::test]
async fn suspending_does_not_revive_a_deletion_that_was_called_off() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        project.begin_due_deletion(&token).await;
        project.lift_suspension(&token).await;
        let suspended = project.suspend(&token, "").await;
        assert!(
            matches!(suspended.state, TokenState::Suspended { .. }),
            "{suspended:?}"
        );
        project.is_sound(&token.name).await;
        let error = project.try_finish(&token).await.expect_err("called off");
        assert!(matches!(error, Error::NotDue(_)), "{error}");
    })
    .await;
}
