//! What ServiceAccounts may do: Roles and ClusterRoles, through the RoleBindings of their own namespace and the ClusterRoleBindings.
//!
//! RoleBindings of other namespaces are left out. Kargo makes some for its system roles in every project; on a cluster with a thousand
//! projects they would be most of the page, and all the same.

use std::collections::BTreeMap;

use futures::try_join;
use kube::core::{Request, params::ListParams};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    Cluster,
    error::{Access, Error},
    request::List,
};
use crate::{
    name::RoleName,
    role::{Grant, Rule, Rules as Known, Unreadable},
};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// The bindings that can matter to a namespace's ServiceAccounts, and the roles behind them. `None`: not to be listed by the caller.
pub(super) struct Rules {
    bindings: Vec<Binding>,
    cluster_bindings: Vec<Binding>,
    roles: Option<ByName>,
    cluster_roles: Option<ByName>,
    /// What the caller may not list.
    pub unreadable: Vec<Unreadable>,
}

type ByName = BTreeMap<String, Vec<Rule>>;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Binding {
    metadata: Metadata,
    #[serde(default)]
    subjects: Vec<Subject>,
    role_ref: RoleRef,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    namespace: Option<String>,
    #[serde(default)]
    labels: BTreeMap<String, String>,
}

#[derive(Deserialize)]
struct Subject {
    kind: String,
    name: String,
    #[serde(default)]
    namespace: String,
}

#[derive(Deserialize)]
struct RoleRef {
    kind: String,
    name: String,
}

#[derive(Deserialize)]
struct Role {
    metadata: Metadata,
    #[serde(default)]
    rules: Option<Vec<PolicyRule>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", default)]
#[derive(Default)]
struct PolicyRule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
    #[serde(rename = "nonResourceURLs")]
    non_resource_urls: Vec<String>,
    verbs: Vec<String>,
}

impl From<PolicyRule> for Rule {
    fn from(rule: PolicyRule) -> Self {
        let PolicyRule {
            api_groups,
            resources,
            resource_names,
            non_resource_urls,
            verbs,
        } = rule;
        Self {
            api_groups,
            resources,
            resource_names,
            non_resource_urls,
            verbs,
        }
    }
}

impl Cluster {
    /// Reads all that is needed, at once.
    pub(super) async fn rules(&self, namespace: &str) -> Result<Rules, Error> {
        let (bindings, roles, cluster_bindings, cluster_roles) = try_join!(
            self.list_if_allowed("rolebindings", Some(namespace)),
            self.list_if_allowed("roles", Some(namespace)),
            self.list_if_allowed("clusterrolebindings", None),
            self.list_if_allowed("clusterroles", None),
        )?;
        let unreadable = [
            ("rolebindings", bindings.is_none()),
            ("roles", roles.is_none()),
            ("clusterrolebindings", cluster_bindings.is_none()),
            ("clusterroles", cluster_roles.is_none()),
        ];
        Ok(Rules {
            bindings: bindings.unwrap_or_default(),
            cluster_bindings: cluster_bindings.unwrap_or_default(),
            roles: roles.map(by_name),
            cluster_roles: cluster_roles.map(by_name),
            unreadable: unreadable
                .into_iter()
                .filter(|(_, is_unreadable)| *is_unreadable)
                .map(|(resource, _)| Unreadable {
                    verb: "list".to_owned(),
                    resource: resource.to_owned(),
                })
                .collect(),
        })
    }

    async fn list_if_allowed<T: DeserializeOwned>(
        &self,
        resource: &'static str,
        namespace: Option<&str>,
    ) -> Result<Option<Vec<T>>, Error> {
        let mut access = Access::to("list", resource);
        let path = match namespace {
            Some(namespace) => {
                access = access.within(namespace);
                format!("{RBAC}/namespaces/{namespace}/{resource}")
            }
            None => format!("{RBAC}/{resource}"),
        };
        match self
            .read(&access, Request::new(path).list(&ListParams::default()))
            .await
        {
            Ok(answer) => answer
                .parse::<List<T>>(&access)
                .map(|list| Some(list.items())),
            Err(Error::Forbidden(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

fn by_name(roles: Vec<Role>) -> ByName {
    roles
        .into_iter()
        .map(|role| {
            (
                role.metadata.name,
                role.rules
                    .unwrap_or_default()
                    .into_iter()
                    .map(Rule::from)
                    .collect(),
            )
        })
        .collect()
}

/// How a binding comes to hold for a ServiceAccount.
#[derive(Debug, PartialEq, Eq)]
enum Applies {
    /// It names the ServiceAccount itself.
    ByName,
    /// It names a group that the ServiceAccount is in.
    ByGroup,
    No,
}

impl Rules {
    /// What a ServiceAccount may do, by binding.
    pub fn granted_to(&self, namespace: &str, account: &RoleName) -> Vec<Grant> {
        let own = self
            .bindings
            .iter()
            .map(|binding| ("RoleBinding", Some(namespace), binding));
        let everywhere = self
            .cluster_bindings
            .iter()
            .map(|binding| ("ClusterRoleBinding", None, binding));
        let mut grants: Vec<_> = own
            .chain(everywhere)
            .filter(|(_, _, binding)| binding.matters_to(namespace, account))
            .map(|(kind, namespace, binding)| Grant {
                binding: format!("{kind}/{}", binding.metadata.name),
                role: format!("{}/{}", binding.role_ref.kind, binding.role_ref.name),
                namespace: namespace.map(str::to_owned),
                rules: self.behind(&binding.role_ref),
            })
            .collect();
        grants.sort_by(|a, b| a.binding.cmp(&b.binding));
        grants
    }

    fn behind(&self, role: &RoleRef) -> Known {
        let known = if role.kind == "ClusterRole" {
            &self.cluster_roles
        } else {
            &self.roles
        };
        match known.as_ref().map(|known| known.get(&role.name)) {
            None => Known::Unreadable,
            Some(None) => Known::Dangling,
            Some(Some(rules)) => Known::Known(rules.clone()),
        }
    }
}

impl Binding {
    /// Kubernetes' own default bindings give every identity a little (`system:discovery` and the like): noise on each role.
    fn matters_to(&self, namespace: &str, account: &RoleName) -> bool {
        let is_default = self
            .metadata
            .labels
            .get("kubernetes.io/bootstrapping")
            .is_some_and(|of| of == "rbac-defaults");
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
        // A subject that names no namespace is one of the binding's own.
        let is_here = |of: &str| match of {
            "" => self.metadata.namespace.as_deref() == Some(namespace),
            of => of == namespace,
        };
        let mut applies = Applies::No;
        for Subject {
            kind,
            name,
            namespace: of,
        } in &self.subjects
        {
            match kind.as_str() {
                "ServiceAccount" if name == account && is_here(of) => return Applies::ByName,
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
            "metadata": { "name": "b", "labels": labels },
            "subjects": [subject],
            "roleRef": { "kind": "ClusterRole", "name": "r" },
        }))
        .expect("a binding")
    }

    #[test]
    fn a_binding_holds_by_name_or_by_group() {
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
    fn only_defaults_for_everybody_are_noise() {
        let ci: RoleName = "ci".parse().expect("a name");
        let defaults = json!({ "kubernetes.io/bootstrapping": "rbac-defaults" });
        let everybody = json!({ "kind": "Group", "name": "system:authenticated" });
        let itself = json!({ "kind": "ServiceAccount", "name": "ci", "namespace": "demo" });
        assert!(!binding(&everybody, &defaults).matters_to("demo", &ci));
        assert!(binding(&everybody, &json!({})).matters_to("demo", &ci));
        assert!(binding(&itself, &defaults).matters_to("demo", &ci));
    }
}
