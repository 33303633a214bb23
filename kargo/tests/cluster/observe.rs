//! What an observer is told of requests, inventories and reveals.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kargo::{
    cluster::{Observer, ReconnectCause, Requested},
    scope::Scope,
};
use serde_json::json;

use super::support::{
    control_plane::{admin_kubeconfig, connect, until},
    project::{claim, in_a_project},
    scripted::{Answer, Scripted},
};

const SOON: Duration = Duration::from_secs(20);

/// Everything that was told, in its order.
#[derive(Default)]
struct Heard(Mutex<Vec<String>>);

impl Heard {
    fn add(&self, text: String) {
        self.0.lock().expect("a list").push(text);
    }

    fn count(&self, text: &str) -> usize {
        let all = self.0.lock().expect("a list");
        all.iter().filter(|told| *told == text).count()
    }
}

impl Observer for Heard {
    fn requested(&self, request: Requested<'_>) {
        let status = request.status.map(|status| status.to_string());
        let status = status.unwrap_or_default();
        let (verb, resource) = (request.access.verb, request.access.resource);
        self.add(format!("{verb} {resource} {status}"));
    }

    fn relisted(&self) {
        self.add("relisted".to_owned());
    }

    fn reconnected(&self, cause: ReconnectCause) {
        self.add(format!("reconnected {}", cause.word()));
    }

    fn revealed(&self) {
        self.add("revealed".to_owned());
    }
}

#[tokio::test]
async fn requests_inventories_and_reveals_are_told() {
    in_a_project(async |project| {
        let one = project.create("one").await;
        let two = project.create("two").await;
        let cluster = connect(&admin_kubeconfig()).await;
        let heard = Arc::new(Heard::default());
        cluster.connector().observe(heard.clone());
        let facts = || cluster.connector().inventory_facts();
        assert_eq!((facts().records, facts().viewers), (0, 0));

        let follow = cluster.follow_inventory(&project.scope).await;
        let (_, news) = follow.expect("an inventory");
        assert_eq!((facts().records, facts().viewers), (2, 1));
        assert!(facts().silent_for.is_some_and(|time| time < SOON));
        until(SOON, "a watch is open", async || {
            heard.count("watch secrets 200") == 1
        })
        .await;
        drop(news);
        assert_eq!(facts().viewers, 0);

        let claim = claim();
        for _ in 0..2 {
            let revealed = cluster.reveal_token(&project.token_ref(&one), &claim).await;
            revealed.expect("a value, and the same value again");
        }
        assert_eq!(heard.count("revealed"), 1);
        assert_eq!(heard.count("patch secrets 200"), 1);
        cluster
            .delete_token(&project.token_ref(&two))
            .await
            .expect("deleted");
        assert_eq!(heard.count("delete secrets 200"), 1);
        let unknown = Scope::Project("no-such-project".parse().expect("a name"));
        let missing = cluster.known_roles(&unknown).await;
        missing.expect_err("there is none");
        assert_eq!(heard.count("get namespaces 404"), 1);
        assert_eq!(heard.count("relisted"), 0);
    })
    .await;
}

#[tokio::test]
async fn what_ends_a_watch_is_told_with_its_cause() {
    let gone =
        json!({ "type": "ERROR", "object": { "kind": "Status", "metadata": {}, "code": 410 } });
    let gone = gone.to_string() + "\n";
    let list = json!({ "metadata": { "resourceVersion": "1" }, "items": [] });
    let server = Scripted::answering(move |line, before| match (line, before) {
        ("GET /api/v1/namespaces/kargo/secrets", 0 | 2) => Answer::ok(&list),
        ("GET /api/v1/namespaces/kargo/secrets", 1) => Answer::Status(200, gone.clone()),
        ("GET /api/v1/namespaces/kargo/secrets", 3) => Answer::HangUp,
        _ => Answer::Silence,
    })
    .await;
    let heard = Arc::new(Heard::default());
    server.cluster.connector().observe(heard.clone());
    let known = server.cluster.inventory(&Scope::System).await;
    known.expect("an empty inventory");
    until(SOON, "the list is read again", async || {
        heard.count("relisted") == 1
    })
    .await;
    assert_eq!(heard.count("reconnected expired"), 1);
    until(SOON, "the next watch breaks off", async || {
        heard.count("reconnected unavailable") == 1
    })
    .await;
    assert_eq!(heard.count("watch secrets "), 1, "no answer");
}
