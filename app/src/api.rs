//! Server functions: one file per verb, each with a stable address under `/api/`.
//!
//! A server function reads its input, takes the signed-in person's view of the cluster, calls one operation and maps its error.
//! A token is named by four arguments everywhere: `scope` (`system` or `projects/NAME`), `role`, `name`, `uid`; they are the fields of a
//! [`kargo::token::TokenRef`]. Texts that people type are parsed here, so that a bad one gets an error in words. Input is form-encoded,
//! output JSON, errors are [`ApiError`]. The pages themselves call no server function: see [`crate::page_model`].

#![allow(
    missing_docs,
    reason = "the macro makes a struct of each function's arguments; the function documents them"
)]

mod answer;
mod compromise_token;
mod confirm_token;
mod create_token;
mod delete_token;
mod describe_token;
mod finish_compromise;
mod finish_token;
mod get_notes;
mod get_permissions;
mod get_session;
mod list_exposed;
mod list_projects;
mod list_roles;
mod list_token_refs;
mod list_tokens;
mod note_token;
mod recreate_token;
mod rehearse_creation;
mod restore_token;
mod retire_token;
mod reveal_token;
mod suspend_token;
mod test_token;
mod wire_value;

pub use crate::error::ApiError;
pub use answer::TokenAnswer;
pub use compromise_token::{CompromiseToken, compromise_token};
pub use confirm_token::{ConfirmToken, confirm_token};
pub use create_token::{CreateToken, create_token};
pub use delete_token::{DeleteToken, delete_token};
pub use describe_token::{TokenDescription, describe_token};
pub use finish_compromise::{FinishCompromise, finish_compromise};
pub use finish_token::{FinishToken, finish_token};
pub use get_notes::get_notes;
pub use get_permissions::{Abilities, get_permissions};
pub use get_session::get_session;
pub use list_exposed::list_exposed;
pub use list_projects::list_projects;
pub use list_roles::list_roles;
pub use list_token_refs::list_token_refs;
pub use list_tokens::{TokenList, list_tokens};
pub use note_token::{NoteToken, note_token};
pub use recreate_token::{RecreateToken, recreate_token};
pub use rehearse_creation::{RehearseCreation, rehearse_creation};
pub use restore_token::{RestoreToken, restore_token};
pub use retire_token::{RetireToken, retire_token};
pub use reveal_token::{ExpiryText, RevealedToken, reveal_token};
pub use suspend_token::{SuspendToken, suspend_token};
pub use test_token::test_token;
pub use wire_value::WireValue;

/// The signed-in person. The server puts them into the context of every request that it lets through. Call it before the first await: the
/// context is gone then.
#[cfg(feature = "ssr")]
pub(crate) fn viewer() -> Result<kargo::cluster::Viewer, ApiError> {
    leptos::prelude::use_context().ok_or_else(ApiError::signed_out)
}

/// Requests on Secrets that each kind of act sends. A person with several roles acts as the first role that may send all of them.
#[cfg(feature = "ssr")]
mod requests {
    pub const CHANGE: &[&str] = &["get", "patch"];
    pub const CREATE: &[&str] = &["create", "patch"];
    pub const RECREATE: &[&str] = &["get", "patch", "create"];
    pub const DELETE: &[&str] = &["get", "delete"];
    /// The last one is needed when the undo window ends.
    pub const UNDOABLE: &[&str] = &["get", "patch", "delete"];
    /// The last one is needed for expiring tokens only.
    pub const REVEAL: &[&str] = &["get", "patch", "create serviceaccounts/token"];
    /// The last ones are needed after the suspension.
    pub const COMPROMISE: &[&str] = &["get", "patch", "create", "delete"];
}

/// Parses one argument. A bad one is refused with its name and the reason.
#[cfg(feature = "ssr")]
fn argument<T>(name: &str, text: String) -> Result<T, ApiError>
where
    T: TryFrom<String>,
    T::Error: std::fmt::Display,
{
    T::try_from(text)
        .map_err(|error| ApiError::invalid(format!("The {name} can't be used. {error}")))
}

/// Parses the arguments that name a list of tokens.
#[cfg(feature = "ssr")]
fn tokens_query(
    scope: String,
    role: Option<String>,
    page: Option<u32>,
    q: Option<&str>,
    filter: &kargo::filter::FilterWords,
) -> Result<crate::query::TokensQuery, ApiError> {
    let (filter, ignored) = kargo::filter::TokenFilter::parse(filter);
    ApiError::refuse_ignored(&ignored)?;
    Ok(crate::query::TokensQuery {
        role,
        page: usize::try_from(page.unwrap_or(1).max(1)).unwrap_or(1),
        filter,
        search: kargo::search::Search::parse(q.unwrap_or_default()),
        ..crate::query::TokensQuery::of(argument("scope", scope)?)
    })
}
