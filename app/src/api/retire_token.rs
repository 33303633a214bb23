//! `POST /api/retire_token`: how long the old token of a rotation is kept.

#[cfg(feature = "ssr")]
use jiff::SignedDuration;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Keeps a token that has a successor for `overlap` seconds from now, then deletes it; without it, until somebody deletes it.
#[server(endpoint = "retire_token", input = PostUrl, output = Json)]
pub async fn retire_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    overlap: Option<u32>,
) -> Result<(), ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    let overlap = overlap.map(|seconds| SignedDuration::from_secs(seconds.into()));
    let cluster = super::cluster()?;
    cluster.retire_token(&token, overlap).await?;
    if let Some(overlap) = overlap {
        cluster.finish_later(token, overlap);
    }
    Ok(())
}
