//! `POST /api/compromise_token`: the value is in the wrong hands.

use kargo::token::TokenHandle;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::Policy;

/// Suspends the token and answers with its successor, which waits to be revealed. Called again, it goes on where it stopped.
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
    Ok(cluster
        .compromise_token(&token, lifetime)
        .await?
        .handle(&token.scope))
}
