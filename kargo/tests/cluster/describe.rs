//! One token in full, but for its value.

use k8s_openapi::api::core::v1::Secret;
use kargo::{cluster::Error, token::Did};
use serde_json::json;

use super::{
    logs,
    project::{claim, in_a_project, parse, text},
};

#[tokio::test]
async fn shows_everything_but_the_value() {
    in_a_project(async |project| {
        logs::capture();
        let token = project.create("ci").await;
        let value = project.stored_value(&token.name).await;
        let copy = json!({ "annotations": { "kubectl.kubernetes.io/last-applied-configuration": value.expose(), "a": "b" } });
        project.edit(&token.name, copy).await;
        let described = project.cluster.describe_token(&project.scope, &token.name).await.expect("a description");
        assert_eq!(described.summary, project.token(&token.name).await);
        let yaml = &described.yaml;
        for shown in [
            "kind: Secret", "name: ci", "a: b", "type: kubernetes.io/service-account-token", "ownerReferences:",
            "  token: '*** redacted ***'", "  ca.crt: '*** redacted ***'", "  namespace: '*** redacted ***'",
            "  kubectl.kubernetes.io/last-applied-configuration: '*** redacted ***'",
        ] {
            assert!(yaml.contains(&shown.replace('\'', "\"")) || yaml.contains(shown), "{shown}: {yaml}");
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
async fn tells_what_was_done_in_order() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        let (handle, claim) = (project.handle(&token), claim());
        project.reveal(&token, &claim).await.expect("the value");
        project
            .cluster
            .confirm_token(&handle, &claim)
            .await
            .expect("confirmed");
        project
            .cluster
            .suspend_token(&handle, &text("why"))
            .await
            .expect("suspended");
        project
            .cluster
            .restore_token(&handle, false)
            .await
            .expect("restored");
        let new = project
            .cluster
            .recreate_token(&handle, None)
            .await
            .expect("a successor");

        let history = project.history(&token.name).await;
        assert!(history.is_sorted_by_key(|act| act.at), "{history:?}");
        assert!(history.iter().all(|act| act.by == "admin@local"));
        let told: Vec<_> = history
            .iter()
            .map(|act| (act.did, act.about.as_str()))
            .collect();
        assert_eq!(
            told,
            [
                (Did::Created, ""),
                (Did::Revealed, ""),
                (Did::Saved, ""),
                (Did::Suspended, "why"),
                (Did::Restored, ""),
                (Did::Replaced, new.name.as_str()),
            ]
        );
        let about = &project.history(&new.name).await[0].about;
        assert_eq!(*about, format!("in place of {}", token.name));
    })
    .await;
}

#[tokio::test]
async fn outlives_a_damaged_history() {
    in_a_project(async |project| {
        let token = project.create("ci").await;
        for damaged in ["", "{", "[1]", r#"{"at":1}"#] {
            project
                .edit(
                    &token.name,
                    json!({ "annotations": { "kargo-tokens/history": damaged } }),
                )
                .await;
            assert_eq!(project.did(&token.name).await, []);
        }
        project
            .cluster
            .suspend_token(&project.handle(&token), &text(""))
            .await
            .expect("suspended");
        assert_eq!(project.did(&token.name).await, [Did::Suspended]);
    })
    .await;
}

#[tokio::test]
async fn is_of_tokens_alone() {
    in_a_project(async |project| {
        project
            .add::<Secret>(
                json!({ "metadata": { "name": "password" }, "stringData": { "it": "is" } }),
            )
            .await;
        for name in ["password", "nothing"] {
            let error = project
                .cluster
                .describe_token(&project.scope, &parse(name))
                .await
                .expect_err("no token");
            assert!(matches!(error, Error::NoToken(_)), "{error}");
        }
        // Shown although it isn't managed.
        let unmanaged = project.add_token("kubectl", json!({}), json!({})).await;
        let described = project
            .cluster
            .describe_token(&project.scope, &unmanaged.name)
            .await
            .expect("shown");
        assert!(!described.summary.is_managed());
    })
    .await;
}
