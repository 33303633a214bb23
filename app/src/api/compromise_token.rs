//! `POST /api/compromise_token`: reports that a token's value is in the wrong hands.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use crate::{background::Background, policy::TokenPolicy};

/// How long the reporter's page has for the last step before the program takes it in the background.
#[cfg(feature = "ssr")]
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(20);

/// Suspends the token and answers with its successor, which waits to be revealed. From the suspension on, the program sees to it that the value
/// ends; `finish_compromise` deletes the old token earlier. A second call makes another successor.
#[server(endpoint = "compromise_token", input = PostUrl, output = Json)]
pub async fn compromise_token(#[server(flatten)] token: TokenRef) -> Result<TokenRef, ApiError> {
    let (viewer, policy, background) = (super::viewer()?, TokenPolicy::get(), Background::get());
    let cluster = viewer
        .to_at_least(&token.scope, super::requests::COMPROMISE, 2)
        .await?;
    let lifetime = super::recreate_token::lifetime(&cluster, &token, None, &policy).await?;
    let report = cluster.report_compromise(&token).await?;
    if let Some(background) = background {
        background.end_compromised(cluster.clone(), report.clone(), PATIENCE);
    }
    let recreated = cluster.replace_compromised(&report, lifetime).await?;
    Ok(recreated.successor.token.token_ref(&token.scope))
}
