//! `GET /api/list_exposed`: which other tokens the holder of a compromised token could have read or created.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;
use crate::exposure_report::ExposureReport;

/// Judges what a role of a scope lets its holder read and create. `name`: the compromised token. `before`: Unix time of the report (API
/// server clock); later tokens are excluded.
#[server(endpoint = "list_exposed", input = GetUrl, output = Json)]
pub async fn list_exposed(
    scope: String,
    role: String,
    name: Option<String>,
    before: Option<i64>,
) -> Result<ExposureReport, ApiError> {
    let scope = super::argument("scope", scope)?;
    let before = before.and_then(|before| jiff::Timestamp::from_second(before).ok());
    let cluster = super::viewer()?.to_read(&scope).await?;
    let report =
        crate::page_model::exposure_report(&cluster, &scope, &role, name.as_deref(), before);
    Ok(report.await?.0)
}
