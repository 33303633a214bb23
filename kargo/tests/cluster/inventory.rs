//! Inventories on a real control plane: what a page shows from memory is what the cluster has.

mod everywhere;
mod faults;
mod model;
mod rights;
mod roles;
mod writes;

use std::time::Duration;

use kargo::{
    cluster::{Changed, Cluster, InventoryTimes, TokensSnapshot, Viewer},
    scope::Scope,
};
use serde_json::json;
use tokio::time::timeout;

use super::support::{
    control_plane::{connect, until},
    logs,
    project::{Project, in_a_project},
};

const SOON: Duration = Duration::from_secs(20);

/// Names of the tokens in memory.
async fn names(cluster: &Cluster, scope: &Scope) -> Vec<String> {
    let known = cluster.inventory(scope).await.expect("an inventory");
    of(&known)
}

fn of(known: &TokensSnapshot) -> Vec<String> {
    let names = known.tokens().iter().map(|token| token.name.to_string());
    names.collect()
}

/// Waits until memory has exactly these tokens.
async fn until_names(cluster: &Cluster, scope: &Scope, expected: &[&str]) {
    until(SOON, "the inventory catches up", async || {
        names(cluster, scope).await == expected
    })
    .await;
}

/// Another view of the same person, whose writes the first one's memory hears of through the watch only.
async fn other_view() -> Cluster {
    connect(&super::support::control_plane::admin_kubeconfig()).await
}

impl Project {
    /// Waits until a watch keeps the inventory true.
    async fn until_watched(&self, cluster: &Cluster) {
        until(SOON, "a watch is open", async || {
            let known = cluster.inventory(&self.scope).await;
            known.expect("an inventory").behind().is_none()
        })
        .await;
    }
}

#[tokio::test]
async fn memory_shows_what_a_list_shows() {
    in_a_project(async |project| {
        project.add_kargo_token("kargo").await;
        project.add_unmanaged_token("kubectl").await;
        project.create("unrevealed").await;
        project.add_password(json!({ "name": "no-token" })).await;
        let known = project.cluster.inventory(&project.scope).await;
        let known = known.expect("an inventory");
        let listed = project.tokens().await;
        let shown: Vec<_> = known
            .tokens()
            .iter()
            .map(|token| (**token).clone())
            .collect();
        assert_eq!(shown, listed);
        let apart = project.now().await.duration_since(known.now());
        assert!(apart.abs().as_secs() <= 2, "{apart:?}");
    })
    .await;
}

#[tokio::test]
async fn a_change_of_another_client_is_seen_and_told() {
    in_a_project(async |project| {
        project.create("first").await;
        let cluster = &project.cluster;
        let follow = cluster.follow_inventory(&project.scope).await;
        let (known, mut news) = follow.expect("an inventory");
        project.until_watched(cluster).await;
        let second = project.add_kargo_token("second").await;
        until_names(cluster, &project.scope, &["first", "second"]).await;
        let (changed, position) = news.next(known.position()).await.expect("a change");
        let Changed::Names(names) = changed else {
            panic!("few changes: {changed:?}");
        };
        assert_eq!(names.added, ["second"]);
        project
            .annotate(&second, json!({ "kargo-tokens/note": "new" }))
            .await;
        let mut position = position;
        loop {
            let (changed, next) = news.next(position).await.expect("a change");
            position = next;
            let known = cluster
                .inventory(&project.scope)
                .await
                .expect("an inventory");
            let note = known
                .token(&second.name)
                .and_then(|token| token.note.clone());
            if note.as_deref() == Some("new") {
                let Changed::Names(names) = changed else {
                    panic!("few changes: {changed:?}");
                };
                assert_eq!(
                    (names.added.len(), names.changed),
                    (0, vec!["second".to_owned()])
                );
                break;
            }
        }
        project.remove(&second).await;
        until_names(cluster, &project.scope, &["first"]).await;
    })
    .await;
}

#[tokio::test]
async fn what_falls_due_is_told_without_a_change() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let follow = project.cluster.follow_inventory(&project.scope).await;
        let (known, mut news) = follow.expect("an inventory");
        let end = known.now() + Duration::from_secs(3);
        project
            .annotate(
                &token,
                json!({ "kargo-tokens/retire-after": end.to_string() }),
            )
            .await;
        let due = async {
            let mut position = known.position();
            loop {
                let (changed, next) = news.next(position).await.expect("a change");
                position = next;
                let known = project.cluster.inventory(&project.scope).await;
                if known.expect("an inventory").now() >= end {
                    return changed;
                }
            }
        };
        let changed = timeout(SOON, due).await.expect("it is told");
        let Changed::Names(names) = changed else {
            panic!("few changes: {changed:?}");
        };
        assert_eq!(names.changed, ["ci"]);
    })
    .await;
}

/// Everything that a page of tokens reads.
async fn page(viewer: &Viewer, scope: &Scope) {
    let cluster = viewer.to_read(scope).await.expect("a view");
    let (tokens, roles, permissions, features, projects, identity, tracking) = futures::join!(
        cluster.inventory(scope),
        cluster.known_roles(scope),
        viewer.permissions(scope),
        cluster.features(),
        viewer.list_projects(),
        cluster.whoami(),
        cluster.known_tracking_since(),
    );
    tokens.expect("tokens");
    roles.expect("roles");
    permissions.expect("permissions");
    features.expect("features");
    projects.expect("projects");
    identity.expect("identity");
    tracking.expect("a day or none");
}

#[tokio::test]
async fn a_page_in_steady_state_sends_nothing() {
    in_a_project(async |project| {
        project.create("ci").await;
        let viewer = Viewer::from(project.cluster.clone());
        let requests_of_pages = async |pages: usize| {
            logs::capture();
            // A request that is captured for certain.
            project.tokens().await;
            for _ in 0..pages {
                Box::pin(page(&viewer, &project.scope)).await;
            }
            logs::requests(&logs::captured()).len() - 1
        };
        // The watches open one after another.
        until(SOON, "a page sends nothing", async || {
            requests_of_pages(1).await == 0
        })
        .await;
        assert_eq!(requests_of_pages(10).await, 0);
    })
    .await;
}

#[tokio::test]
async fn an_inventory_ends_when_nobody_looks() {
    in_a_project(async |project| {
        let cluster = project
            .cluster
            .clone()
            .with_inventory_times(InventoryTimes {
                idle: Duration::from_millis(100),
                ..InventoryTimes::default()
            });
        let epoch = async || {
            let known = cluster.inventory(&project.scope).await;
            known.expect("an inventory").position().epoch
        };
        let first = epoch().await;
        // Each look puts the end off, so there is a pause that is longer than the time without a look.
        until(SOON, "another inventory has begun", async || {
            tokio::time::sleep(Duration::from_millis(200)).await;
            epoch().await != first
        })
        .await;
        // Who follows the changes looks all the time.
        let (known, _news) = cluster
            .follow_inventory(&project.scope)
            .await
            .expect("an inventory");
        tokio::time::sleep(Duration::from_millis(500)).await;
        assert_eq!(epoch().await, known.position().epoch);
    })
    .await;
}

#[tokio::test]
async fn two_identities_have_two_inventories() {
    in_a_project(async |project| {
        project.create("ci").await;
        let other = other_view().await;
        let one = project
            .cluster
            .inventory(&project.scope)
            .await
            .expect("one");
        let two = other.inventory(&project.scope).await.expect("another");
        assert_ne!(one.position().epoch, two.position().epoch);
        let clone = project
            .cluster
            .clone()
            .inventory(&project.scope)
            .await
            .expect("one");
        assert_eq!(one.position().epoch, clone.position().epoch);
    })
    .await;
}
