//! Rules of Roles and ClusterRoles, and the bindings that grant them.

use serde::{Deserialize, Serialize};

/// What one binding grants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    /// Binding, such as `RoleBinding/ci-promoter`.
    pub binding: String,
    /// Role that the binding refers to, such as `ClusterRole/kargo-admin`.
    pub role: String,
    /// Namespace that the grant holds in; `None`: all namespaces.
    pub namespace: Option<String>,
    /// Rules of the role, if they can be read.
    pub rules: Rules,
}

/// Rules behind a binding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "are", content = "list")]
pub enum Rules {
    /// The role's rules.
    Known(Vec<Rule>),
    /// The binding refers to a role that doesn't exist, so it grants nothing.
    Dangling,
    /// The viewer may not read the role that the binding refers to.
    Unreadable,
}

/// One rule of a Role or ClusterRole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// API groups; `""` is the core group.
    pub api_groups: Vec<String>,
    /// Resources, such as `secrets`.
    pub resources: Vec<String>,
    /// Names of the only objects that the rule covers; empty: all objects.
    pub resource_names: Vec<String>,
    /// Paths that are no resources, such as `/metrics`.
    pub non_resource_urls: Vec<String>,
    /// Verbs that the rule allows.
    pub verbs: Vec<String>,
}

impl Rule {
    /// `true` if the rule allows a verb on a resource (`secrets`) or subresource (`serviceaccounts/token`). Matches as the
    /// RBAC authorizer does: `*` matches anything, `*/token` matches the subresource of every resource. Object names are not
    /// judged here: see `resource_names`.
    pub fn allows(&self, verb: &str, api_group: &str, resource: &str) -> bool {
        let subresource = resource.split_once('/').map(|(_, subresource)| subresource);
        let covers = |listed: &str| {
            listed == "*"
                || listed == resource
                || subresource
                    .is_some_and(|subresource| listed.strip_prefix("*/") == Some(subresource))
        };
        has(&self.verbs, verb)
            && has(&self.api_groups, api_group)
            && self.resources.iter().any(|listed| covers(listed))
    }

    /// `true` if the rule allows every verb on every resource of every API group.
    pub fn allows_everything(&self) -> bool {
        let has_star = |list: &[String]| list.iter().any(|entry| entry == "*");
        has_star(&self.verbs)
            && has_star(&self.resources)
            && has_star(&self.api_groups)
            && self.resource_names.is_empty()
    }
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|entry| entry == "*" || entry == wanted)
}

/// A kind of object that the viewer may not list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unreadable {
    /// Missing verb, such as `list`.
    pub verb: String,
    /// Resource, such as `clusterrolebindings`.
    pub resource: String,
}
