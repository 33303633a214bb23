//! `POST /api/finish_token`: does what is due, such as a deletion whose program has ended.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Deletes a token of which something is due (`kargo::token::Due`); refuses any other.
#[server(endpoint = "finish_token", input = PostUrl, output = Json)]
pub async fn finish_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
) -> Result<(), ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    Ok(super::cluster()?.finish_token(&token).await?)
}
