//! `POST /api/delete_token`: deletes a token, with time to undo it or at once.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::Policy;

/// Begins to delete exactly the token of this UID: it is suspended now, and deleted after the seconds that are answered, unless it is
/// restored before. With `now`, it is deleted at once. The API server refuses its value within about 10 seconds, either way.
#[server(endpoint = "delete_token", input = PostUrl, output = Json)]
pub async fn delete_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    now: Option<bool>,
) -> Result<Option<u64>, ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    let (cluster, policy) = (super::cluster()?, Policy::get());
    if now == Some(true) {
        cluster.delete_token(&token).await?;
        return Ok(None);
    }
    if policy.undo_window == 0 {
        return Err(ApiError::invalid(
            "Deletions can't be undone here (--undo-window 0), so this one has to be confirmed.",
        ));
    }
    cluster.begin_deletion(&token, policy.undo_window()).await?;
    cluster.finish_deletion_later(token, policy.undo_window());
    Ok(Some(policy.undo_window))
}
