//! `POST /api/recreate_token`: a successor for a token.

use kargo::token::TokenHandle;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use super::Policy;

/// Creates a token for the same role under a name that never existed, and answers with it. The old one goes on working. `lifetime`:
/// seconds, 0: without end; nothing: as long as the old one's, as far as that is allowed.
#[server(endpoint = "recreate_token", input = PostUrl, output = Json)]
pub async fn recreate_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    lifetime: Option<u64>,
) -> Result<TokenHandle, ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    let cluster = super::cluster()?;
    let lifetime = self::lifetime(&cluster, &token, lifetime, Policy::get()).await?;
    Ok(cluster
        .recreate_token(&token, lifetime)
        .await?
        .handle(&token.scope))
}

/// A life of ten years is as good as without end.
#[cfg(feature = "ssr")]
const LONGEST: u64 = 10 * 365 * 24 * 3600;

/// How long a successor lives: as asked; otherwise as long as the old one was meant to, within the policy.
#[cfg(feature = "ssr")]
pub(super) async fn lifetime(
    cluster: &kargo::cluster::Cluster,
    old: &TokenHandle,
    asked: Option<u64>,
    policy: Policy,
) -> Result<Option<jiff::SignedDuration>, ApiError> {
    if asked.is_some() {
        return policy.lifetime(asked);
    }
    let old = cluster.get_token(&old.scope, &old.name).await?;
    let before = old
        .expires
        .map(|end| u64::try_from(end.duration_since(old.created).as_secs()).unwrap_or(0));
    // What the cluster granted is counted from the reveal, a little after the creation: the nearest hour, one at least.
    let before = before.map(|seconds| ((seconds + 1800) / 3600 * 3600).clamp(3600, LONGEST));
    let wanted = match (before, policy.max_lifetime) {
        (Some(before), Some(most)) => Some(before.min(most)),
        (before, most) => before.or(most),
    };
    policy.lifetime(wanted)
}
