//! Whatever was done to a token, Kargo's own tools still list and delete it.

use kargo::token::{TokenState, TokenSummary};
use kube::{
    ResourceExt,
    api::{DeleteParams, ListParams},
};

use super::support::{
    deletions::{HOUR, PAST},
    project::{Project, claim, in_a_project},
};

async fn tokens_in_every_state(project: &Project) -> Vec<TokenSummary> {
    project.create("unrevealed").await;
    let active = project.create("active").await;
    project.reveal_and_confirm(&active).await;
    let suspended = project.create("suspended").await;
    project.suspend(&suspended, "why").await;
    let deleting = project.create("deleting").await;
    project.begin_deletion(&deleting, HOUR).await;
    let retiring = project.create("retiring").await;
    project.recreate(&retiring).await;
    project.retire(&retiring, Some(HOUR)).await;
    let compromised = project.create("compromised").await;
    project.compromise(&compromised).await;
    project.create_expiring("expiring").await;
    let revealed = project.create_expiring("expiring-revealed").await;
    project
        .reveal(&revealed, &claim())
        .await
        .expect("the value");
    let expired = project.create_expiring("expired").await;
    project.set_expiry(&expired, PAST).await;
    project.tokens().await
}

#[tokio::test]
async fn kargos_own_tools_list_and_delete_tokens_in_every_state() {
    in_a_project(async |project| {
        let tokens = tokens_in_every_state(project).await;
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
            // `kargo delete token` checks the same, then deletes.
            let deleted = project
                .secrets()
                .delete(token.name.as_str(), &DeleteParams::default())
                .await;
            assert!(deleted.expect("deleted").is_right(), "nothing keeps it");
        }
        assert_eq!(project.tokens().await, []);
    })
    .await;
}
