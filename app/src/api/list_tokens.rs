//! `GET /api/list_tokens`: the tokens of a scope, without their values.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kargo::{
    filter::{Counts, FilterWords},
    name::TokenName,
    succession::PendingPredecessor,
    token::TokenSummary,
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::ApiError;

/// What a page shows of a scope's tokens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenList {
    /// The shown tokens, by role, the newest first.
    pub tokens: Vec<TokenSummary>,
    /// How many tokens of each role pass the filter, whether on this page or not.
    pub totals: BTreeMap<String, usize>,
    /// How many tokens the scope, or the one role, has of each kind, whether shown or not.
    pub counts: Counts,
    /// The token that the person is signed in with, if it is one of these.
    pub own: Option<TokenName>,
    /// The UTC day since which the cluster tracks uses. Read for the clean-up only.
    pub tracking_since: Option<String>,
    /// Creation times of the shown tokens' successors, by name.
    pub successors: BTreeMap<TokenName, Timestamp>,
    /// The old tokens that unrevealed successors replace, by the successors' names.
    pub replaced: BTreeMap<TokenName, PendingPredecessor>,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

/// All roles, with the first tokens of each; or one page (from 1) of one role's tokens. `show`, `days` and the other words of
/// [`FilterWords`]: only tokens that pass a filter. `q`: only tokens with these words ([`kargo::search::Search`]).
#[server(endpoint = "list_tokens", input = GetUrl, output = Json)]
pub async fn list_tokens(
    scope: String,
    role: Option<String>,
    page: Option<u32>,
    q: Option<String>,
    #[server(flatten)] filter: FilterWords,
) -> Result<TokenList, ApiError> {
    let query = super::tokens_query(scope, role, page, q.as_deref(), &filter)?;
    let cluster = super::viewer()?.to_read(&query.scope).await?;
    let snapshot = crate::page_model::Snapshot::read(&cluster, &query).await?;
    let shown = &snapshot.shown;
    Ok(TokenList {
        totals: shown
            .grouped
            .groups
            .iter()
            .map(|group| (group.role.clone(), group.total))
            .collect(),
        counts: shown.grouped.counts,
        own: snapshot.own_token,
        tracking_since: snapshot.tracking_since,
        successors: shown.successors.clone(),
        replaced: shown.predecessors.clone(),
        now: snapshot.now,
        tokens: shown.grouped.tokens().cloned().collect(),
    })
}
