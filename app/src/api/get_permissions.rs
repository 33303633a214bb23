//! `GET /api/get_abilities`: what the person may do in a scope, and what the cluster is able to.

use kargo::permissions::{ClusterFeatures, Permissions};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::ApiError;

/// Permissions and cluster features in one object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Abilities {
    /// Permissions that the API server grants.
    #[serde(flatten)]
    pub permissions: Permissions,
    /// Capabilities of the cluster.
    #[serde(flatten)]
    pub features: ClusterFeatures,
}

/// Asks the API server what it would allow.
#[server(endpoint = "get_abilities", input = GetUrl, output = Json)]
pub async fn get_permissions(scope: String) -> Result<Abilities, ApiError> {
    let scope = super::argument("scope", scope)?;
    let viewer = super::viewer()?;
    let (permissions, features) =
        futures::try_join!(viewer.permissions(&scope), viewer.base().features())?;
    Ok(Abilities {
        permissions,
        features,
    })
}
