//! Whatever was done to a token, it stays one for Kargo's own tools: they list it, and they would delete it.

use jiff::SignedDuration;
use kargo::token::{TokenState, TokenSummary};
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams},
};
use serde_json::json;

use super::project::{Project, claim, in_a_project, text};

const HOUR: SignedDuration = SignedDuration::from_hours(1);

async fn in_every_state(project: &Project) -> Vec<TokenSummary> {
    let cluster = &project.cluster;
    let create = async |name: &str| {
        let token = project.create(name).await;
        let handle = project.handle(&token);
        (token, handle)
    };
    create("unrevealed").await;
    let (token, handle) = create("active").await;
    let claim_id = claim();
    project.reveal(&token, &claim_id).await.expect("the value");
    cluster
        .confirm_token(&handle, &claim_id)
        .await
        .expect("confirmed");
    let (_, handle) = create("suspended").await;
    cluster
        .suspend_token(&handle, &text("why"))
        .await
        .expect("suspended");
    let (_, handle) = create("deleting").await;
    cluster.begin_deletion(&handle, HOUR).await.expect("begun");
    let (_, handle) = create("retiring").await;
    cluster
        .recreate_token(&handle, None)
        .await
        .expect("a successor");
    cluster
        .retire_token(&handle, Some(HOUR))
        .await
        .expect("retiring");
    let (_, handle) = create("compromised").await;
    cluster
        .compromise_token(&handle, None)
        .await
        .expect("a successor");
    project.create_expiring("expiring").await;
    let token = project.create_expiring("expiring-revealed").await;
    project.reveal(&token, &claim()).await.expect("the value");
    let token = project.create_expiring("expired").await;
    let over = json!({ "annotations": { "kargo-tokens/expires-at": "2026-01-01T00:00:00Z" } });
    project.edit(&token.name, over).await;
    project.tokens().await
}

#[tokio::test]
async fn holds_in_every_state() {
    in_a_project(async |project| {
        let tokens = in_every_state(project).await;
        let has = |is: fn(&TokenState) -> bool| {
            assert!(tokens.iter().any(|token| is(&token.state)), "{tokens:#?}");
        };
        has(|state| matches!(state, TokenState::Unrevealed));
        has(|state| matches!(state, TokenState::Active));
        has(|state| matches!(state, TokenState::Suspended { .. }));
        has(|state| matches!(state, TokenState::Deleting { .. }));
        has(|state| matches!(state, TokenState::Expired { .. }));

        // `kargo get tokens` lists by this label.
        let by_label = ListParams::default().labels("rbac.kargo.akuity.io/api-token=true");
        let listed = project.secrets().list(&by_label).await.expect("a list");
        let mut listed: Vec<_> = listed.iter().map(ResourceExt::name_any).collect();
        listed.sort_unstable();
        let names: Vec<_> = tokens.iter().map(|token| token.name.to_string()).collect();
        assert_eq!(listed, names);
        for token in &tokens {
            assert!(token.is_managed(), "{token:?}");
            project.is_sound(&token.name).await;
            // `kargo delete token` asks for what was just checked, then does this.
            let deleted = project
                .secrets()
                .delete(token.name.as_str(), &DeleteParams::default())
                .await;
            assert!(
                deleted.expect("deleted").is_right(),
                "nothing holds it back"
            );
        }
        assert_eq!(project.tokens().await, []);
    })
    .await;
}
