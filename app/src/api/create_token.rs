//! `POST /api/create_token`: creates a token for a role.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use crate::policy::TokenPolicy;
#[cfg(feature = "ssr")]
use kargo::{
    cluster::Error,
    name::{RoleName, TokenName},
    scope::Scope,
    token::Notes,
};

/// Creates the token and answers at once. `reveal_token` gives the value as soon as Kubernetes has written it. `lifetime`: seconds until
/// the token expires; 0 or nothing: never. `note` and `contact`: texts for people. A second call for a token that the same person has created within
/// the hour, with the same texts, and that waits unrevealed, answers with that token.
#[server(endpoint = "create_token", input = PostUrl, output = Json)]
pub async fn create_token(
    scope: String,
    role: String,
    name: String,
    lifetime: Option<u64>,
    note: Option<String>,
    contact: Option<String>,
) -> Result<TokenRef, ApiError> {
    let new = NewToken::parse(scope, role, name, lifetime, note, contact)?;
    let NewToken {
        scope,
        role,
        name,
        lifetime,
        notes,
    } = &new;
    let viewer = super::viewer()?;
    let cluster = viewer.to(scope, super::requests::CREATE).await?;
    let created = cluster.create_token(scope, role, name, *lifetime, notes);
    let token = match created.await {
        Ok(created) => created.token,
        // The answer to a first try may have been lost.
        Err(error @ Error::NameTaken(_)) => {
            let own = cluster.own_unrevealed_token(scope, role, name, lifetime.is_some(), notes);
            own.await.ok_or(error)?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(token.token_ref(scope))
}

/// A token that somebody wants to create.
#[cfg(feature = "ssr")]
pub(super) struct NewToken {
    pub scope: Scope,
    pub role: RoleName,
    pub name: TokenName,
    pub lifetime: Option<jiff::SignedDuration>,
    pub notes: Notes,
}

#[cfg(feature = "ssr")]
impl NewToken {
    /// Parses the arguments, and checks the lifetime by the configuration.
    pub fn parse(
        scope: String,
        role: String,
        name: String,
        lifetime: Option<u64>,
        note: Option<String>,
        contact: Option<String>,
    ) -> Result<Self, ApiError> {
        let role: RoleName = super::argument("role", role)?;
        Ok(Self {
            scope: super::argument("scope", scope)?,
            name: super::argument("name", name)?,
            lifetime: TokenPolicy::get().lifetime(role.as_str(), lifetime)?,
            notes: Notes {
                note: super::argument("note", note.unwrap_or_default())?,
                contact: super::argument("contact", contact.unwrap_or_default())?,
            },
            role,
        })
    }
}
