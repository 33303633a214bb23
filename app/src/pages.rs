//! One file per page.

pub mod not_found;
pub mod sign_in;
pub mod token;
pub mod tokens;

use kargo::{name::ProjectName, scope::Scope};
use leptos::prelude::GetUntracked;
use leptos_router::hooks::use_params_map;

use crate::api::ApiError;

/// The scope that the address names; a project's impossible name is told.
fn asked_scope() -> Result<Scope, ApiError> {
    match use_params_map().get_untracked().get("project") {
        None => Ok(Scope::System),
        Some(name) => name
            .parse::<ProjectName>()
            .map(Scope::Project)
            .map_err(|error| {
                ApiError::invalid(format!("The project's name can't be used. {error}"))
            }),
    }
}
