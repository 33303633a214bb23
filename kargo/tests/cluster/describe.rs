//! Describing one token in full, except for its value.

use kargo::{cluster::Error, token::HistoryAction};
use serde_json::json;

use super::support::{
    logs,
    project::{in_a_project, parse},
};

#[tokio::test]
async fn a_description_shows_everything_but_the_value() {
    in_a_project(async |project| {
        logs::capture();
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        let copy =
            json!({ "kubectl.kubernetes.io/last-applied-configuration": value.expose(), "a": "b" });
        project.annotate(&token, copy).await;
        let described = project
            .cluster
            .describe_token(&project.scope, &token.name)
            .await
            .expect("a description");
        assert_eq!(described.summary, project.token(&token.name).await);
        let yaml = &described.yaml;
        for shown in [
            "kind: Secret",
            "name: ci",
            "a: b",
            "type: kubernetes.io/service-account-token",
            "ownerReferences:",
            "  token: '*** redacted ***'",
            "  ca.crt: '*** redacted ***'",
            "  namespace: '*** redacted ***'",
            "  kubectl.kubernetes.io/last-applied-configuration: '*** redacted ***'",
        ] {
            assert!(
                yaml.contains(&shown.replace('\'', "\"")) || yaml.contains(shown),
                "{shown}: {yaml}"
            );
        }
        let said = format!("{described:?}{}", logs::captured());
        for part in value.expose().split('.').skip(1) {
            assert!(!said.contains(part), "a part of the value is in: {said}");
        }
        assert!(!yaml.contains("managedFields"));
    })
    .await;
}

#[tokio::test]
async fn the_history_has_every_action_in_order() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        project.reveal_and_confirm(&token).await;
        project.suspend(&token, "why").await;
        project.restore(&token).await;
        let new = project.recreate(&token).await;

        let history = project.history(&token.name).await;
        assert!(history.is_sorted_by_key(|entry| entry.time), "{history:?}");
        assert!(history.iter().all(|entry| entry.actor == "admin@local"));
        let entries: Vec<_> = history
            .iter()
            .map(|entry| (entry.action, entry.detail.as_str()))
            .collect();
        assert_eq!(
            entries,
            [
                (HistoryAction::Created, ""),
                (HistoryAction::Revealed, ""),
                (HistoryAction::Saved, ""),
                (HistoryAction::Suspended, "why"),
                (HistoryAction::Restored, ""),
                (HistoryAction::Replaced, new.name.as_str()),
            ]
        );
        let detail = &project.history(&new.name).await[0].detail;
        assert_eq!(*detail, format!("in place of {}", token.name));
    })
    .await;
}

#[tokio::test]
async fn a_damaged_history_does_no_harm() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        for damaged in ["", "{", "[1]", r#"{"at":1}"#] {
            project
                .annotate(&token, json!({ "kargo-tokens/history": damaged }))
                .await;
            assert_eq!(project.actions(&token.name).await, []);
        }
        project.suspend(&token, "").await;
        assert_eq!(
            project.actions(&token.name).await,
            [HistoryAction::Suspended]
        );
    })
    .await;
}

#[tokio::test]
async fn only_tokens_are_described() {
    in_a_project(async |project| {
        project.add_password(json!({ "name": "password" })).await;
        for name in ["password", "nothing"] {
            let error = project
                .cluster
                .describe_token(&project.scope, &parse(name))
                .await
                .expect_err("no token");
            assert!(matches!(error, Error::NoToken(_)), "{error}");
        }
        // Unmanaged tokens are shown, too.
        let unmanaged = project.add_unmanaged_token("kubectl").await;
        let described = project
            .cluster
            .describe_token(&project.scope, &unmanaged.name)
            .await
            .expect("shown");
        assert!(!described.summary.is_managed());
    })
    .await;
}
