//! `GET /api/get_notes`: a token's note and contact as they are now.

use leptos::{
    prelude::*,
    server_fn::codec::{GetUrl, Json},
};
use serde::{Deserialize, Serialize};

use super::ApiError;

/// The two texts; empty where there is none.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes {
    /// Anything worth knowing.
    pub note: String,
    /// Whom to ask.
    pub contact: String,
}

/// Reads them.
#[server(endpoint = "get_notes", input = GetUrl, output = Json)]
pub async fn get_notes(scope: String, name: String) -> Result<Notes, ApiError> {
    let scope = super::argument("scope", scope)?;
    let name = super::argument("name", name)?;
    let token = super::cluster()?.get_token(&scope, &name).await?;
    Ok(Notes {
        note: token.note.unwrap_or_default(),
        contact: token.contact.unwrap_or_default(),
    })
}
