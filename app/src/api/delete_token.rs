//! `POST /api/delete_token`: deletes a token, with an undo window or at once.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};
#[cfg(feature = "ssr")]
use crate::{background::Background, policy::TokenPolicy};

/// Begins to delete exactly the token of this UID: suspends it now, and deletes it when the undo window ends, unless it is restored
/// before. `now`: deletes it at once. The API server refuses its value within about 10 seconds, either way. `more`: seconds that are
/// added to the undo window, an hour at most; in a bulk deletion the first token can still be undone when the last one begins.
#[server(endpoint = "delete_token", input = PostUrl, output = Json)]
pub async fn delete_token(
    #[server(flatten)] token: TokenRef,
    now: Option<bool>,
    more: Option<u64>,
) -> Result<TokenAnswer, ApiError> {
    let (viewer, policy, background) = (super::viewer()?, TokenPolicy::get(), Background::get());
    if now == Some(true) {
        let cluster = viewer.to(&token.scope, super::requests::DELETE).await?;
        cluster.delete_token(&token).await?;
        return Ok(TokenAnswer::deleted());
    }
    if policy.undo_window == 0 {
        return Err(ApiError::invalid(
            "Deletions can't be undone here (--undo-window 0), so this one must be confirmed.",
        ));
    }
    let window = policy.undo_window(more.unwrap_or(0));
    let cluster = viewer
        .to_at_least(&token.scope, super::requests::UNDOABLE, 2)
        .await?;
    let changed = cluster.begin_deletion(&token, window).await?;
    if let Some(background) = background {
        background.start(cluster.finish_when_due(token, window));
    }
    Ok(TokenAnswer {
        undo_seconds: Some(window.as_secs().unsigned_abs()),
        ..changed.into()
    })
}
