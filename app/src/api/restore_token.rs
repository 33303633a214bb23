//! `POST /api/restore_token`: undoes a suspension, or a deletion that was begun.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Restores a token to what it was. `compromised`: also one that was reported as compromised.
#[server(endpoint = "restore_token", input = PostUrl, output = Json)]
pub async fn restore_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    compromised: Option<bool>,
) -> Result<(), ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    super::cluster()?
        .restore_token(&token, compromised == Some(true))
        .await?;
    Ok(())
}
