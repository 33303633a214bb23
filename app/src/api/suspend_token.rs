//! `POST /api/suspend_token`: makes the API server refuse a token until it is restored.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};

/// Suspends a token. `reason`: a text for people, may be empty.
#[server(endpoint = "suspend_token", input = PostUrl, output = Json)]
pub async fn suspend_token(
    #[server(flatten)] token: TokenRef,
    reason: Option<String>,
) -> Result<TokenAnswer, ApiError> {
    let reason = super::argument("reason", reason.unwrap_or_default())?;
    let viewer = super::viewer()?;
    let cluster = viewer.to(&token.scope, super::requests::CHANGE).await?;
    Ok(cluster.suspend_token(&token, &reason).await?.into())
}
