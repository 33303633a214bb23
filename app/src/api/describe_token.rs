//! `GET /api/describe_token`: one token in full, but for its value.

use jiff::Timestamp;
use kargo::{
    event::Event,
    role::RoleSummary,
    token::{Abilities, Act, TokenSummary},
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::{ApiError, Replaced};

/// Everything that the person may know of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenDetails {
    /// What lists show of it.
    pub summary: TokenSummary,
    /// What was done to it here, oldest first; the last 20 acts at most.
    pub history: Vec<Act>,
    /// Kubernetes' Events about it, oldest first; or why they can't be listed.
    pub events: Result<Vec<Event>, ApiError>,
    /// Its role, `None` where the scope has none of this name; or why roles can't be listed.
    pub role: Result<Option<RoleSummary>, ApiError>,
    /// What the person may do to it, where that is known.
    pub abilities: Option<Abilities>,
    /// The UTC day since which the cluster notes when tokens are used, where that is known.
    pub tracking_since: Option<String>,
    /// The token in whose place it is, while it waits to be revealed.
    pub replaced: Option<Replaced>,
    /// Whether the person is signed in with it.
    pub is_own: bool,
    /// Its Secret as YAML, the values redacted.
    pub yaml: String,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

/// One token in full. Only the token itself must be readable; what else is not, is said in its place.
#[server(endpoint = "describe_token", input = GetUrl, output = Json)]
pub async fn describe_token(scope: String, name: String) -> Result<TokenDetails, ApiError> {
    let (scope, name): (kargo::scope::Scope, kargo::name::TokenName) = (
        super::argument("scope", scope)?,
        super::argument("name", name)?,
    );
    let cluster = super::cluster()?;
    let token = async {
        let token = cluster.describe_token(&scope, &name).await?;
        let events = cluster.list_events(&token.summary.handle(&scope)).await;
        let replaced = match &token.summary.replaces {
            Some(old) => cluster.get_token(&scope, old).await.ok(),
            None => None,
        };
        Ok::<_, ApiError>((token, events, replaced))
    };
    let (token, roles, abilities, tracking_since) = futures::join!(
        token,
        cluster.list_roles(&scope),
        cluster.abilities(&scope),
        cluster.tracking_since(),
    );
    let (token, events, old) = token?;
    let its_own = |role: &RoleSummary| role.name.as_str() == token.summary.role;
    Ok(TokenDetails {
        role: roles
            .map(|roles| roles.into_iter().find(its_own))
            .map_err(ApiError::from),
        replaced: old.and_then(|old| Replaced::by(&token.summary, &old, &scope)),
        summary: token.summary,
        history: token.history,
        events: events.map_err(ApiError::from),
        abilities: abilities.ok(),
        tracking_since: tracking_since.unwrap_or_default(),
        is_own: cluster.is_own_token(&scope, &name),
        yaml: token.yaml,
        now: token.now,
    })
}
