//! Roles of a scope, from the cluster's RBAC objects.

mod bindings;
mod role_status;
mod roles;
mod rules;
