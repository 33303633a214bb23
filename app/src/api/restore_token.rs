//! `POST /api/restore_token`: undoes a suspension, or a deletion that has begun.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};

/// Restores a token to what it was before. `compromised`: also one that was reported as compromised.
#[server(endpoint = "restore_token", input = PostUrl, output = Json)]
pub async fn restore_token(
    #[server(flatten)] token: TokenRef,
    compromised: Option<bool>,
) -> Result<TokenAnswer, ApiError> {
    let changed = super::cluster()?
        .restore_token(&token, compromised == Some(true))
        .await?;
    Ok(changed.into())
}
