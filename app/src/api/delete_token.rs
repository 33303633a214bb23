//! `POST /api/delete_token`: deletes a token.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Deletes exactly the token of this UID; the API server refuses its value within about 10 seconds.
#[server(endpoint = "delete_token", input = PostUrl, output = Json)]
pub async fn delete_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
) -> Result<(), ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    Ok(super::cluster()?.delete_token(&token).await?)
}
