//! Bindings of Roles and ClusterRoles, and the ServiceAccounts that they apply to.

use std::collections::BTreeMap;

use kube::core::Request;
use serde::Deserialize;

use super::RBAC;
use crate::{
    cluster::{
        connection::access::Access,
        inventory::kind::{Entry, Kind},
        paging::{Listing, Selector},
    },
    name::{RoleName, Uid},
};

/// A RoleBinding or ClusterRoleBinding.
#[derive(Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(in crate::cluster) struct Binding {
    pub(super) metadata: Metadata,
    #[serde(default)]
    subjects: Vec<Subject>,
    pub(super) role_ref: RoleRef,
}

/// Metadata of a binding or role.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    pub name: String,
    pub uid: Uid,
    pub resource_version: String,
    namespace: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize, PartialEq)]
struct Subject {
    kind: String,
    name: String,
    #[serde(default)]
    namespace: String,
}

/// The role that a binding refers to.
#[derive(Deserialize, PartialEq)]
pub(super) struct RoleRef {
    pub kind: String,
    pub name: String,
}

/// What a version and a UID don't change: all that is shown of a binding.
impl PartialEq for Metadata {
    fn eq(&self, other: &Self) -> bool {
        (&self.name, &self.labels) == (&other.name, &other.labels)
    }
}

/// The RoleBindings of a namespace, in memory.
pub(in crate::cluster) struct Bindings;

impl Kind for Bindings {
    type Object = Binding;
    type Record = Binding;

    fn listing(namespace: &str) -> Listing {
        Listing {
            access: Access::to("list", "rolebindings").within(namespace),
            request: Request::new(format!("{RBAC}/namespaces/{namespace}/rolebindings")),
            selector: Selector::All,
            is_metadata: false,
        }
    }

    fn entry(binding: Binding) -> Entry<Binding> {
        Entry {
            name: binding.metadata.name.as_str().into(),
            uid: binding.metadata.uid.clone(),
            version: binding.metadata.resource_version.clone().into(),
            record: binding,
        }
    }
}

/// How a binding applies to a ServiceAccount.
#[derive(Debug, PartialEq, Eq)]
enum Applies {
    /// The binding names the ServiceAccount.
    ByName,
    /// The binding names a group of the ServiceAccount.
    ByGroup,
    No,
}

impl Binding {
    pub fn name(&self) -> &str {
        &self.metadata.name
    }

    /// `true` if the binding is worth showing for a ServiceAccount. Kubernetes' default bindings for all identities (`system:discovery` and
    /// similar ones) are left out: they would be noise on each role.
    pub fn matters_to(&self, namespace: &str, account: &RoleName) -> bool {
        let is_default = self
            .metadata
            .labels
            .get("kubernetes.io/bootstrapping")
            .is_some_and(|value| value == "rbac-defaults");
        match self.applies_to(namespace, account) {
            Applies::ByName => true,
            Applies::ByGroup => !is_default,
            Applies::No => false,
        }
    }

    fn applies_to(&self, namespace: &str, account: &RoleName) -> Applies {
        let account = account.as_str();
        let user = format!("system:serviceaccount:{namespace}:{account}");
        let groups = format!("system:serviceaccounts:{namespace}");
        // A subject without a namespace is in the binding's own namespace.
        let is_here = |subject: &str| match subject {
            "" => self.metadata.namespace.as_deref() == Some(namespace),
            subject => subject == namespace,
        };
        let mut applies = Applies::No;
        for Subject {
            kind,
            name,
            namespace: subject_namespace,
        } in &self.subjects
        {
            match kind.as_str() {
                "ServiceAccount" if name == account && is_here(subject_namespace) => {
                    return Applies::ByName;
                }
                "User" if *name == user => return Applies::ByName,
                "Group"
                    if *name == groups
                        || name == "system:serviceaccounts"
                        || name == "system:authenticated" =>
                {
                    applies = Applies::ByGroup;
                }
                _ => {}
            }
        }
        applies
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn binding(subject: &serde_json::Value, labels: &serde_json::Value) -> Binding {
        serde_json::from_value(json!({
            "metadata": { "name": "b", "uid": "u", "resourceVersion": "1", "labels": labels },
            "subjects": [subject],
            "roleRef": { "kind": "ClusterRole", "name": "r" },
        }))
        .expect("a binding")
    }

    #[test]
    fn a_binding_applies_by_name_or_by_group() {
        let ci: RoleName = "ci".parse().expect("a name");
        let applies = |subject| binding(&subject, &json!({})).applies_to("demo", &ci);
        assert_eq!(
            applies(json!({ "kind": "ServiceAccount", "name": "ci", "namespace": "demo" })),
            Applies::ByName
        );
        assert_eq!(
            applies(json!({ "kind": "User", "name": "system:serviceaccount:demo:ci" })),
            Applies::ByName
        );
        for group in [
            "system:serviceaccounts:demo",
            "system:serviceaccounts",
            "system:authenticated",
        ] {
            assert_eq!(
                applies(json!({ "kind": "Group", "name": group })),
                Applies::ByGroup
            );
        }
        for other in [
            json!({ "kind": "ServiceAccount", "name": "ci", "namespace": "other" }),
            json!({ "kind": "ServiceAccount", "name": "cd", "namespace": "demo" }),
            json!({ "kind": "User", "name": "ci" }),
            json!({ "kind": "Group", "name": "system:serviceaccounts:other" }),
            json!({ "kind": "Group", "name": "system:unauthenticated" }),
        ] {
            assert_eq!(applies(other), Applies::No);
        }
    }

    #[test]
    fn only_default_bindings_for_all_identities_are_left_out() {
        let ci: RoleName = "ci".parse().expect("a name");
        let defaults = json!({ "kubernetes.io/bootstrapping": "rbac-defaults" });
        let everybody = json!({ "kind": "Group", "name": "system:authenticated" });
        let itself = json!({ "kind": "ServiceAccount", "name": "ci", "namespace": "demo" });
        assert!(!binding(&everybody, &defaults).matters_to("demo", &ci));
        assert!(binding(&everybody, &json!({})).matters_to("demo", &ci));
        assert!(binding(&itself, &defaults).matters_to("demo", &ci));
    }
}
