//! Status of the ServiceAccount that a token names.

use std::collections::BTreeSet;

use super::summary::RoleSummary;
use crate::name::RoleName;

/// Status of a ServiceAccount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RoleStatus {
    /// A role of the system: a labelled ServiceAccount in the system namespace.
    SystemRole,
    /// A role of a project: any ServiceAccount in the project's namespace.
    ProjectRole,
    /// A ServiceAccount in the system namespace that is no role. A token for it can lead to full control of the cluster.
    NotARole,
    /// No ServiceAccount of this name exists. Tokens that name it are orphans, and Kubernetes refuses them.
    Missing,
}

impl RoleStatus {
    /// `true` if Kargo makes tokens for this ServiceAccount.
    pub fn is_role(self) -> bool {
        matches!(self, Self::SystemRole | Self::ProjectRole)
    }
}

/// All ServiceAccounts of a scope: the roles in full, the others by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScopeRoles {
    /// Status of each role in `roles`: [`RoleStatus::SystemRole`] or [`RoleStatus::ProjectRole`].
    pub status: RoleStatus,
    /// Roles, sorted by name.
    pub roles: Vec<RoleSummary>,
    /// Names of the ServiceAccounts that are no roles.
    pub others: BTreeSet<String>,
}

impl ScopeRoles {
    /// Names of the roles.
    pub fn names(&self) -> Vec<RoleName> {
        self.roles.iter().map(|role| role.name.clone()).collect()
    }

    /// Status of the ServiceAccount that a token names.
    pub fn status_of(&self, role: &str) -> RoleStatus {
        if self.roles.iter().any(|known| known.name.as_str() == role) {
            self.status
        } else if self.others.contains(role) {
            RoleStatus::NotARole
        } else {
            RoleStatus::Missing
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(name: &str) -> RoleSummary {
        RoleSummary {
            name: name.parse().expect("a name"),
            description: None,
            managed: true,
            claims: vec![],
            void_claims: None,
            grants: vec![],
            unreadable: vec![],
        }
    }

    #[test]
    fn a_role_name_has_one_of_four_statuses() {
        for (status, others) in [
            (RoleStatus::SystemRole, &["controller"][..]),
            (RoleStatus::ProjectRole, &[]),
        ] {
            let roles = ScopeRoles {
                status,
                roles: vec![role("ci")],
                others: others.iter().map(|name| (*name).to_owned()).collect(),
            };
            assert_eq!(roles.status_of("ci"), status);
            assert!(roles.status_of("ci").is_role());
            let other = if others.is_empty() {
                RoleStatus::Missing
            } else {
                RoleStatus::NotARole
            };
            assert_eq!(roles.status_of("controller"), other);
            assert_eq!(roles.status_of("gone"), RoleStatus::Missing);
            assert!(!roles.status_of("controller").is_role() && !roles.status_of("gone").is_role());
        }
    }
}
