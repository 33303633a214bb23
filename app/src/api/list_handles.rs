//! `GET /api/list_handles`: every token that a page's address asks for, for what is done to all of them.

use kargo::token::TokenHandle;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::{Show, show::Wanted};

/// The managed tokens that `list_tokens` shows with the same arguments, all of its pages together.
#[server(endpoint = "list_handles", input = GetUrl, output = Json)]
pub async fn list_handles(
    scope: String,
    role: Option<String>,
    show: Option<String>,
    days: Option<u32>,
) -> Result<Vec<TokenHandle>, ApiError> {
    let scope = super::argument("scope", scope)?;
    let show = Show::asked(show.as_deref(), days)?;
    let cluster = super::cluster()?;
    let (tokens, now) = cluster.list_all_tokens(&scope).await?;
    let wanted = Wanted::read(show, &cluster, &scope, now).await?;
    Ok(tokens
        .iter()
        .filter(|token| token.is_managed() && wanted.includes(token))
        .filter(|token| role.as_ref().is_none_or(|role| *role == token.role))
        .map(|token| token.handle(&scope))
        .collect())
}
