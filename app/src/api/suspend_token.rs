//! `POST /api/suspend_token`: has the API server refuse a token until it is restored.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Suspends a token; `reason` is for people, and may be empty.
#[server(endpoint = "suspend_token", input = PostUrl, output = Json)]
pub async fn suspend_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    reason: Option<String>,
) -> Result<(), ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    let reason = super::argument("reason", reason.unwrap_or_default())?;
    super::cluster()?.suspend_token(&token, &reason).await?;
    Ok(())
}
