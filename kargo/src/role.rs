//! Roles: ServiceAccounts with what they may do (through bindings) and who acts as them (OIDC claims).

use serde::{Deserialize, Serialize};

use crate::name::RoleName;

/// One role, with everything that the caller may know of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSummary {
    /// The ServiceAccount's name.
    pub name: RoleName,
    /// What it is for (annotation `kargo.akuity.io/description`).
    pub description: Option<String>,
    /// Whether Kargo wrote it (annotation `rbac.kargo.akuity.io/managed`).
    pub managed: bool,
    /// People whose ID token has any of these claims act as this role.
    pub claims: Vec<Claim>,
    /// What it may do, one entry for each binding.
    pub grants: Vec<Grant>,
    /// Kinds of objects that the caller may not list; grants that come through them are not known.
    pub unreadable: Vec<Unreadable>,
}

/// An OIDC claim that maps to a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// The claim's name, such as `groups`.
    pub name: String,
    /// The values of which one is enough.
    pub values: Vec<String>,
}

/// What one binding grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// The binding, such as `RoleBinding/ci-promoter`.
    pub binding: String,
    /// What it refers to, such as `ClusterRole/kargo-admin`.
    pub role: String,
    /// The namespace that the grant holds in; `None`: in all of them.
    pub namespace: Option<String>,
    /// The rules, where they can be told.
    pub rules: Rules,
}

/// The rules behind a binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "are", content = "list")]
pub enum Rules {
    /// They are these.
    Known(Vec<Rule>),
    /// The binding refers to a role that doesn't exist: it grants nothing.
    Dangling,
    /// The caller may not read the role that the binding refers to.
    Unreadable,
}

/// One rule of a Role or ClusterRole, as Kubernetes writes it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// API groups; `""` is the core group.
    pub api_groups: Vec<String>,
    /// Resources, such as `secrets`.
    pub resources: Vec<String>,
    /// Only objects of these names; empty: all.
    pub resource_names: Vec<String>,
    /// Paths outside of the resources, such as `/metrics`.
    pub non_resource_urls: Vec<String>,
    /// What may be done.
    pub verbs: Vec<String>,
}

/// Something that the caller may not list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// The verb that is missing, such as `list`.
    pub verb: String,
    /// The resource, such as `clusterrolebindings`.
    pub resource: String,
}
