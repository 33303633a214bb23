//! Kargo's API tokens and roles.
//!
//! The plain types here compile for any target, the browser's included. What is done to a cluster lives in
//! [`cluster`], behind the feature of that name: the only place of the workspace that knows kube.
//! Neither Leptos nor axum is known here.

pub mod claim;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod event;
mod hex;
pub mod name;
pub mod problem;
pub mod role;
pub mod scope;
pub mod text;
pub mod token;
pub mod value;
