//! Roles: ServiceAccounts, their rules (through bindings) and the people who act as them (OIDC claims).

mod rules;
mod secret_access;
mod status;
mod summary;

pub use crate::claims::Claim;
pub use rules::{Grant, Rule, Rules, Unreadable};
pub use secret_access::{SecretAccess, secret_access};
pub use status::{RoleStatus, ScopeRoles};
pub use summary::RoleSummary;
