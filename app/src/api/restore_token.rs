//! `POST /api/restore_token`: undoes a suspension, or a deletion that has begun.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};
#[cfg(feature = "ssr")]
use crate::background::Background;
#[cfg(feature = "ssr")]
use kargo::cluster::OfReported;

/// Age of a report from which no other program carries it out any more.
#[cfg(feature = "ssr")]
const CARRIED_OUT_AFTER: jiff::SignedDuration = jiff::SignedDuration::from_secs(60);

/// Restores a token to what it was before. `compromised`: also one that was reported as compromised.
#[server(endpoint = "restore_token", input = PostUrl, output = Json)]
pub async fn restore_token(
    #[server(flatten)] token: TokenRef,
    compromised: Option<bool>,
) -> Result<TokenAnswer, ApiError> {
    let (viewer, background) = (super::viewer()?, Background::get());
    let cluster = viewer.to(&token.scope, super::requests::CHANGE).await?;
    if compromised != Some(true) {
        return Ok(cluster
            .restore_token(&token, OfReported::Refuse)
            .await?
            .into());
    }
    let person = cluster.name_of(cluster.whoami().await?);
    let withdrawal = match &background {
        Some(background) => background.reports().call_off(&token, &person)?,
        None => None,
    };
    let of_reported = match &withdrawal {
        Some(_) => OfReported::Restore,
        None => OfReported::RestoreAfter(CARRIED_OUT_AFTER),
    };
    let changed = cluster.restore_token(&token, of_reported).await?;
    if let Some(withdrawal) = withdrawal {
        withdrawal.done();
    }
    Ok(changed.into())
}
