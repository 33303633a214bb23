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
use kargo::{cluster::Error, name::RoleName};

/// Creates the token and answers at once. `reveal_token` gives the value as soon as Kubernetes has written it. `lifetime`: seconds until
/// the token expires; 0 or nothing: never. A second call for a token that the same person has created within the hour, and that waits unrevealed,
/// answers with that token.
#[server(endpoint = "create_token", input = PostUrl, output = Json)]
pub async fn create_token(
    scope: String,
    role: String,
    name: String,
    lifetime: Option<u64>,
) -> Result<TokenRef, ApiError> {
    let scope = super::argument("scope", scope)?;
    let role: RoleName = super::argument("role", role)?;
    let name = super::argument("name", name)?;
    let lifetime = TokenPolicy::get().lifetime(role.as_str(), lifetime)?;
    let viewer = super::viewer()?;
    let cluster = viewer.to(&scope, super::requests::CREATE).await?;
    let token = match cluster.create_token(&scope, &role, &name, lifetime).await {
        Ok(created) => created.token,
        // The answer to a first try may have been lost.
        Err(error @ Error::NameTaken(_)) => {
            let own = cluster.own_unrevealed_token(&scope, &role, &name, lifetime.is_some());
            own.await.ok_or(error)?
        }
        Err(error) => return Err(error.into()),
    };
    Ok(token.token_ref(&scope))
}
