//! `GET /api/list_roles`: the roles of a scope, with what each may do.

use kargo::role::RoleSummary;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;

/// The roles of a scope by name.
#[server(endpoint = "list_roles", input = GetUrl, output = Json)]
pub async fn list_roles(scope: String) -> Result<Vec<RoleSummary>, ApiError> {
    let scope = super::argument("scope", scope)?;
    let cluster = super::viewer()?.to_read(&scope).await?;
    Ok(cluster.list_roles(&scope).await?)
}
