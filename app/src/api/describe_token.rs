//! `GET /api/describe_token`: one token in full, but for its value.

use jiff::Timestamp;
use kargo::{
    event::Event,
    role::RoleSummary,
    token::{HistoryEntry, TokenSummary},
};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::{Abilities, ApiError};

/// Everything that the person may know of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenDescription {
    /// The token as lists show it.
    pub summary: TokenSummary,
    /// History entries, oldest first; the last 20 at most.
    pub history: Vec<HistoryEntry>,
    /// Kubernetes Events about the token, oldest first; or why they can't be listed.
    pub events: Result<Vec<Event>, ApiError>,
    /// The token's role, `None` where the scope has none of this name; or why roles can't be listed.
    pub role: Result<Option<RoleSummary>, ApiError>,
    /// The person's permissions; `None` where they can't be read.
    pub abilities: Option<Abilities>,
    /// The UTC day since which the cluster tracks uses, where the person may read it.
    pub tracking_since: Option<String>,
    /// Whether the person is signed in with the token.
    pub is_own: bool,
    /// The Secret as YAML, without values.
    pub yaml: String,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

/// Reads one token in full. Only the token itself must be readable.
#[server(endpoint = "describe_token", input = GetUrl, output = Json)]
pub async fn describe_token(scope: String, name: String) -> Result<TokenDescription, ApiError> {
    let scope = super::argument("scope", scope)?;
    let name = super::argument("name", name)?;
    let viewer = super::viewer()?;
    let cluster = viewer.to_read(&scope).await?;
    let details = crate::page_model::describe(&viewer, &cluster, &scope, &name);
    let details = Box::pin(details).await?;
    Ok(TokenDescription {
        abilities: details
            .permissions
            .zip(details.features)
            .map(|(permissions, features)| Abilities {
                permissions,
                features,
            }),
        role: details.role.map(|(_, role)| role),
        summary: details.summary,
        history: details.history,
        events: details.events,
        tracking_since: details.tracking_since,
        is_own: details.is_own,
        yaml: details.yaml,
        now: details.now,
    })
}
