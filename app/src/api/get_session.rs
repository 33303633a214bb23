//! `GET /api/get_session`: who is signed in, and the addresses that a token's user needs.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;
use crate::session::Session;
#[cfg(feature = "ssr")]
use kargo::scope::Scope;

/// Reads the session.
#[server(endpoint = "get_session", input = GetUrl, output = Json)]
pub async fn get_session() -> Result<Session, ApiError> {
    let addresses = use_context().unwrap_or_default();
    let policy = crate::policy::TokenPolicy::get();
    Session::read(&super::viewer()?, &Scope::System, addresses, policy).await
}
