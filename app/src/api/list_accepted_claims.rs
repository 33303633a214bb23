//! `GET /api/list_accepted_claims`: the claims that ServiceAccounts accept, for a comparison with pasted claims in the browser.

use kargo::claims::ClaimedAccounts;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;

/// The ServiceAccounts that the person may list by their own rights. `scope`: a scope that is tried although the person may not list projects.
#[server(endpoint = "list_accepted_claims", input = GetUrl, output = Json)]
pub async fn list_accepted_claims(scope: Option<String>) -> Result<ClaimedAccounts, ApiError> {
    let scope = scope
        .map(|scope| super::argument("scope", scope))
        .transpose()?;
    let global = crate::policy::GlobalNamespaces::get();
    let viewer = super::viewer()?;
    Ok(viewer.claimed_accounts(&global, scope.as_ref()).await?)
}
