//! `POST /api/retire_token`: sets how long the old token of a rotation is kept.

#[cfg(feature = "ssr")]
use jiff::SignedDuration;
use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};
#[cfg(feature = "ssr")]
use crate::background::Background;

/// Keeps a token that has a successor for `overlap` seconds from now, then deletes it. Without `overlap` the token is kept until somebody
/// deletes it.
#[server(endpoint = "retire_token", input = PostUrl, output = Json)]
pub async fn retire_token(
    #[server(flatten)] token: TokenRef,
    overlap: Option<u32>,
) -> Result<TokenAnswer, ApiError> {
    let overlap = overlap.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let (viewer, background) = (super::viewer()?, Background::get());
    let cluster = viewer
        .to_at_least(&token.scope, super::requests::UNDOABLE, 2)
        .await?;
    let changed = cluster.retire_token(&token, overlap).await?;
    if let (Some(overlap), Some(background)) = (overlap, background) {
        background.start(cluster.finish_when_due(token, overlap));
    }
    Ok(changed.into())
}
