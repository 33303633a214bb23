//! Kubernetes' own Events about a token.

use kargo::cluster::Error;
use serde_json::json;

use super::{
    logs,
    project::{in_a_project, text},
};

#[tokio::test]
async fn tell_each_act_where_that_is_allowed() {
    in_a_project(async |project| {
        let (token, other) = (project.create("ci").await, project.create("other").await);
        let handle = project.handle(&token);
        project
            .cluster
            .suspend_token(&handle, &text("why"))
            .await
            .expect("suspended");
        project
            .cluster
            .delete_token(&handle)
            .await
            .expect("deleted");
        let events = project.cluster.list_events(&handle).await.expect("a list");
        let mut told: Vec<_> = events
            .iter()
            .map(|event| (event.reason.as_str(), event.message.as_str()))
            .collect();
        told.sort_unstable(); // they are of the same second
        assert_eq!(
            told,
            [
                ("TokenCreated", "admin@local created it."),
                ("TokenDeleted", "admin@local deleted it."),
                ("TokenSuspended", "admin@local suspended it: why."),
            ]
        );
        assert!(
            events
                .iter()
                .all(|event| event.source == "kargo-tokens" && event.at.is_some())
        );
        assert!(events.is_sorted_by_key(|event| event.at));
        let events = project
            .cluster
            .list_events(&project.handle(&other))
            .await
            .expect("a list");
        assert_eq!(events.len(), 1, "of this token alone");
    })
    .await;
}

#[tokio::test]
async fn are_cut_to_what_kubernetes_takes() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let handle = project.handle(&token);
        let longest = text(&"🔑".repeat(500));
        project
            .cluster
            .suspend_token(&handle, &longest)
            .await
            .expect("suspended");
        let events = project.cluster.list_events(&handle).await.expect("a list");
        let suspended = events
            .iter()
            .find(|event| event.reason == "TokenSuspended")
            .expect("it is told");
        assert!(
            suspended.message.len() <= 1024,
            "{}",
            suspended.message.len()
        );
        let history = project.history(&token.name).await;
        assert_eq!(history[1].about, longest.as_str());
    })
    .await;
}

#[tokio::test]
async fn are_missing_where_it_is_not_and_nothing_else_is() {
    in_a_project(async |project| {
        project
            .allow(json!([
                { "apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "patch", "delete"] },
            ]))
            .await;
        let (mine, token) = (project.create("mine").await, project.create("ci").await);
        let me = project.with(&project.stored_value(&mine.name).await);
        let handle = project.handle(&token);
        logs::capture();
        me.suspend_token(&handle, &text("why")).await.expect("suspended");
        me.delete_token(&handle).await.expect("deleted");
        let logged = logs::captured();
        assert!(!logged.contains("no Event was written") && !logged.contains("WARN"), "{logged}");
        let error = me.list_events(&handle).await.expect_err("no right");
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
        let events = project.cluster.list_events(&handle).await.expect("a list");
        assert_eq!(events.len(), 1, "only its creation, which somebody else told");
    })
    .await;
}
