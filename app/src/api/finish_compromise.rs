//! `POST /api/finish_compromise`: deletes a compromised token once the API server refuses it.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Waits up to 12 seconds until the API server must refuse the token, tries it, then deletes it. Answers with whether it was seen to be
/// refused.
#[server(endpoint = "finish_compromise", input = PostUrl, output = Json)]
pub async fn finish_compromise(
    scope: String,
    role: String,
    name: String,
    uid: String,
) -> Result<bool, ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    Ok(super::cluster()?.finish_compromise(&token).await?)
}
