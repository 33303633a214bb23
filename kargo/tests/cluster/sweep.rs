//! The sweep: what is due, and nothing else. It goes over a whole control plane, so this test has one of its own; a scope alone is
//! swept on the shared one.

use std::sync::Mutex;

use jiff::SignedDuration;
use kargo::{
    cluster::{Cluster, Error, Swept},
    name::TokenName,
    token::Due,
};
use serde_json::{Value as Json, json};

use super::{
    control_plane::{Own, connect, user},
    project::{Project, in_a_project, in_a_project_of, text},
};

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const OVER: &str = "2026-01-01T00:00:00Z";

/// Tokens of every kind, three of them due.
async fn tokens(project: &Project) -> [TokenName; 3] {
    let create = async |name: &str, annotations: Json| {
        let token = project.create(name).await;
        project
            .edit(&token.name, json!({ "annotations": annotations }))
            .await;
        token
    };
    let delete = async |name: &str, window| {
        let token = project.create(name).await;
        project
            .cluster
            .begin_deletion(&project.handle(&token), window)
            .await
            .expect("begun");
        token.name
    };
    create("active", json!({})).await;
    create(
        "retires-later",
        json!({ "kargo-tokens/retire-after": "2999-01-01T00:00:00Z" }),
    )
    .await;
    create("damaged", json!({ "kargo-tokens/retire-after": "soon" })).await;
    create(
        "unmanaged",
        json!({ "kargo-tokens/retire-after": OVER, "rbac.kargo.akuity.io/managed": null }),
    )
    .await;
    create(
        "stopped-deletion",
        json!({ "kargo-tokens/delete-after": OVER }),
    )
    .await;
    delete("deleted-later", HOUR).await;
    let suspended = create("suspended", json!({})).await;
    project
        .cluster
        .suspend_token(&project.handle(&suspended), &text(""))
        .await
        .expect("suspended");
    project.create_expiring("expires-later").await;

    let deleted = delete("deleted", SignedDuration::ZERO).await;
    let retired = create("retired", json!({ "kargo-tokens/retire-after": OVER })).await;
    project.succeed(&retired).await;
    let expired = project.create_expiring("expired").await;
    project
        .edit(
            &expired.name,
            json!({ "annotations": { "kargo-tokens/expires-at": OVER } }),
        )
        .await;
    [deleted, expired.name, retired.name]
}

async fn swept(cluster: &Cluster, project: &Project, dry_run: bool) -> Vec<(TokenName, Due)> {
    let mut all = Vec::new();
    let mut tell = |Swept { token, due, result }: Swept| {
        result.expect("it can be deleted");
        assert_eq!(token.scope, project.scope);
        all.push((token.name, due));
    };
    cluster
        .sweep_scope(&project.scope, dry_run, &mut tell)
        .await
        .expect("swept");
    all
}

fn expected([deleted, expired, retired]: &[TokenName; 3]) -> Vec<(TokenName, Due)> {
    vec![
        (deleted.clone(), Due::Deletion),
        (expired.clone(), Due::Expiry),
        (retired.clone(), Due::Retirement),
    ]
}

#[tokio::test]
async fn deletes_what_is_due_and_nothing_else() {
    in_a_project(async |project| {
        let due = tokens(project).await;
        let before = project.versions().await;
        assert_eq!(swept(&project.cluster, project, true).await, expected(&due));
        assert_eq!(project.versions().await, before, "only told");

        assert_eq!(
            swept(&project.cluster, project, false).await,
            expected(&due)
        );
        let rest: Vec<_> = before
            .into_iter()
            .filter(|(name, _)| due.iter().all(|due| due.as_str() != name))
            .collect();
        assert_eq!(project.versions().await, rest, "the others are untouched");
        assert_eq!(
            swept(&project.cluster, project, false).await,
            [],
            "nothing is left to do"
        );
    })
    .await;
}

#[tokio::test]
async fn tells_each_act_once_when_two_sweep_at_once() {
    in_a_project(async |project| {
        let due = tokens(project).await;
        let other = project.cluster.clone();
        let (one, other) = futures::join!(
            swept(&project.cluster, project, false),
            swept(&other, project, false)
        );
        let mut all = [one, other].concat();
        all.sort_by(|a, b| a.0.cmp(&b.0));
        assert_eq!(all, expected(&due));
    })
    .await;
}

#[tokio::test]
async fn tells_what_it_may_not_delete() {
    in_a_project(async |project| {
        tokens(project).await;
        project
            .allow(json!([{ "apiGroups": [""], "resources": ["secrets"], "verbs": ["list"] }]))
            .await;
        let reader = project.create("reader").await;
        let reader = project.with(&project.stored_value(&reader.name).await);
        let before = project.versions().await;
        let mut refused = 0;
        let mut tell = |swept: Swept| {
            let error = swept.result.expect_err("no right");
            assert!(matches!(error, Error::Forbidden(_)), "{error}");
            refused += 1;
        };
        reader
            .sweep_scope(&project.scope, false, &mut tell)
            .await
            .expect("all were tried");
        assert_eq!(refused, 3);
        assert_eq!(project.versions().await.len(), before.len());
    })
    .await;
}

#[tokio::test]
async fn goes_over_all_projects() {
    let own = Own::start().await;
    in_a_project_of(&own.kubeconfig(), async |one| {
        in_a_project_of(&own.kubeconfig(), async |other| {
            let (mine, theirs) = (tokens(one).await, tokens(other).await);
            let all = Mutex::new(Vec::new());
            let tell = |swept: Swept| {
                swept.result.expect("it can be deleted");
                all.lock()
                    .expect("one at a time")
                    .push((swept.token.scope, swept.token.name));
            };
            connect(&own.kubeconfig())
                .await
                .sweep(false, tell)
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
async fn says_what_keeps_it_from_reading() {
    // May list neither projects nor the system's tokens.
    let admin = user("project-admin").await;
    let error = admin
        .sweep(true, |_| panic!("nothing is seen"))
        .await
        .expect_err("forbidden");
    assert_eq!(
        error.to_string(),
        "You may not list secrets in namespace kargo."
    );
}
