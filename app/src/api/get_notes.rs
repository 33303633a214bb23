//! `GET /api/get_notes`: a token's note and contact as they are now.

use kargo::token::Notes;
use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};

use super::ApiError;

/// Reads both texts.
#[server(endpoint = "get_notes", input = GetUrl, output = Json)]
pub async fn get_notes(scope: String, name: String) -> Result<Notes<String>, ApiError> {
    let scope = super::argument("scope", scope)?;
    let name = super::argument("name", name)?;
    let cluster = super::viewer()?.to_read(&scope).await?;
    let token = cluster.get_token(&scope, &name).await?;
    Ok(Notes {
        note: token.note.unwrap_or_default(),
        contact: token.contact.unwrap_or_default(),
    })
}
