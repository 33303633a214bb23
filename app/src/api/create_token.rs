//! `POST /api/create_token`: creates a token for a role.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use crate::policy::TokenPolicy;

/// Creates the token and answers at once. `reveal_token` gives the value as soon as Kubernetes has written it. `lifetime`: seconds until
/// the token expires; 0 or nothing: never.
#[server(endpoint = "create_token", input = PostUrl, output = Json)]
pub async fn create_token(
    scope: String,
    role: String,
    name: String,
    lifetime: Option<u64>,
) -> Result<TokenRef, ApiError> {
    let scope = super::argument("scope", scope)?;
    let role = super::argument("role", role)?;
    let name = super::argument("name", name)?;
    let lifetime = TokenPolicy::get().lifetime(lifetime)?;
    Ok(super::cluster()?
        .create_token(&scope, &role, &name, lifetime)
        .await?
        .token
        .token_ref(&scope))
}
