//! `POST /api/delete_token`: deletes a token, with time to undo it or at once.

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::Policy;

/// Begins to delete exactly the token of this UID: it is suspended now, and deleted after the seconds that are answered, unless it is
/// restored before. With `now`, it is deleted at once. The API server refuses its value within about 10 seconds, either way. `more`:
/// seconds more to undo it, an hour at most, where many are deleted together: the first must not be gone before the last is begun.
#[server(endpoint = "delete_token", input = PostUrl, output = Json)]
pub async fn delete_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    now: Option<bool>,
    more: Option<u64>,
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
    let window = policy.undo_window(more.unwrap_or(0));
    cluster.begin_deletion(&token, window).await?;
    cluster.finish_later(token, window);
    Ok(Some(window.as_secs().unsigned_abs()))
}
