//! Roles of a scope, from the cluster's RBAC objects.

pub(super) mod accounts;
pub(super) mod bindings;
mod known;
mod role_status;
mod roles;
pub(super) mod rules;

/// Address of the RBAC objects.
const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";
