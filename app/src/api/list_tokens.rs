//! `GET /api/list_tokens`: the tokens of a scope, without their values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kargo::{name::TokenName, token::TokenSummary};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::{ApiError, Replaced};
#[cfg(feature = "ssr")]
use super::{Show, show::Wanted};

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
    /// How many tokens of the asked kind each role has in all, whether on this page or not.
    pub totals: BTreeMap<String, usize>,
    /// The scope's tokens by state, whether shown or not.
    pub counts: Counts,
    /// The token that the person is signed in with, if it is one of these.
    pub own: Option<TokenName>,
    /// The day since which uses are noted, where the person may read it; told with the clean-up only.
    pub tracking_since: Option<String>,
    /// When the successors of the shown tokens were created, by their names.
    pub successors: BTreeMap<TokenName, Timestamp>,
    /// The tokens in whose place unrevealed ones are, by the new ones' names.
    pub replaced: BTreeMap<TokenName, Replaced>,
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
    /// Tokens that expire within [`SOON`] days.
    pub expiring: usize,
    /// Tokens that are to be deleted, and those that are due.
    pub due: usize,
}

/// All roles, [`PER_ROLE`] tokens of each; or one role's page (from 1) of [`PER_PAGE`]. `show` and `days`: only those of one kind
/// ([`Show`]).
#[server(endpoint = "list_tokens", input = GetUrl, output = Json)]
pub async fn list_tokens(
    scope: String,
    role: Option<String>,
    page: Option<usize>,
    show: Option<String>,
    days: Option<u32>,
) -> Result<TokenList, ApiError> {
    let scope = super::argument("scope", scope)?;
    let show = Show::asked(show.as_deref(), days)?;
    let cluster = super::cluster()?;
    let (tokens, now) = cluster.list_all_tokens(&scope).await?;
    let own = tokens
        .iter()
        .find(|token| cluster.is_own_token(&scope, &token.name))
        .map(|token| token.name.clone());
    let tracking_since = match show {
        Show::CleanUp { .. } => cluster.tracking_since().await?,
        _ => None,
    };
    let replaced = Replaced::among(&tokens, &scope);
    let wanted = Wanted::read(show, &cluster, &scope, now).await?;
    let list = TokenList::of(tokens, role.as_deref(), page.unwrap_or(1), &wanted);
    Ok(TokenList {
        own,
        tracking_since,
        replaced,
        ..list
    })
}

#[cfg(feature = "ssr")]
impl TokenList {
    /// Counts everything, keeps what is to be shown.
    fn of(mut all: Vec<TokenSummary>, role: Option<&str>, page: usize, wanted: &Wanted) -> Self {
        let now = wanted.now;
        all.sort_by(|a, b| b.created.cmp(&a.created).then_with(|| a.name.cmp(&b.name)));
        let created: BTreeMap<TokenName, Timestamp> = all
            .iter()
            .filter(|token| token.replaces.is_some())
            .map(|token| (token.name.clone(), token.created))
            .collect();
        let (mut totals, mut counts) = (BTreeMap::<String, usize>::new(), Counts::default());
        let first = page.saturating_sub(1).saturating_mul(PER_PAGE);
        let mut tokens = Vec::new();
        for token in all {
            counts.add(&token, now);
            if !wanted.includes(&token) {
                continue;
            }
            let seen = totals.entry(token.role.clone()).or_default();
            let shown = match role {
                None => *seen < PER_ROLE,
                Some(role) => {
                    token.role == role && (first..first.saturating_add(PER_PAGE)).contains(seen)
                }
            };
            *seen += 1;
            if shown {
                tokens.push(token);
            }
        }
        let successors = tokens
            .iter()
            .filter_map(|token| token.replaced_by.as_ref())
            .filter_map(|name| Some((name.clone(), *created.get(name)?)))
            .collect();
        Self {
            tokens,
            totals,
            counts,
            own: None,
            tracking_since: None,
            successors,
            replaced: BTreeMap::new(),
            now,
        }
    }
}

#[cfg(feature = "ssr")]
impl Counts {
    fn add(&mut self, token: &TokenSummary, now: Timestamp) {
        use kargo::token::TokenState;

        match token.state {
            TokenState::Active => self.active += 1,
            TokenState::Preparing | TokenState::Unrevealed => self.unrevealed += 1,
            TokenState::Suspended { .. } => self.suspended += 1,
            TokenState::Deleting { .. } | TokenState::Expired { .. } => {}
        }
        let shown = |show: Show| usize::from(show.shows(token, now));
        self.never_used += shown(Show::NeverUsed);
        self.expiring += shown(Show::Expiring);
        self.due += shown(Show::Due);
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use kargo::token::Uid;

    use super::*;
    use crate::sample;

    fn token(role: &str, n: usize) -> TokenSummary {
        TokenSummary {
            name: format!("{role}-{n}").parse().expect("a name"),
            uid: Uid(n.to_string()),
            role: role.to_owned(),
            created: Timestamp::from_second(i64::try_from(n).expect("small")).expect("a time"),
            last_used: (n == 0).then(|| "2026-01-01".to_owned()),
            ..sample::token()
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
        let list = TokenList::of(many(), None, 1, &Wanted::all());
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
        let page = |n| TokenList::of(many(), Some("big"), n, &Wanted::all()).tokens;
        assert_eq!(
            (page(1).len(), page(2).len(), page(3).len(), page(4).len()),
            (200, 200, 50, 0)
        );
        assert_eq!(page(3)[49].name.as_str(), "big-0");
        assert_eq!(page(usize::MAX).len(), 0, "no page number panics");
    }
}
