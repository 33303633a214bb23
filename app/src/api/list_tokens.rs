//! `GET /api/list_tokens`: the tokens of a scope, without their values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kargo::token::TokenSummary;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::ApiError;

/// Tokens of each role shown while all roles are.
#[cfg(feature = "ssr")]
const PER_ROLE: usize = 50;
/// Tokens on a page of one role.
pub const PER_PAGE: usize = 200;

/// What a page shows of a scope's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// The tokens to show, newest first.
    pub tokens: Vec<TokenSummary>,
    /// How many tokens each role has in all, whether shown or not.
    pub totals: BTreeMap<String, usize>,
    /// The scope's tokens by state.
    pub counts: Counts,
    /// The time by the API server's clock: ages are told from it, the same on the server and in the browser.
    pub now: Timestamp,
}

/// How many tokens a scope has.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Working tokens.
    pub active: usize,
    /// Tokens whose value nobody has seen, or that has not been written yet.
    pub unrevealed: usize,
    /// Tokens that the API server refuses.
    pub suspended: usize,
    /// Tokens that were never used.
    pub never_used: usize,
}

/// All roles, [`PER_ROLE`] tokens of each; or one role's page (from 1) of [`PER_PAGE`].
#[server(endpoint = "list_tokens", input = GetUrl, output = Json)]
pub async fn list_tokens(
    scope: String,
    role: Option<String>,
    page: Option<usize>,
) -> Result<TokenList, ApiError> {
    let scope = super::argument("scope", scope)?;
    let cluster = super::cluster()?;
    let (mut all, mut next) = (Vec::new(), None);
    let now = loop {
        let page = cluster.list_tokens(&scope, 1000, next.as_deref()).await?;
        all.extend(page.tokens);
        next = page.next;
        if next.is_none() {
            break page.now;
        }
    };
    Ok(TokenList::of(all, role.as_deref(), page.unwrap_or(1), now))
}

#[cfg(feature = "ssr")]
impl TokenList {
    /// Counts everything, keeps what is to be shown.
    fn of(mut all: Vec<TokenSummary>, role: Option<&str>, page: usize, now: Timestamp) -> Self {
        use kargo::token::TokenState;

        all.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.name.cmp(&b.name)));
        let (mut totals, mut counts) = (BTreeMap::<String, usize>::new(), Counts::default());
        let first = page.saturating_sub(1).saturating_mul(PER_PAGE);
        let mut tokens = Vec::new();
        for token in all {
            let seen = totals.entry(token.role.clone()).or_default();
            let shown = match role {
                None => *seen < PER_ROLE,
                Some(role) => {
                    token.role == role && (first..first.saturating_add(PER_PAGE)).contains(seen)
                }
            };
            *seen += 1;
            match token.state {
                TokenState::Active => counts.active += 1,
                TokenState::Preparing | TokenState::Unrevealed => counts.unrevealed += 1,
                TokenState::Suspended { .. } => counts.suspended += 1,
            }
            counts.never_used += usize::from(token.last_used.is_none());
            if shown {
                tokens.push(token);
            }
        }
        Self {
            tokens,
            totals,
            counts,
            now,
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use kargo::token::{TokenState, Uid};

    use super::*;

    fn token(role: &str, n: usize) -> TokenSummary {
        TokenSummary {
            name: format!("{role}-{n}").parse().expect("a name"),
            uid: Uid(n.to_string()),
            role: role.to_owned(),
            created: Timestamp::from_second(i64::try_from(n).expect("small")).expect("a time"),
            state: TokenState::Active,
            last_used: (n == 0).then(|| "2026-01-01".to_owned()),
            missing: vec![],
            created_by: None,
            reveal: None,
            replaces: None,
            replaced_by: None,
        }
    }

    fn many() -> Vec<TokenSummary> {
        (0..450)
            .map(|n| token("big", n))
            .chain((0..3).map(|n| token("small", n)))
            .collect()
    }

    #[test]
    fn shows_some_of_each_role_and_counts_all() {
        let list = TokenList::of(many(), None, 1, Timestamp::UNIX_EPOCH);
        assert_eq!(list.tokens.len(), PER_ROLE + 3);
        assert_eq!(
            list.totals,
            BTreeMap::from([("big".to_owned(), 450), ("small".to_owned(), 3)])
        );
        assert_eq!(
            list.counts,
            Counts {
                active: 453,
                never_used: 451,
                ..Counts::default()
            }
        );
        assert_eq!(list.tokens[0].name.as_str(), "big-449", "newest first");
    }

    #[test]
    fn pages_through_one_role() {
        let page = |n| TokenList::of(many(), Some("big"), n, Timestamp::UNIX_EPOCH).tokens;
        assert_eq!(
            (page(1).len(), page(2).len(), page(3).len(), page(4).len()),
            (200, 200, 50, 0)
        );
        assert_eq!(page(3)[49].name.as_str(), "big-0");
        assert_eq!(page(usize::MAX).len(), 0, "no page number panics");
    }
}
