//! Nobody sees from memory what they may not list.

use std::time::Duration;

use k8s_openapi::api::rbac::v1::RoleBinding;
use kargo::{
    cluster::{Cluster, Error, InventoryTimes},
    problem::Kind,
};
use kube::{Api, api::DeleteParams};

use super::{
    super::support::{
        control_plane::until,
        project::{Project, in_a_project},
    },
    SOON, names, until_names,
};

/// A view that is asked at each look whether it may show anything.
pub(super) fn always_checked(cluster: Cluster) -> Cluster {
    cluster.with_inventory_times(InventoryTimes {
        check: Duration::ZERO,
        ..InventoryTimes::default()
    })
}

impl Project {
    pub(super) async fn revoke(&self) {
        let bindings: Api<RoleBinding> = Api::namespaced(self.client.clone(), &self.namespace);
        bindings
            .delete("allowed", &DeleteParams::default())
            .await
            .expect("the binding is deleted");
    }
}

#[tokio::test]
async fn who_may_not_list_sees_nothing_until_they_may() {
    in_a_project(async |project| {
        let own = project.create("own").await;
        let holder = project.holder_of(&own).await;
        let error = holder
            .inventory(&project.scope)
            .await
            .expect_err("no right");
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
        project.allow(&[("secrets", "list watch")]).await;
        until(SOON, "the right counts", async || {
            holder.inventory(&project.scope).await.is_ok()
        })
        .await;
        assert_eq!(names(&holder, &project.scope).await, ["own"]);
    })
    .await;
}

#[tokio::test]
async fn a_right_that_ends_closes_the_inventory() {
    in_a_project(async |project| {
        let holder = project.with_rights(&[("secrets", "list watch")]).await;
        let holder = always_checked(holder);
        let follow = holder.follow_inventory(&project.scope).await;
        let (known, mut news) = follow.expect("an inventory");
        assert_eq!(known.tokens().len(), 1);
        project.revoke().await;
        until(SOON, "the inventory is closed", async || {
            let look = holder.inventory(&project.scope).await;
            matches!(look, Err(Error::Forbidden(_)))
        })
        .await;
        let mut position = known.position();
        let error = loop {
            match news.next(position).await {
                Ok((_, next)) => position = next,
                Err(error) => break error,
            }
        };
        assert_eq!(error.problem().kind, Kind::Forbidden);
    })
    .await;
}

#[tokio::test]
async fn a_credential_that_ends_drops_the_inventory() {
    in_a_project(async |project| {
        let holder = project.with_rights(&[("secrets", "list watch")]).await;
        let holder = always_checked(holder);
        assert_eq!(names(&holder, &project.scope).await, ["own"]);
        let own = project.token(&"own".parse().expect("a name")).await;
        project.remove(&own).await;
        until(SOON, "the inventory is dropped", async || {
            let look = holder.inventory(&project.scope).await;
            matches!(look, Err(Error::Unauthenticated))
        })
        .await;
    })
    .await;
}

#[tokio::test]
async fn without_the_right_to_watch_the_list_is_read_again() {
    in_a_project(async |project| {
        let holder = project.with_rights(&[("secrets", "list")]).await;
        let holder = holder.with_inventory_times(InventoryTimes {
            poll: Duration::from_millis(200),
            ..InventoryTimes::default()
        });
        let follow = holder.follow_inventory(&project.scope).await;
        let (known, mut news) = follow.expect("an inventory");
        project.add_kargo_token("second").await;
        // No look: the list is read again by itself.
        let mut position = known.position();
        let mut added = Vec::new();
        while added.is_empty() {
            let (changed, next) = news.next(position).await.expect("a change");
            position = next;
            if let kargo::cluster::Changed::Names(names) = changed {
                added = names.added;
            }
        }
        assert_eq!(added, ["second"]);
        until_names(&holder, &project.scope, &["own", "second"]).await;
        let known = holder
            .inventory(&project.scope)
            .await
            .expect("an inventory");
        let behind = known.behind().expect("no watch is open");
        assert_eq!(behind.problem, None, "nothing has failed");
    })
    .await;
}
