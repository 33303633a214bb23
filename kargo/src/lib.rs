//! Kargo's API tokens and roles.
//!
//! The plain types compile for any target, the browser's included. The operations on a cluster live in [`cluster`], behind
//! the feature of that name, which is the only place of the workspace that imports kube. This crate depends on neither
//! Leptos nor axum.

pub mod admission;
pub mod claim;
pub mod claims;
#[cfg(feature = "cluster")]
pub mod cluster;
pub mod event;
pub mod filter;
pub mod identity;
pub mod impersonation;
pub mod inventory;
pub mod leaked_value;
pub mod measures;
pub mod name;
pub mod overview;
pub mod permissions;
pub mod problem;
mod rbac_yaml;
pub mod right;
pub mod risk;
pub mod role;
#[cfg(any(test, feature = "sample"))]
pub mod sample;
pub mod scope;
pub mod search;
pub mod succession;
pub mod text;
pub mod token;
pub mod value;
