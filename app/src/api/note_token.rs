//! `POST /api/note_token`: writes what people should know of a token, and whom to ask.

#![allow(
    clippy::too_many_arguments,
    reason = "the fields of one form, in what the macro makes of it too"
)]

use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Changes note and contact from what the person saw (`before_…`) to what they wrote; refused if somebody else has changed them
/// meanwhile. An empty text removes it.
#[server(endpoint = "note_token", input = PostUrl, output = Json)]
pub async fn note_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    before_note: String,
    before_contact: String,
    note: String,
    contact: String,
) -> Result<(), ApiError> {
    use kargo::cluster::Notes;

    let token = super::handle(scope, role, name, uid)?;
    let before = Notes {
        note: before_note,
        contact: before_contact,
    };
    let after = Notes {
        note: super::argument("note", note)?,
        contact: super::argument("contact", contact)?,
    };
    super::cluster()?
        .note_token(&token, &before, &after)
        .await?;
    Ok(())
}
