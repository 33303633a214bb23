//! `POST /api/recreate_token`: creates a successor for a token.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use crate::policy::TokenPolicy;

/// Creates a token for the same role under a name that never existed, and answers with it. The old token goes on working. `lifetime`:
/// seconds, 0: without end; nothing: the old token's lifetime, within the policy. `successor`: the name of the successor that the person saw beside
/// the token, `.` for none; where it has another one by now, nothing is created.
#[server(endpoint = "recreate_token", input = PostUrl, output = Json)]
pub async fn recreate_token(
    #[server(flatten)] token: TokenRef,
    lifetime: Option<u64>,
    successor: Option<String>,
) -> Result<TokenRef, ApiError> {
    let policy = TokenPolicy::get();
    let viewer = super::viewer()?;
    let cluster = viewer.to(&token.scope, super::requests::RECREATE).await?;
    if let Some(seen) = successor {
        cluster.require_seen_successor(&token, &seen).await?;
    }
    let lifetime = self::lifetime(&cluster, &token, lifetime, &policy).await?;
    Ok(cluster
        .recreate_token(&token, lifetime)
        .await?
        .successor
        .token
        .token_ref(&token.scope))
}

/// Lifetimes beyond ten years are treated as ten years.
#[cfg(feature = "ssr")]
const LONGEST: u64 = 10 * 365 * 24 * 3600;

/// The lifetime of a successor: the requested one, or else the old token's within the policy.
#[cfg(feature = "ssr")]
pub(super) async fn lifetime(
    cluster: &kargo::cluster::Cluster,
    old: &TokenRef,
    requested: Option<u64>,
    policy: &TokenPolicy,
) -> Result<Option<jiff::SignedDuration>, ApiError> {
    if requested.is_some() {
        return policy.lifetime(&old.role, requested);
    }
    let found = cluster.get_token(&old.scope, &old.name).await?;
    let before = found
        .expires
        .map(|end| u64::try_from(end.duration_since(found.created).as_secs()).unwrap_or(0));
    // The cluster counts a lifetime from the reveal, a little after the creation: round to the nearest hour, one at least.
    let before = before.map(|seconds| ((seconds + 1800) / 3600 * 3600).clamp(3600, LONGEST));
    let wanted = match (before, policy.max_lifetime.of(&old.role)) {
        (Some(before), Some(longest)) => Some(before.min(longest)),
        (before, longest) => before.or(longest),
    };
    policy.lifetime(&old.role, wanted)
}
