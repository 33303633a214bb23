//! `POST /api/compromise_token`: the value is in the wrong hands.

use kargo::token::TokenHandle;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::Policy;

/// How long it is left to whoever reported a token to finish that, and to see how it went.
#[cfg(feature = "ssr")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Suspends the token and answers with its successor, which waits to be revealed. The old one is deleted by `finish_compromise`, or
/// somewhat later in the background. Called again, it makes another successor.
#[server(endpoint = "compromise_token", input = PostUrl, output = Json)]
pub async fn compromise_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
) -> Result<TokenHandle, ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    let cluster = super::cluster()?;
    let lifetime = super::recreate_token::lifetime(&cluster, &token, None, Policy::get()).await?;
    let successor = cluster.compromise_token(&token, lifetime).await?;
    let handle = successor.handle(&token.scope);
    cluster.finish_compromise_later(token, PATIENCE);
    Ok(handle)
}
