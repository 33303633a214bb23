//! An API server in trouble: what is known stays, says how old it is, and becomes true again.

use std::{
    fmt::Write,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use kargo::{
    cluster::{Error, InventoryTimes},
    problem::Kind,
    scope::Scope,
};
use serde_json::{Value as Json, json};

use super::{
    super::support::{
        control_plane::until,
        project::in_a_project,
        scripted::{Answer, Scripted},
    },
    SOON, names, other_view, until_names,
};

const SECRETS: &str = "GET /api/v1/namespaces/kargo/secrets";

fn secret(name: &str, version: usize) -> Json {
    json!({ "metadata": {
        "name": name, "uid": name, "resourceVersion": version.to_string(), "creationTimestamp": "2026-01-01T00:00:00Z",
    } })
}

fn list(names: &[&str], version: usize) -> Answer {
    let items: Vec<_> = names.iter().map(|name| secret(name, version)).collect();
    Answer::ok(&json!({ "metadata": { "resourceVersion": version.to_string() }, "items": items }))
}

fn event(kind: &str, object: &Json) -> String {
    json!({ "type": kind, "object": object }).to_string() + "\n"
}

/// A server whose first list has the token `old`, its first watch answers with a fault, and its second list has the token `new`.
async fn after_a_watch(fault: impl Fn() -> Answer + Send + Sync + 'static) -> Scripted {
    Scripted::answering(move |line, before| match (line, before) {
        (SECRETS, 0) => list(&["old"], 1),
        (SECRETS, 1) => fault(),
        (SECRETS, 2) => list(&["new"], 2),
        _ => Answer::Silence,
    })
    .await
}

#[tokio::test]
async fn a_version_that_is_too_old_leads_to_a_new_list() {
    let gone = json!({ "kind": "Status", "metadata": {}, "code": 410 });
    let too_new = json!({
        "kind": "Status", "metadata": {}, "code": 504, "message": "Timeout: Too large resource version: 9, current: 8",
        "details": { "causes": [{ "reason": "ResourceVersionTooLarge" }] },
    });
    let in_stream = event("ERROR", &gone);
    let servers = futures::join!(
        after_a_watch(move || Answer::Status(200, in_stream.clone())),
        after_a_watch(|| Answer::error(410)),
        after_a_watch(move || Answer::Status(504, too_new.to_string())),
    );
    for server in [servers.0, servers.1, servers.2] {
        assert_eq!(names(&server.cluster, &Scope::System).await, ["old"]);
        until_names(&server.cluster, &Scope::System, &["new"]).await;
        let seen = server.seen(SECRETS);
        assert!(
            seen[1].query.contains("resourceVersion=1&")
                || seen[1].query.ends_with("resourceVersion=1")
        );
        assert!(
            !seen[2].query.contains("resourceVersion"),
            "{}",
            seen[2].query
        );
    }
}

#[tokio::test]
async fn a_burst_of_events_is_taken_in_and_the_next_watch_goes_on_after_it() {
    let mut burst = String::new();
    for n in 0..3000 {
        let _ = write!(
            burst,
            "{}",
            event("ADDED", &secret(&format!("token-{n}"), 10 + n))
        );
    }
    let bookmark = json!({ "metadata": { "resourceVersion": "9000" } });
    burst += &event("BOOKMARK", &bookmark);
    let server = Scripted::answering(move |line, before| match (line, before) {
        (SECRETS, 0) => list(&[], 1),
        (SECRETS, 1) => Answer::Status(200, burst.clone()),
        _ => Answer::Silence,
    })
    .await;
    until(SOON, "all are taken in", async || {
        names(&server.cluster, &Scope::System).await.len() == 3000
    })
    .await;
    until(SOON, "another watch goes on", async || {
        let seen = server.seen(SECRETS);
        seen.get(2)
            .is_some_and(|watch| watch.query.contains("resourceVersion=9000"))
    })
    .await;
}

#[tokio::test]
async fn a_server_that_is_gone_leaves_what_is_known_and_its_age() {
    let is_gone = Arc::new(AtomicBool::new(false));
    let gone = Arc::clone(&is_gone);
    let server = Scripted::answering(move |line, before| match (line, before) {
        _ if gone.load(Ordering::SeqCst) => Answer::HangUp,
        (SECRETS, 0) => list(&["old"], 1),
        (SECRETS, 1) => Answer::HangUp,
        (SECRETS, _) => list(&["new"], 2),
        _ => Answer::ok(&json!({ "status": { "allowed": true } })),
    })
    .await;
    is_gone.store(true, Ordering::SeqCst);
    let error = server
        .cluster
        .inventory(&Scope::System)
        .await
        .expect_err("nobody answers");
    assert_eq!(error.problem().kind, Kind::Unavailable);
    is_gone.store(false, Ordering::SeqCst);
    let look = || server.cluster.inventory(&Scope::System);
    until(SOON, "it answers again", async || look().await.is_ok()).await;
    is_gone.store(true, Ordering::SeqCst);
    until(SOON, "the watch fails", async || {
        let known = look().await.expect("what is known stays");
        known
            .behind()
            .is_some_and(|behind| behind.problem.is_some())
    })
    .await;
    is_gone.store(false, Ordering::SeqCst);
    until_names(&server.cluster, &Scope::System, &["new"]).await;
}

#[tokio::test]
async fn a_server_that_answers_nonsense_is_an_error() {
    let server = Scripted::answering(|_, _| Answer::Status(200, "<html>".to_owned())).await;
    let error = server
        .cluster
        .inventory(&Scope::System)
        .await
        .expect_err("no list");
    assert!(matches!(error, Error::BadAnswer(_)), "{error}");
}

#[tokio::test]
async fn a_silent_watch_is_opened_again_and_misses_nothing() {
    in_a_project(async |project| {
        let watcher = other_view().await.with_inventory_times(InventoryTimes {
            silence: Duration::from_millis(20),
            well: Duration::ZERO,
            ..InventoryTimes::default()
        });
        assert!(names(&watcher, &project.scope).await.is_empty());
        let mut made = Vec::new();
        for n in 0..5 {
            let name = format!("ci-{n}");
            project.add_kargo_token(&name).await;
            made.push(name);
            let made: Vec<_> = made.iter().map(String::as_str).collect();
            until_names(&watcher, &project.scope, &made).await;
        }
    })
    .await;
}
