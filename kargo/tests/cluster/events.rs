//! Kubernetes Events about a token.

use kargo::cluster::Error;

use super::support::{
    logs,
    project::{in_a_project, text},
};

#[tokio::test]
async fn each_action_is_published_as_an_event() {
    in_a_project(async |project| {
        let (token, other) = (project.create("ci").await, project.create("other").await);
        let target = project.token_ref(&token);
        project.suspend(&token, "why").await;
        project.delete(&token).await;
        let events = project.cluster.list_events(&target).await.expect("a list");
        let mut published: Vec<_> = events
            .iter()
            .map(|event| (event.reason.as_str(), event.message.as_str()))
            .collect();
        published.sort_unstable(); // they have the same second
        assert_eq!(
            published,
            [
                ("TokenCreated", "admin@local created it."),
                ("TokenDeleted", "admin@local deleted it."),
                ("TokenSuspended", "admin@local suspended it: why."),
            ]
        );
        assert!(
            events
                .iter()
                .all(|event| event.source == "kargo-tokens" && event.time.is_some())
        );
        assert!(events.is_sorted_by_key(|event| event.time));
        let events = project
            .cluster
            .list_events(&project.token_ref(&other))
            .await
            .expect("a list");
        assert_eq!(events.len(), 1, "of this token alone");
    })
    .await;
}

#[tokio::test]
async fn messages_are_cut_to_kubernetes_limit() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let target = project.token_ref(&token);
        let longest = "🔑".repeat(500);
        project.suspend(&token, &longest).await;
        let events = project.cluster.list_events(&target).await.expect("a list");
        let suspended = events
            .iter()
            .find(|event| event.reason == "TokenSuspended")
            .expect("published");
        assert!(
            suspended.message.len() <= 1024,
            "{}",
            suspended.message.len()
        );
        let history = project.history(&token.name).await;
        assert_eq!(history[1].detail, longest);
    })
    .await;
}

#[tokio::test]
async fn operations_succeed_without_the_right_to_create_events() {
    in_a_project(async |project| {
        let me = project
            .with_rights(&[("secrets", "list patch delete")])
            .await;
        let token = project.create("ci").await;
        let target = project.token_ref(&token);
        logs::capture();
        me.suspend_token(&target, &text("why"))
            .await
            .expect("suspended");
        me.delete_token(&target).await.expect("deleted");
        let logged = logs::captured();
        assert!(
            !logged.contains("could not write an Event") && !logged.contains("WARN"),
            "{logged}"
        );
        let error = me.list_events(&target).await.expect_err("no right");
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
        let events = project.cluster.list_events(&target).await.expect("a list");
        assert_eq!(events.len(), 1, "only its creation, by somebody else");
    })
    .await;
}
