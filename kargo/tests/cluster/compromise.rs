//! Reporting a token as compromised.

use std::time::Duration;

use kargo::{
    cluster::Error,
    token::{HistoryAction, Reveal, TokenState},
};
use kube::ResourceExt;
use serde_json::json;

use super::support::{
    control_plane::until,
    project::{claim, in_a_project},
};

#[tokio::test]
async fn a_compromised_token_is_refused_replaced_and_then_deleted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let value = project
            .reveal(&old, &claim())
            .await
            .expect("the value")
            .value;
        assert!(project.accepts(&value).await);
        let new = project.compromise(&old).await;
        assert_eq!(
            (new.replaces.as_ref(), &new.reveal),
            (Some(&old.name), &Some(Reveal::Pending))
        );
        let seen = project.token(&old.name).await;
        assert!(
            matches!(seen.state, TokenState::Suspended { .. }),
            "{seen:?}"
        );
        assert_eq!(
            (seen.is_compromised, seen.replaced_by.as_ref()),
            (true, Some(&new.name))
        );
        project.is_sound(&old.name).await;
        project.is_sound(&new.name).await;
        assert_eq!(
            project.actions(&old.name).await,
            [
                HistoryAction::Created,
                HistoryAction::Revealed,
                HistoryAction::Compromised,
                HistoryAction::Replaced
            ]
        );

        let finished = project.try_finish_compromise(&old).await;
        assert!(finished.expect("deleted"), "seen to be refused before");
        assert!(!project.accepts(&value).await);
        assert!(!project.has(&old).await);
        let new_value = project
            .reveal(&new, &claim())
            .await
            .expect("the value")
            .value;
        assert_ne!(new_value.expose(), value.expose());
        assert!(project.accepts(&new_value).await);
    })
    .await;
}

#[tokio::test]
async fn the_answer_shows_both_tokens_as_they_are_now() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let target = project.token_ref(&old);
        let reported = Box::pin(project.cluster.compromise_token(&target, None)).await;
        let reported = reported.expect("a successor");
        let predecessor = reported.predecessor.expect("linked");
        assert_eq!(predecessor.token, project.token(&old.name).await);
        assert!(predecessor.token.is_compromised);
        assert_eq!(
            predecessor.token.replaced_by,
            Some(reported.successor.token.name)
        );
    })
    .await;
}

#[tokio::test]
async fn a_recorded_successor_is_never_trusted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        // The holder of the value made it, to be handed out as the successor.
        let planted = project
            .add_token(
                "planted",
                json!({ "rbac.kargo.akuity.io/api-token": "true" }),
                json!({
                    "rbac.kargo.akuity.io/managed": "true",
                    "kargo-tokens/replaces": "ci",
                    "kargo-tokens/created-by": project.cluster.whoami().await.expect("me").user,
                    "kargo-tokens/reveal": "pending",
                }),
            )
            .await;
        project.name_successor(&old, "planted").await;
        let new = project.compromise(&old).await;
        assert_ne!(new.name, planted.name);
        assert_eq!(project.token(&old.name).await.replaced_by, Some(new.name));
    })
    .await;
}

#[tokio::test]
async fn a_restored_token_is_not_deleted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let finish = async || {
            let finished = project.try_finish_compromise(&old).await;
            finished.expect_err("not compromised")
        };
        assert!(matches!(finish().await, Error::NotCompromised(_)));
        project.compromise(&old).await;
        let error = project
            .try_restore(&old, false)
            .await
            .expect_err("not with others");
        assert!(matches!(error, Error::Compromised(_)), "{error}");
        let (error, restored) = futures::join!(finish(), project.try_restore(&old, true));
        assert!(matches!(error, Error::NotCompromised(_)), "{error}");
        assert!(!restored.expect("restored").token.is_compromised);
        assert_eq!(project.token(&old.name).await.state, TokenState::Unrevealed);
    })
    .await;
}

#[tokio::test]
async fn a_compromised_token_is_deleted_even_if_its_suspension_was_lifted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.compromise(&old).await;
        project.move_suspension_back(&old).await;
        project.lift_suspension(&old).await;
        let finished = project.try_finish_compromise(&old).await;
        assert!(!finished.expect("deleted"), "not seen to be refused");
        assert!(!project.has(&old).await);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_another_tool_would_recreate_stays_suspended() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.manage_by_argo_cd(&old).await;
        project.compromise(&old).await;
        let finished = project.try_finish_compromise(&old).await;
        let error = finished.expect_err("it would come back");
        assert!(matches!(error, Error::ExternallyManaged { .. }), "{error}");
        let seen = project.token(&old.name).await;
        assert!(
            matches!(seen.state, TokenState::Suspended { .. }),
            "{seen:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn an_earlier_suspension_stays_as_it_is() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let suspended = project.suspend(&old, "a reason").await;
        project.compromise(&old).await;
        assert_eq!(
            project.token(&old.name).await.suspension,
            suspended.suspension
        );
    })
    .await;
}

#[tokio::test]
async fn a_compromised_expiring_token_is_deleted_at_once() {
    in_a_project(async |project| {
        let old = project.create_expiring("ci").await;
        let value = project
            .reveal(&old, &claim())
            .await
            .expect("the value")
            .value;
        let new = project.compromise(&old).await;
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert!(!project.has(&old).await);
        project.until_refused(&value).await;
        let finished = project.try_finish_compromise(&old).await;
        assert!(matches!(finished, Err(Error::NoToken(_))), "{finished:?}");
    })
    .await;
}

#[tokio::test]
async fn a_compromised_token_is_deleted_even_if_it_is_still_accepted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let value = project.stored_value(&old.name).await;
        assert!(
            project.accepts(&value).await,
            "the API server remembers this for 10 seconds"
        );
        project.compromise(&old).await;
        project.move_suspension_back(&old).await;
        let finished = project.try_finish_compromise(&old).await;
        assert!(!finished.expect("deleted"), "not seen to be refused");
        assert!(!project.has(&old).await);
        project.until_refused(&value).await;
    })
    .await;
}

#[tokio::test]
async fn a_person_who_may_not_read_the_value_deletes_without_a_try() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let me = project.with_rights(&[("secrets", "list delete")]).await;
        project.compromise(&old).await;
        project.move_suspension_back(&old).await;
        let finished = me.finish_compromise(&project.token_ref(&old)).await;
        assert!(!finished.expect("deleted"), "the value could not be tried");
        assert!(!project.has(&old).await);
    })
    .await;
}

#[tokio::test]
async fn a_compromised_token_is_due_once_it_is_refused_and_has_a_successor() {
    in_a_project(async |project| {
        let [old, alone, kept] = [
            project.create("ci").await,
            project.create("alone").await,
            project.create("kept").await,
        ];
        let not_due = |finished| matches!(finished, Err(Error::NotDue(_)));
        project.compromise(&old).await;
        assert!(
            not_due(project.try_finish(&old).await),
            "perhaps still accepted"
        );

        for token in [&alone, &kept] {
            project.compromise(token).await;
        }
        for token in [&old, &alone, &kept] {
            project.move_suspension_back(token).await;
        }
        project.forget_successor(&alone).await;
        project.manage_by_argo_cd(&kept).await;
        assert!(
            not_due(project.try_finish(&alone).await),
            "nothing replaces it yet"
        );
        assert!(
            not_due(project.try_finish(&kept).await),
            "it would come back"
        );
        project.try_finish(&old).await.expect("deleted");
        assert!(!project.has(&old).await);
    })
    .await;
}

#[tokio::test]
async fn a_token_that_takes_no_annotation_is_deleted_at_once() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        // The holder of the value filled the annotations to Kubernetes' limit.
        let secret = project.secret(&old.name).await;
        let used: usize = secret
            .annotations()
            .iter()
            .map(|(key, text)| key.len() + text.len())
            .sum();
        let filling = "x".repeat(256 * 1024 - used - "filling".len());
        project.annotate(&old, json!({ "filling": filling })).await;
        let new = project.compromise(&old).await;
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert!(!project.has(&old).await);
    })
    .await;
}

#[tokio::test]
async fn the_report_removes_an_earlier_successor_first() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.succeed(&old).await;
        let me = project.with_rights(&[("secrets", "list patch")]).await;
        let target = project.token_ref(&old);
        let error = Box::pin(me.compromise_token(&target, None)).await;
        let error = error.expect_err("no right to create a successor");
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
        let seen = project.token(&old.name).await;
        assert!(
            seen.is_compromised && seen.replaced_by.is_none(),
            "{seen:?}"
        );
        project.move_suspension_back(&old).await;
        let finished = project.try_finish(&old).await;
        assert!(matches!(finished, Err(Error::NotDue(_))), "{finished:?}");
    })
    .await;
}

#[tokio::test]
async fn a_compromise_is_finished_for_a_person_who_closed_the_page() {
    in_a_project(async |project| {
        let [reported, taken_back] = [project.create("a").await, project.create("b").await];
        for token in [&reported, &taken_back] {
            project.compromise(token).await;
            project.move_suspension_back(token).await;
        }
        let restored = project.try_restore(&taken_back, true).await;
        restored.expect("restored");
        for token in [&taken_back, &reported] {
            tokio::spawn(
                project
                    .cluster
                    .clone()
                    .finish_compromise_when_refused(project.token_ref(token), Duration::ZERO),
            );
        }
        until(
            Duration::from_secs(20),
            "the token is deleted",
            async || !project.has(&reported).await,
        )
        .await;
        assert!(project.has(&taken_back).await);
    })
    .await;
}
