//! Namespaces that Kargo's sign-in looks at, and in which order.

use std::collections::BTreeSet;

use crate::{name::ProjectName, scope::Scope};

/// Namespaces whose ServiceAccounts people can act as.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LookedAt {
    /// Namespace that Kargo runs in.
    pub system: ProjectName,
    /// Further namespaces that Kargo is configured with (`globalServiceAccounts.namespaces`), in its order.
    pub global: Vec<ProjectName>,
    /// Namespaces with Kargo's project label.
    pub projects: BTreeSet<ProjectName>,
}

impl LookedAt {
    /// `true` if the ServiceAccounts of a namespace are looked at.
    pub fn contains(&self, namespace: &ProjectName) -> bool {
        *namespace == self.system
            || self.global.contains(namespace)
            || self.projects.contains(namespace)
    }

    /// Namespaces whose ServiceAccounts are tried for the objects of a scope, in this order: the project's own, Kargo's, the global ones. A
    /// namespace occurs once. `None`: objects of the whole cluster, for which no project's ServiceAccounts are tried.
    pub fn order(&self, scope: Option<&Scope>) -> Vec<&ProjectName> {
        let own = match scope {
            Some(Scope::Project(name)) => self.projects.get(name),
            Some(Scope::System) | None => None,
        };
        let mut order = Vec::new();
        for namespace in own.into_iter().chain([&self.system]).chain(&self.global) {
            if !order.contains(&namespace) {
                order.push(namespace);
            }
        }
        order
    }
}
