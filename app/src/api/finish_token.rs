//! `POST /api/finish_token`: deletes a token that is due, such as one whose deletion was interrupted.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};

/// Deletes a token that is due for clean-up ([`kargo::token::CleanupReason`]); refuses any other.
#[server(endpoint = "finish_token", input = PostUrl, output = Json)]
pub async fn finish_token(#[server(flatten)] token: TokenRef) -> Result<TokenAnswer, ApiError> {
    let viewer = super::viewer()?;
    let cluster = viewer.to(&token.scope, super::requests::DELETE).await?;
    cluster.finish_token(&token).await?;
    Ok(TokenAnswer::deleted())
}
