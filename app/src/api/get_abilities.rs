//! `GET /api/get_abilities`: what the person may do in a scope.

use kargo::token::Abilities;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;

/// What is offered is what the API server says that it would allow.
#[server(endpoint = "get_abilities", input = GetUrl, output = Json)]
pub async fn get_abilities(scope: String) -> Result<Abilities, ApiError> {
    let scope = super::argument("scope", scope)?;
    Ok(super::cluster()?.abilities(&scope).await?)
}
