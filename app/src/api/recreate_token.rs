//! `POST /api/recreate_token`: a successor for a token.

use kargo::token::TokenHandle;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Creates a token for the same role under a name that never existed, and answers with it. The old one goes on working.
#[server(endpoint = "recreate_token", input = PostUrl, output = Json)]
pub async fn recreate_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
) -> Result<TokenHandle, ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    Ok(super::cluster()?
        .recreate_token(&token)
        .await?
        .handle(&token.scope))
}
