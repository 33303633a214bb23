//! A token whose value is in the wrong hands.

use std::time::Duration;

use kargo::{
    cluster::Error,
    token::{Did, Reveal, TokenState, TokenSummary},
};
use kube::ResourceExt;
use serde_json::json;

use super::{
    control_plane::until,
    project::{Project, claim, in_a_project, text},
};

async fn compromise(project: &Project, token: &TokenSummary) -> TokenSummary {
    let handle = project.handle(token);
    let said = Box::pin(project.cluster.compromise_token(&handle, None)).await;
    said.expect("a successor")
}

#[tokio::test]
async fn is_refused_replaced_and_then_deleted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        let value = project
            .reveal(&old, &claim())
            .await
            .expect("the value")
            .value;
        assert!(project.accepts(&value).await);
        let new = compromise(project, &old).await;
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
        let did = project.did(&old.name).await;
        assert_eq!(
            did,
            [Did::Created, Did::Revealed, Did::Compromised, Did::Replaced]
        );

        let finished = project.cluster.finish_compromise(&handle).await;
        assert!(
            finished.expect("deleted"),
            "it was seen to be refused before"
        );
        assert!(!project.accepts(&value).await);
        assert!(!project.has(&old.name).await);
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
async fn never_trusts_what_stands_in_its_place_already() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        // Made by whoever has the value, to be handed out as the successor.
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
        project
            .edit(
                &old.name,
                json!({ "annotations": { "kargo-tokens/replaced-by": "planted" } }),
            )
            .await;
        let new = compromise(project, &old).await;
        assert_ne!(new.name, planted.name);
        assert_eq!(project.token(&old.name).await.replaced_by, Some(new.name));
    })
    .await;
}

#[tokio::test]
async fn is_not_deleted_once_it_was_restored() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        let finish = async || {
            project
                .cluster
                .finish_compromise(&handle)
                .await
                .expect_err("not compromised")
        };
        assert!(matches!(finish().await, Error::NotCompromised(_)));
        compromise(project, &old).await;
        let error = project
            .cluster
            .restore_token(&handle, false)
            .await
            .expect_err("not with others");
        assert!(matches!(error, Error::Compromised(_)), "{error}");
        let (error, restored) =
            futures::join!(finish(), project.cluster.restore_token(&handle, true));
        assert!(matches!(error, Error::NotCompromised(_)), "{error}");
        assert!(!restored.expect("restored").is_compromised);
        assert_eq!(project.token(&old.name).await.state, TokenState::Unrevealed);
    })
    .await;
}

#[tokio::test]
async fn is_deleted_even_if_its_suspension_was_lifted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        compromise(project, &old).await;
        long_ago(project, &old).await;
        project
            .edit(
                &old.name,
                json!({ "labels": { "kubernetes.io/legacy-token-invalid-since": null } }),
            )
            .await;
        let finished = project
            .cluster
            .finish_compromise(&project.handle(&old))
            .await;
        assert!(!finished.expect("deleted"), "it was not seen to be refused");
        assert!(!project.has(&old.name).await);
    })
    .await;
}

#[tokio::test]
async fn stays_suspended_where_another_tool_would_bring_it_back() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project
            .edit(
                &old.name,
                json!({ "labels": { "argocd.argoproj.io/instance": "kargo" } }),
            )
            .await;
        compromise(project, &old).await;
        let finished = project
            .cluster
            .finish_compromise(&project.handle(&old))
            .await;
        let error = finished.expect_err("it would come back");
        assert!(matches!(error, Error::KeptElsewhere { .. }), "{error}");
        let seen = project.token(&old.name).await;
        assert!(
            matches!(seen.state, TokenState::Suspended { .. }),
            "{seen:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn keeps_an_earlier_suspension_as_it_is() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let suspended = project
            .cluster
            .suspend_token(&project.handle(&old), &text("a reason"))
            .await;
        compromise(project, &old).await;
        assert_eq!(
            project.token(&old.name).await.suspension,
            suspended.expect("suspended").suspension
        );
    })
    .await;
}

#[tokio::test]
async fn that_expires_is_deleted_at_once() {
    in_a_project(async |project| {
        let old = project.create_expiring("ci").await;
        let value = project
            .reveal(&old, &claim())
            .await
            .expect("the value")
            .value;
        let new = compromise(project, &old).await;
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert!(!project.has(&old.name).await);
        project.until_refused(&value).await;
        let finished = project
            .cluster
            .finish_compromise(&project.handle(&old))
            .await;
        assert!(matches!(finished, Err(Error::NoToken(_))), "{finished:?}");
    })
    .await;
}

/// As if it had been suspended long ago, so that nothing has to be waited for.
async fn long_ago(project: &Project, token: &TokenSummary) {
    let suspension = json!({ "at": "2026-01-01T00:00:00Z", "by": "me" }).to_string();
    project
        .edit(
            &token.name,
            json!({ "annotations": { "kargo-tokens/suspension": suspension } }),
        )
        .await;
}

#[tokio::test]
async fn is_deleted_even_where_it_is_still_accepted() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let value = project.stored_value(&old.name).await;
        assert!(
            project.accepts(&value).await,
            "which it remembers for 10 seconds"
        );
        compromise(project, &old).await;
        long_ago(project, &old).await;
        let finished = project
            .cluster
            .finish_compromise(&project.handle(&old))
            .await;
        assert!(!finished.expect("deleted"), "not seen to be refused");
        assert!(!project.has(&old.name).await);
        project.until_refused(&value).await;
    })
    .await;
}

#[tokio::test]
async fn is_deleted_untried_by_who_may_not_read_it() {
    in_a_project(async |project| {
        let (old, mine) = (project.create("ci").await, project.create("mine").await);
        project
            .allow(json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "delete"] }]))
            .await;
        compromise(project, &old).await;
        long_ago(project, &old).await;
        let me = project.with(&project.stored_value(&mine.name).await);
        let finished = me.finish_compromise(&project.handle(&old)).await;
        assert!(!finished.expect("deleted"), "it could not be tried");
        assert!(!project.has(&old.name).await);
    })
    .await;
}

#[tokio::test]
async fn is_due_once_it_is_refused_and_has_a_successor() {
    in_a_project(async |project| {
        let [old, alone, kept] = [
            project.create("ci").await,
            project.create("alone").await,
            project.create("kept").await,
        ];
        let finish = async |token| project.cluster.finish_token(&project.handle(token)).await;
        let not_due = |finished| matches!(finished, Err(Error::NotDue(_)));
        compromise(project, &old).await;
        assert!(not_due(finish(&old).await), "it may be accepted still");

        for token in [&alone, &kept] {
            compromise(project, token).await;
        }
        for token in [&old, &alone, &kept] {
            long_ago(project, token).await;
        }
        let orphaned = json!({ "annotations": { "kargo-tokens/replaced-by": null } });
        project.edit(&alone.name, orphaned).await;
        let argo = json!({ "labels": { "argocd.argoproj.io/instance": "kargo" } });
        project.edit(&kept.name, argo).await;
        assert!(not_due(finish(&alone).await), "nothing has its place yet");
        assert!(not_due(finish(&kept).await), "it would come back");
        finish(&old).await.expect("deleted");
        assert!(!project.has(&old.name).await);
    })
    .await;
}

#[tokio::test]
async fn is_deleted_at_once_where_nothing_can_be_noted_on_it() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        // Filled to the most that Kubernetes takes by whoever has the value.
        let secret = project.secret(&old.name).await;
        let used: usize = secret
            .annotations()
            .iter()
            .map(|(key, text)| key.len() + text.len())
            .sum();
        let filling = "x".repeat(256 * 1024 - used - "filling".len());
        project
            .edit(&old.name, json!({ "annotations": { "filling": filling } }))
            .await;
        let new = compromise(project, &old).await;
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert!(!project.has(&old.name).await);
    })
    .await;
}

#[tokio::test]
async fn forgets_an_earlier_successor_first() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project.succeed(&old).await;
        project
            .allow(json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "patch"] }]))
            .await;
        let mine = project.create("mine").await;
        let me = project.with(&project.stored_value(&mine.name).await);
        let handle = project.handle(&old);
        let error = Box::pin(me.compromise_token(&handle, None)).await;
        let error = error.expect_err("a successor can't be made");
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
        let seen = project.token(&old.name).await;
        assert!(seen.is_compromised && seen.replaced_by.is_none(), "{seen:?}");
        long_ago(project, &old).await;
        let finished = project.cluster.finish_token(&project.handle(&old)).await;
        assert!(matches!(finished, Err(Error::NotDue(_))), "{finished:?}");
    })
    .await;
}

#[tokio::test]
async fn is_finished_for_whoever_has_closed_the_page() {
    in_a_project(async |project| {
        let [reported, taken_back] = [project.create("a").await, project.create("b").await];
        for token in [&reported, &taken_back] {
            compromise(project, token).await;
            long_ago(project, token).await;
        }
        let restored = project
            .cluster
            .restore_token(&project.handle(&taken_back), true)
            .await;
        restored.expect("restored");
        for token in [&taken_back, &reported] {
            let handle = project.handle(token);
            project
                .cluster
                .finish_compromise_later(handle, Duration::ZERO);
        }
        until(Duration::from_secs(20), "it is deleted", async || {
            !project.has(&reported.name).await
        })
        .await;
        assert!(project.has(&taken_back.name).await);
    })
    .await;
}
