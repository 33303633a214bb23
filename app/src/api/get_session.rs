//! `GET /api/get_session`: who is signed in, and which addresses a token's user needs.

use kargo::token::{Endpoint, Identity};
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::{ApiError, Policy};

/// Addresses outside of this program that its configuration knows.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Addresses {
    /// Kargo's own API server, such as `https://kargo.example.com`, where configured.
    pub kargo: Option<String>,
}

/// What the pages know of the person and the cluster.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Session {
    /// Who Kubernetes says they are.
    pub identity: Identity,
    /// How to reach the Kubernetes API server.
    pub kubernetes: Endpoint,
    /// Other addresses.
    pub addresses: Addresses,
    /// What the configuration allows.
    pub policy: Policy,
}

/// Who is signed in.
#[server(endpoint = "get_session", input = GetUrl, output = Json)]
pub async fn get_session() -> Result<Session, ApiError> {
    let cluster = super::cluster()?;
    let addresses = use_context::<Addresses>().unwrap_or_default();
    Ok(Session {
        identity: cluster.whoami().await?,
        kubernetes: cluster.endpoint(),
        addresses,
        policy: Policy::get(),
    })
}
