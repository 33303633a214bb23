//! Rights of ServiceAccounts: rules of Roles and ClusterRoles, through the RoleBindings of their namespace and the ClusterRoleBindings.
//!
//! RoleBindings of other namespaces are left out. Kargo makes the same ones for its system roles in every project; with a thousand projects
//! they would fill most of the page.

use std::collections::BTreeMap;

use futures::try_join;
use kube::core::{Request, params::ListParams};
use serde::{Deserialize, de::DeserializeOwned};

use super::bindings::{Binding, Metadata, RoleRef};
use crate::{
    cluster::connection::{Cluster, access::Access, error::Error, request::List},
    name::RoleName,
    role::{Grant, Rule, Rules, Unreadable},
};

const RBAC: &str = "/apis/rbac.authorization.k8s.io/v1";

/// Bindings that can apply to the ServiceAccounts of a namespace, and the roles behind them, as read at one time. `None`: the person may
/// not list them.
pub(super) struct RbacSnapshot {
    bindings: Vec<Binding>,
    cluster_bindings: Vec<Binding>,
    roles: Option<ByName>,
    cluster_roles: Option<ByName>,
    /// Kinds of objects that the person may not list.
    pub unreadable: Vec<Unreadable>,
}

type ByName = BTreeMap<String, Vec<Rule>>;

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
    /// Reads all four kinds of RBAC objects at the same time.
    pub(super) async fn rbac_snapshot(&self, namespace: &str) -> Result<RbacSnapshot, Error> {
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
        Ok(RbacSnapshot {
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
            Err(error) if error.is_forbidden() => Ok(None),
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

impl RbacSnapshot {
    /// What a ServiceAccount may do, one grant for each binding.
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
                rules: self.rules_of(&binding.role_ref),
            })
            .collect();
        grants.sort_by(|a, b| a.binding.cmp(&b.binding));
        grants
    }

    fn rules_of(&self, role: &RoleRef) -> Rules {
        let known = if role.kind == "ClusterRole" {
            &self.cluster_roles
        } else {
            &self.roles
        };
        match known.as_ref().map(|known| known.get(&role.name)) {
            None => Rules::Unreadable,
            Some(None) => Rules::Dangling,
            Some(Some(rules)) => Rules::Known(rules.clone()),
        }
    }
}
