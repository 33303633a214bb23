//! A new token in an old one's place.

use k8s_openapi::api::core::v1::ServiceAccount;
use kargo::{
    cluster::{Error, Notes},
    token::{Reveal, TokenState},
};
use kube::{Api, api::DeleteParams};
use serde_json::json;

use super::project::{claim, in_a_project, text};

#[tokio::test]
async fn gives_another_name_and_another_value_and_keeps_the_old_one() {
    in_a_project(async |project| {
        let old = project.create("ci-7f3kq").await;
        let old_value = project
            .reveal(&old, &claim())
            .await
            .expect("the value")
            .value;

        let new = project
            .cluster
            .recreate_token(&old.handle(&project.scope), None)
            .await
            .expect("a new token");
        assert_ne!(new.name, old.name);
        assert!(
            new.name.as_str().starts_with("ci-")
                && new.name.as_str().len() == old.name.as_str().len(),
            "{}",
            new.name
        );
        assert_eq!(
            (new.role.as_str(), &new.reveal),
            ("ci", &Some(Reveal::Pending))
        );
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert_eq!(
            project.token(&old.name).await.replaced_by.as_ref(),
            Some(&new.name)
        );

        let new_value = project
            .reveal(&new, &claim())
            .await
            .expect("the value")
            .value;
        assert_ne!(new_value.expose(), old_value.expose());
        // Both, until the old one is deleted.
        project.until_accepted(&new_value).await;
        project.until_accepted(&old_value).await;
    })
    .await;
}

#[tokio::test]
async fn needs_no_reveal_of_the_old_one() {
    in_a_project(async |project| {
        // Made by Kargo's own tools.
        let labels = json!({ "rbac.kargo.akuity.io/api-token": "true" });
        let managed = json!({ "rbac.kargo.akuity.io/managed": "true" });
        let old = project.add_token("from-kargo", labels, managed).await;
        assert_eq!(old.state, TokenState::Active);
        let new = project
            .cluster
            .recreate_token(&old.handle(&project.scope), None)
            .await
            .expect("a new token");
        assert!(new.name.as_str().starts_with("from-kargo-"), "{}", new.name);
    })
    .await;
}

#[tokio::test]
async fn refuses_what_can_not_be_replaced() {
    in_a_project(async |project| {
        let unmanaged = project.add_token("kubectl", json!({}), json!({})).await;
        let recreate = |token: &kargo::token::TokenSummary| {
            let handle = token.handle(&project.scope);
            async move {
                project
                    .cluster
                    .recreate_token(&handle, None)
                    .await
                    .expect_err("refused")
            }
        };
        assert!(matches!(
            recreate(&unmanaged).await,
            Error::Unmanaged { .. }
        ));

        let mut token = project.create("ci").await;
        token.uid.0 = "another".to_owned();
        assert!(matches!(recreate(&token).await, Error::Replaced(_)));
        assert_eq!(project.tokens().await.len(), 2);
    })
    .await;
}

#[tokio::test]
async fn refuses_an_orphan() {
    in_a_project(async |project| {
        // Kubernetes removes the tokens of a role that is gone; a finalizer keeps this one in sight.
        let labels = json!({ "rbac.kargo.akuity.io/api-token": "true" });
        let managed = json!({ "rbac.kargo.akuity.io/managed": "true" });
        let token = project.add_token("orphan", labels, managed).await;
        project
            .edit(&token.name, json!({ "finalizers": ["kargo-tokens/test"] }))
            .await;
        let accounts: Api<ServiceAccount> =
            Api::namespaced(project.client.clone(), &project.namespace);
        accounts
            .delete("ci", &DeleteParams::default())
            .await
            .expect("the role goes");
        let error = project
            .cluster
            .recreate_token(&token.handle(&project.scope), None)
            .await;
        project
            .edit(&token.name, json!({ "finalizers": null }))
            .await;
        // Whether Kubernetes has got to the token already or only to the role.
        let error = error.expect_err("on its way out");
        assert!(
            matches!(error, Error::Terminating(_) | Error::NoRole { .. }),
            "{error}"
        );
    })
    .await;
}

#[tokio::test]
async fn links_one_way_where_the_old_one_may_not_be_patched() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        project
            .allow(json!([
                { "apiGroups": [""], "resources": ["secrets"], "verbs": ["list", "create"] },
                { "apiGroups": [""], "resources": ["serviceaccounts"], "verbs": ["get"] },
            ]))
            .await;
        let maker = project.with(&project.stored_value(&old.name).await);
        let new = maker
            .recreate_token(&old.handle(&project.scope), None)
            .await
            .expect("a new token");
        assert_eq!(new.replaces.as_ref(), Some(&old.name));
        assert_eq!(project.token(&old.name).await.replaced_by, None);
    })
    .await;
}

#[tokio::test]
async fn takes_along_what_people_wrote() {
    in_a_project(async |project| {
        let old = project.create("ci").await;
        let handle = project.handle(&old);
        let notes = Notes {
            note: text("The nightly build uses it."),
            contact: text("#ops"),
        };
        let written = project
            .cluster
            .note_token(&handle, &Notes::default(), &notes)
            .await;
        written.expect("noted");
        let new = project.cluster.recreate_token(&handle, None).await;
        let new = new.expect("a new token");
        assert_eq!(new.note.as_deref(), Some("The nightly build uses it."));
        assert_eq!(new.contact.as_deref(), Some("#ops"));
    })
    .await;
}
