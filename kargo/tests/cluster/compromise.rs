//! Reporting a token as compromised.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use jiff::SignedDuration;
use kargo::{
    cluster::{CallOff, Error, OfReported},
    token::{CleanupReason, HistoryAction, Reveal, TokenState, TokenSummary},
    value::Value,
};
use kube::ResourceExt;
use serde_json::{Value as Json, json};
use tokio::{task::JoinHandle, time::timeout};

use super::support::project::{Project, claim, in_a_project};

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
async fn a_token_that_its_holder_changed_just_before_the_report_is_stopped() {
    in_a_project(async |project| {
        let report = async |token: &TokenSummary| {
            let target = project.token_ref(token);
            Box::pin(project.cluster.compromise_token(&target, None)).await
        };
        // Kargo's mark is gone: it can't be changed any more, only deleted.
        let stripped = project.create("stripped").await;
        let managed = json!({ "rbac.kargo.akuity.io/managed": null });
        project.annotate(&stripped, managed).await;
        let new = report(&stripped).await.expect("reported").successor.token;
        assert!(!project.has(&stripped).await);
        assert_eq!(new.replaces, Some(stripped.name));

        // Made again under its name: the same value.
        let seen = project.create("remade").await;
        project.remove(&seen).await;
        let remade = project.add_kargo_token("remade").await;
        report(&seen).await.expect("reported");
        let token = project.token(&remade.name).await;
        assert!(
            token.is_compromised && matches!(token.state, TokenState::Suspended { .. }),
            "{token:?}"
        );
    })
    .await;
}

#[tokio::test]
async fn a_report_that_is_called_off_during_its_last_step_deletes_nothing() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let report = project
            .cluster
            .report_compromise(&project.token_ref(&old))
            .await
            .expect("reported");
        let is_restored = AtomicBool::new(false);
        let state = || {
            if is_restored.load(Ordering::SeqCst) {
                CallOff::Done
            } else {
                CallOff::No
            }
        };
        let restore = async {
            let restored = project.try_restore(&old, true).await;
            is_restored.store(true, Ordering::SeqCst);
            restored
        };
        let (finished, restored) =
            futures::join!(project.cluster.finish_report(&report, state), restore);
        assert!(!restored.expect("restored").token.is_compromised);
        let error = finished.expect_err("called off");
        assert!(matches!(error, Error::NotCompromised(_)), "{error}");
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
        let Error::NoReplacement {
            is_deleted: false,
            cause,
            ..
        } = &error
        else {
            panic!("{error}");
        };
        assert!(matches!(**cause, Error::Forbidden(_)), "{cause}");
        let problem = error.problem();
        assert!(problem.message.contains("is suspended"), "{problem:?}");
        assert!(!problem.hint.contains("Nothing was"), "{problem:?}");
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

/// A reported token that the program guards.
struct Guarded {
    token: TokenSummary,
    value: Value,
    guard: JoinHandle<()>,
}

/// Reports a token, replaces it, and carries the report out as the program does.
async fn guard(project: &Project, name: &str, call_off: CallOff) -> Guarded {
    let token = project.create(name).await;
    let value = project.stored_value(&token.name).await;
    let report = project
        .cluster
        .report_compromise(&project.token_ref(&token))
        .await;
    let report = report.expect("reported");
    let guard =
        project
            .cluster
            .clone()
            .end_compromised(report.clone(), Duration::ZERO, move || call_off);
    let guard = tokio::spawn(guard);
    let replaced = Box::pin(project.cluster.replace_compromised(&report, None)).await;
    replaced.expect("a successor");
    Guarded {
        token,
        value,
        guard,
    }
}

impl Guarded {
    /// The guard has ended, and with it the value.
    async fn has_ended(self, project: &Project) {
        let name = &self.token.name;
        timeout(Duration::from_mins(1), self.guard)
            .await
            .unwrap_or_else(|_| panic!("the guard of {name} doesn't end"))
            .expect("without a panic");
        assert!(!project.has(&self.token).await);
        assert!(!project.accepts(&self.value).await);
    }
}

#[tokio::test]
async fn a_report_is_carried_out_for_a_person_who_closed_the_page() {
    in_a_project(async |project| {
        guard(project, "ci", CallOff::No)
            .await
            .has_ended(project)
            .await;
    })
    .await;
}

#[tokio::test]
async fn a_report_that_is_called_off_is_not_carried_out() {
    in_a_project(async |project| {
        let guarded = guard(project, "ci", CallOff::Done).await;
        guarded.guard.await.expect("ended at once");
        assert!(project.has(&guarded.token).await);
    })
    .await;
}

#[tokio::test]
async fn the_holder_of_the_value_cannot_keep_it() {
    let label = |labels: Json| json!({ "labels": labels });
    let annotate = |annotations: Json| json!({ "annotations": annotations });
    let no_suspension = json!({ "kubernetes.io/legacy-token-invalid-since": null });
    let edits = [
        label(no_suspension.clone()),
        annotate(json!({ "kargo-tokens/compromised": null })),
        annotate(json!({ "rbac.kargo.akuity.io/managed": null })),
        label(json!({ "rbac.kargo.akuity.io/api-token": null })),
        label(json!({ "app.kubernetes.io/managed-by": "Helm" })),
        annotate(json!({ "example.com/much": "x".repeat(255 * 1024) })),
        json!({
            "labels": no_suspension,
            "annotations": {
                "kargo-tokens/compromised": null,
                "kargo-tokens/suspension": null,
                "kargo-tokens/replaced-by": null,
                "rbac.kargo.akuity.io/managed": null,
            },
        }),
    ];
    in_a_project(async |project| {
        let edited = edits.iter().enumerate().map(async |(n, edit)| {
            let guarded = guard(project, &format!("edited-{n}"), CallOff::No).await;
            project.edit(&guarded.token.name, edit.clone()).await;
            guarded.has_ended(project).await;
        });
        let remade = async {
            let guarded = guard(project, "remade", CallOff::No).await;
            project.remove(&guarded.token).await;
            project.add_kargo_token("remade").await;
            guarded.has_ended(project).await;
        };
        // A Secret without a ServiceAccount, which holds the value itself.
        let opaque = async {
            let guarded = guard(project, "opaque", CallOff::No).await;
            project.remove(&guarded.token).await;
            project.add_opaque("opaque", &guarded.value).await;
            guarded.has_ended(project).await;
        };
        futures::join!(futures::future::join_all(edited), remade, opaque);
    })
    .await;
}

#[tokio::test]
async fn a_sweep_ends_a_reported_token_whose_marks_are_gone() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let new = project.compromise(&old).await;
        project.reveal_and_confirm(&new).await;
        // The program is killed, and the holder of the value removes every mark.
        project.lift_suspension(&old).await;
        let nothing = json!({
            "kargo-tokens/compromised": null,
            "kargo-tokens/suspension": null,
            "kargo-tokens/replaced-by": null,
        });
        project.annotate(&old, nothing).await;
        assert_eq!(
            project.sweep().await,
            [(old.name.clone(), CleanupReason::Compromise)]
        );
        assert!(!project.has(&old).await);
        assert!(project.has(&new).await);
    })
    .await;
}

#[tokio::test]
async fn a_withdrawn_report_leaves_no_record_behind() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let new = project.compromise(&old).await;
        let target = project.token_ref(&old);
        let young = OfReported::RestoreAfter(SignedDuration::from_mins(1));
        let refused = project.cluster.restore_token(&target, young).await;
        assert!(
            matches!(refused, Err(Error::ReportUnderWay(_))),
            "{refused:?}"
        );
        assert!(project.token(&new.name).await.ends.is_some());
        project.try_restore(&old, true).await.expect("restored");
        assert!(project.token(&new.name).await.ends.is_none());
        project.reveal_and_confirm(&new).await;
        assert!(project.sweep().await.is_empty());
        assert!(project.has(&old).await);
    })
    .await;
}
