//! Server functions: one file per verb, each with a stable address under `/api/`.
//!
//! A server function reads its input, takes the signed-in person's `Cluster` from the context, calls one operation and maps its
//! error. Arguments are texts that are parsed here, so that a bad one is answered in words. Arguments everywhere: `scope`
//! (`system` or `projects/NAME`), `role`, `name`, `uid`. Input is form-encoded, output JSON, errors are [`ApiError`].

mod compromise_token;
mod confirm_token;
mod create_token;
mod delete_token;
mod describe_token;
mod error;
mod exposed;
mod finish_compromise;
mod finish_token;
mod get_abilities;
mod get_notes;
mod get_session;
mod list_exposed;
mod list_handles;
mod list_projects;
mod list_roles;
mod list_tokens;
mod note_token;
mod policy;
mod recreate_token;
mod replaced;
mod restore_token;
mod retire_token;
mod reveal_token;
mod show;
mod suspend_token;
mod test_token;

pub use compromise_token::compromise_token;
pub use confirm_token::confirm_token;
pub use create_token::create_token;
pub use delete_token::delete_token;
pub use describe_token::{TokenDetails, describe_token};
pub use error::ApiError;
pub use exposed::Exposed;
pub use finish_compromise::finish_compromise;
pub use finish_token::finish_token;
pub use get_abilities::get_abilities;
pub use get_notes::{Notes, get_notes};
pub use get_session::{Addresses, Session, get_session};
pub use list_exposed::{Exposed as ExposedTokens, list_exposed};
pub use list_handles::list_handles;
pub use list_projects::list_projects;
pub use list_roles::list_roles;
pub use list_tokens::{Counts, PER_PAGE, TokenList, list_tokens};
pub use note_token::note_token;
pub use policy::Policy;
pub use recreate_token::recreate_token;
pub use replaced::Replaced;
pub use restore_token::restore_token;
pub use retire_token::retire_token;
pub use reveal_token::{Ends, RevealedToken, reveal_token};
pub use show::{SOON, STALE, Show};
pub use suspend_token::suspend_token;
pub use test_token::test_token;

/// The signed-in person's view of the cluster. The server puts it into the context of every request that it lets through.
#[cfg(feature = "ssr")]
pub(crate) fn cluster() -> Result<kargo::cluster::Cluster, ApiError> {
    leptos::prelude::use_context().ok_or_else(ApiError::signed_out)
}

/// Reads the arguments that name a token as the person saw it.
#[cfg(feature = "ssr")]
fn handle(
    scope: String,
    role: String,
    name: String,
    uid: String,
) -> Result<kargo::token::TokenHandle, ApiError> {
    Ok(kargo::token::TokenHandle {
        scope: argument("scope", scope)?,
        role,
        name: argument("name", name)?,
        uid: kargo::token::Uid(uid),
    })
}

/// Reads one argument; a bad one is answered with its name and the reason.
#[cfg(feature = "ssr")]
fn argument<T>(name: &str, text: String) -> Result<T, ApiError>
where
    T: TryFrom<String>,
    T::Error: std::fmt::Display,
{
    T::try_from(text)
        .map_err(|error| ApiError::invalid(format!("The {name} can't be used. {error}")))
}
