//! `POST /api/confirm_token`: *I saved it*.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Notes on the token that its value was saved; from then on no claim gets it again.
#[server(endpoint = "confirm_token", input = PostUrl, output = Json)]
pub async fn confirm_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    claim: String,
) -> Result<(), ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    let claim = super::argument("claim", claim)?;
    Ok(super::cluster()?.confirm_token(&token, &claim).await?)
}
