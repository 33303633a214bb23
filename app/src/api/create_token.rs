//! `POST /api/create_token`: a new token for a role.

use kargo::token::TokenHandle;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::Policy;

/// Answers at once; the value is revealed by `reveal_token` as soon as Kubernetes has written it. `lifetime`: seconds after which it
/// ends by itself; 0 or nothing: never.
#[server(endpoint = "create_token", input = PostUrl, output = Json)]
pub async fn create_token(
    scope: String,
    role: String,
    name: String,
    lifetime: Option<u64>,
) -> Result<TokenHandle, ApiError> {
    let scope = super::argument("scope", scope)?;
    let role = super::argument("role", role)?;
    let name = super::argument("name", name)?;
    let lifetime = Policy::get().lifetime(lifetime)?;
    Ok(super::cluster()?
        .create_token(&scope, &role, &name, lifetime)
        .await?
        .handle(&scope))
}
