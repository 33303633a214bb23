//! `POST /api/note_token`: writes a token's note and contact.

#![allow(
    clippy::too_many_arguments,
    reason = "the fields of one form, in what the macro makes of it too"
)]

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::{ApiError, TokenAnswer};

/// Changes note and contact from what the person saw (`before_…`) to what they wrote. Refuses where somebody else has changed them
/// meanwhile. An empty text removes the note or contact.
#[server(endpoint = "note_token", input = PostUrl, output = Json)]
pub async fn note_token(
    #[server(flatten)] token: TokenRef,
    before_note: String,
    before_contact: String,
    note: String,
    contact: String,
) -> Result<TokenAnswer, ApiError> {
    use kargo::token::Notes;

    let before = Notes {
        note: before_note,
        contact: before_contact,
    };
    let after = Notes {
        note: super::argument("note", note)?,
        contact: super::argument("contact", contact)?,
    };
    let viewer = super::viewer()?;
    let cluster = viewer.to(&token.scope, super::requests::CHANGE).await?;
    let changed = cluster.note_token(&token, &before, &after).await?;
    Ok(changed.into())
}
