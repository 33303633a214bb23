//! `GET /api/list_handles`: every token of a view that bulk commands can be used on.

use kargo::filter::FilterWords;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;
use crate::protocol::SelectableToken;

/// The managed tokens that `list_tokens` shows with the same arguments, on all of its pages, with what can be done to each.
#[server(endpoint = "list_handles", input = GetUrl, output = Json)]
pub async fn list_token_refs(
    scope: String,
    role: Option<String>,
    q: Option<String>,
    #[server(flatten)] filter: FilterWords,
) -> Result<Vec<SelectableToken>, ApiError> {
    let query = super::tokens_query(scope, role, None, q.as_deref(), &filter)?;
    crate::page_model::selectable_tokens(
        &super::viewer()?,
        &query,
        crate::policy::TokenPolicy::get(),
    )
    .await
}
