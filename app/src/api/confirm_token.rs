//! `POST /api/confirm_token`: notes that the value was saved.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};

/// Notes on the token that its value was saved. No claim gets the value again.
#[server(endpoint = "confirm_token", input = PostUrl, output = Json)]
pub async fn confirm_token(
    #[server(flatten)] token: TokenRef,
    claim: String,
) -> Result<TokenAnswer, ApiError> {
    let claim = super::argument("claim", claim)?;
    let viewer = super::viewer()?;
    let cluster = viewer.to(&token.scope, super::requests::CHANGE).await?;
    Ok(cluster.confirm_token(&token, &claim).await?.into())
}
