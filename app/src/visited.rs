//! The projects that a browser's owner visited last: what a person who may not list projects can be shown.

use std::sync::Arc;

use kargo::name::ProjectName;

/// The projects, the last one first. The server puts them into the context of each page.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Visited(pub Arc<[ProjectName]>);
