//! Listing tokens.

use std::time::Duration;

use jiff::Timestamp;
use kargo::{
    scope::Scope,
    token::{Missing, TokenState},
};
use serde_json::json;

use super::support::{
    control_plane::{admin, user},
    project::in_a_project,
};

#[tokio::test]
async fn a_list_shows_every_kind_of_token_with_its_state() {
    in_a_project(async |project| {
        project
            .add_token(
                "kubectl",
                json!({ "kubernetes.io/legacy-token-last-used": "2026-02-03" }),
                json!({}),
            )
            .await;
        project.add_kargo_token("kargo").await;
        project.create("unrevealed").await;
        let suspended = project.create("suspended").await;
        project
            .set_suspension_label(&suspended, Some("2026-01-02"))
            .await;
        let tokens = project.tokens().await;
        let seen: Vec<_> = tokens
            .iter()
            .map(|token| (token.name.as_str(), &token.state, token.missing.as_slice()))
            .collect();
        assert_eq!(
            seen,
            [
                ("kargo", &TokenState::Active, &[][..]),
                (
                    "kubectl",
                    &TokenState::Active,
                    &[Missing::Label, Missing::ManagedAnnotation]
                ),
                (
                    "suspended",
                    &TokenState::Suspended {
                        since: "2026-01-02".to_owned()
                    },
                    &[]
                ),
                ("unrevealed", &TokenState::Unrevealed, &[]),
            ]
        );
        assert_eq!(tokens[1].last_used.as_deref(), Some("2026-02-03"));
        assert!(tokens.iter().all(|token| token.role == "ci"));
    })
    .await;
}

#[tokio::test]
async fn a_list_comes_in_pages() {
    in_a_project(async |project| {
        let names = ["a", "b", "c", "d", "e"];
        for name in names {
            project.create_unpopulated(name).await;
        }
        let (mut seen, mut next, mut pages) = (Vec::new(), None, 0);
        loop {
            let page = project
                .cluster
                .list_tokens(&project.scope, 2, next.as_deref())
                .await
                .expect("a page");
            assert!(page.tokens.len() <= 2);
            seen.extend(page.tokens.into_iter().map(|token| token.name.to_string()));
            pages += 1;
            assert!(pages <= 3, "each page continues the one before");
            next = page.next;
            if next.is_none() {
                break;
            }
        }
        assert_eq!(
            (seen.as_slice(), pages),
            (names.map(str::to_owned).as_slice(), 3)
        );
    })
    .await;
}

#[tokio::test]
async fn a_list_has_the_api_servers_time() {
    let page = admin()
        .await
        .list_tokens(&Scope::System, 1, None)
        .await
        .expect("a page");
    let apart = Timestamp::now().duration_since(page.now).unsigned_abs();
    assert!(
        apart < Duration::from_secs(5),
        "{apart:?} apart, on the same machine"
    );
}

#[tokio::test]
async fn a_viewer_may_not_list_tokens() {
    let error = user("viewer")
        .await
        .list_tokens(&Scope::System, 10, None)
        .await
        .expect_err("forbidden");
    assert_eq!(
        error.to_string(),
        "You may not list secrets in namespace kargo."
    );
}

#[tokio::test]
async fn an_impossible_next_page_is_invalid() {
    let error = admin()
        .await
        .list_tokens(&Scope::System, 1, Some("nonsense"))
        .await
        .expect_err("no such page");
    assert_eq!(error.problem().kind, kargo::problem::Kind::Invalid);
}
