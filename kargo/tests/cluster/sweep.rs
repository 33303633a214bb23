//! Sweeping: deleting every token that is due, and no other. A sweep of all projects has a control plane of its own; single scopes are swept
//! on the shared one.

use std::sync::Mutex;

use kargo::{
    cluster::{Cluster, Error, SweptToken},
    name::TokenName,
    token::CleanupReason,
};
use serde_json::{Value as Json, json};

use super::support::{
    control_plane::{Own, connect, user},
    deletions::{FUTURE, HOUR, PAST},
    project::{Project, in_a_project, in_a_project_of},
};

/// Creates tokens of every kind, three of them due. Answers with the names of these three.
async fn tokens(project: &Project) -> [TokenName; 3] {
    let create = async |name: &str, annotations: Json| {
        let token = project.create(name).await;
        project.annotate(&token, annotations).await;
        token
    };
    create("active", json!({})).await;
    create(
        "retires-later",
        json!({ "kargo-tokens/retire-after": FUTURE }),
    )
    .await;
    create("damaged", json!({ "kargo-tokens/retire-after": "soon" })).await;
    create(
        "unmanaged",
        json!({ "kargo-tokens/retire-after": PAST, "rbac.kargo.akuity.io/managed": null }),
    )
    .await;
    create(
        "stopped-deletion",
        json!({ "kargo-tokens/delete-after": PAST }),
    )
    .await;
    let later = project.create("deleted-later").await;
    project.begin_deletion(&later, HOUR).await;
    let suspended = project.create("suspended").await;
    project.suspend(&suspended, "").await;
    project.create_expiring("expires-later").await;

    let deleted = project.create("deleted").await;
    project.begin_due_deletion(&deleted).await;
    let retired = create("retired", json!({ "kargo-tokens/retire-after": PAST })).await;
    project.succeed(&retired).await;
    let expired = project.create_expiring("expired").await;
    project.set_expiry(&expired, PAST).await;
    [deleted.name, expired.name, retired.name]
}

async fn sweep(
    cluster: &Cluster,
    project: &Project,
    dry_run: bool,
) -> Vec<(TokenName, CleanupReason)> {
    let mut all = Vec::new();
    let mut report = |swept: SweptToken| {
        swept.result.expect("it can be deleted");
        assert_eq!(swept.token.scope, project.scope);
        all.push((swept.token.name, swept.reason));
    };
    cluster
        .sweep_scope(&project.scope, dry_run, &mut report)
        .await
        .expect("swept");
    all
}

fn expected([deleted, expired, retired]: &[TokenName; 3]) -> Vec<(TokenName, CleanupReason)> {
    vec![
        (deleted.clone(), CleanupReason::Deletion),
        (expired.clone(), CleanupReason::Expiry),
        (retired.clone(), CleanupReason::Retirement),
    ]
}

#[tokio::test]
async fn a_sweep_deletes_the_due_tokens_and_no_other() {
    in_a_project(async |project| {
        let due = tokens(project).await;
        let before = project.versions().await;
        assert_eq!(sweep(&project.cluster, project, true).await, expected(&due));
        assert_eq!(project.versions().await, before, "a dry run only reports");

        assert_eq!(
            sweep(&project.cluster, project, false).await,
            expected(&due)
        );
        let rest: Vec<_> = before
            .into_iter()
            .filter(|(name, _)| due.iter().all(|due| due.as_str() != name))
            .collect();
        assert_eq!(project.versions().await, rest, "the others are unchanged");
        assert_eq!(
            sweep(&project.cluster, project, false).await,
            [],
            "nothing is left to do"
        );
    })
    .await;
}

#[tokio::test]
async fn concurrent_sweeps_report_each_token_once() {
    in_a_project(async |project| {
        let due = tokens(project).await;
        let other = project.cluster.clone();
        let (one, other) = futures::join!(
            sweep(&project.cluster, project, false),
            sweep(&other, project, false)
        );
        let mut all = [one, other].concat();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(all, expected(&due));
    })
    .await;
}

#[tokio::test]
async fn a_sweep_reports_tokens_that_it_may_not_delete() {
    in_a_project(async |project| {
        tokens(project).await;
        let reader = project
            .with_rights(&[("secrets", "list"), ("serviceaccounts", "list")])
            .await;
        let before = project.versions().await;
        let mut refused = 0;
        let mut report = |swept: SweptToken| {
            let error = swept.result.expect_err("no right");
            assert!(matches!(error, Error::Forbidden(_)), "{error}");
            refused += 1;
        };
        reader
            .sweep_scope(&project.scope, false, &mut report)
            .await
            .expect("all were tried");
        assert_eq!(refused, 3);
        assert_eq!(project.versions().await.len(), before.len());
    })
    .await;
}

#[tokio::test]
async fn a_sweep_covers_all_projects() {
    let own = Own::start().await;
    in_a_project_of(&own.kubeconfig(), async |one| {
        in_a_project_of(&own.kubeconfig(), async |other| {
            let (mine, theirs) = (tokens(one).await, tokens(other).await);
            let all = Mutex::new(Vec::new());
            let report = |swept: SweptToken| {
                swept.result.expect("it can be deleted");
                all.lock()
                    .expect("one at a time")
                    .push((swept.token.scope, swept.token.name));
            };
            connect(&own.kubeconfig())
                .await
                .sweep(None, false, report)
                .await
                .expect("swept");
            let mut expected: Vec<_> = mine
                .into_iter()
                .map(|name| (one.scope.clone(), name))
                .collect();
            expected.extend(theirs.into_iter().map(|name| (other.scope.clone(), name)));
            expected.sort();
            assert_eq!(all.into_inner().expect("one at a time"), expected);
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn a_sweep_says_which_right_it_lacks() {
    // This user may list neither projects nor the system's tokens.
    let admin = user("project-admin").await;
    let error = admin
        .sweep(None, true, |_| panic!("nothing can be read"))
        .await
        .expect_err("forbidden");
    assert_eq!(
        error.to_string(),
        "You may not list secrets in namespace kargo."
    );
}

#[tokio::test]
async fn marks_that_may_be_forged_are_left_and_told() {
    in_a_project(async |project| {
        let forged = project.create("forged").await;
        project.suspend(&forged, "").await;
        project.move_suspension_back(&forged).await;
        let marks =
            json!({ "kargo-tokens/compromised": "true", "kargo-tokens/replaced-by": "nobody" });
        project.annotate(&forged, marks).await;
        let mut left = Vec::new();
        let mut report = |swept: SweptToken| {
            let error = swept.result.expect_err("left");
            left.push((swept.token.name.to_string(), error));
        };
        let swept = project
            .cluster
            .sweep_scope(&project.scope, false, &mut report);
        swept.await.expect("swept");
        assert!(
            matches!(left.as_slice(), [(_, Error::SuccessorGone(_))]),
            "{left:?}"
        );
        assert!(project.has(&forged).await);
    })
    .await;
}
