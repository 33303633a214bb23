//! `GET /api/list_projects`: the projects that the person may see.

use kargo::name::ProjectName;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;

/// The projects by name. Forbidden to a project admin, who may not list namespaces: they type the name instead.
#[server(endpoint = "list_projects", input = GetUrl, output = Json)]
pub async fn list_projects() -> Result<Vec<ProjectName>, ApiError> {
    Ok(super::viewer()?.list_projects().await?)
}
