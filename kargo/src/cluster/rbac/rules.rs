//! Rights of ServiceAccounts: rules of Roles and ClusterRoles, through the RoleBindings of their namespace and the ClusterRoleBindings.
//!
//! RoleBindings of other namespaces are left out. Kargo makes the same ones for its system roles in every project; with a thousand projects
//! they would fill most of the page.

use std::sync::Arc;

use futures::try_join;
use kube::core::{Request, params::ListParams};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    RBAC,
    bindings::{Binding, Metadata, RoleRef},
};
use crate::{
    cluster::{
        connection::{Cluster, access::Access, error::Error, request::List},
        inventory::kind::{Entry, Kind},
        paging::{Listing, Selector},
    },
    name::RoleName,
    role::{Grant, Rule, Rules, Unreadable},
};

/// Bindings that can apply to the ServiceAccounts of a namespace, and the roles behind them, as read at one time. `None`: the person may
/// not list them.
pub(super) struct RbacSnapshot {
    pub bindings: Option<All<Binding>>,
    pub roles: Option<All<Role>>,
    pub of_cluster: ClusterRbac,
}

/// The same of the whole cluster.
#[derive(Clone)]
pub(super) struct ClusterRbac {
    pub bindings: Option<All<Binding>>,
    pub roles: Option<All<Role>>,
}

/// All objects of a kind, sorted by name.
pub(super) type All<T> = Arc<[Arc<T>]>;

/// A Role or ClusterRole.
#[derive(PartialEq, Deserialize)]
#[serde(from = "RoleObject")]
pub(in crate::cluster) struct Role {
    metadata: Metadata,
    rules: Vec<Rule>,
}

#[derive(Deserialize)]
struct RoleObject {
    metadata: Metadata,
    #[serde(default)]
    rules: Option<Vec<PolicyRule>>,
}

impl From<RoleObject> for Role {
    fn from(role: RoleObject) -> Self {
        let rules = role.rules.unwrap_or_default();
        Self {
            metadata: role.metadata,
            rules: rules.into_iter().map(Rule::from).collect(),
        }
    }
}

impl Role {
    fn name(&self) -> &str {
        &self.metadata.name
    }
}

/// The Roles of a namespace, in memory.
pub(in crate::cluster) struct NamespaceRoles;

impl Kind for NamespaceRoles {
    type Object = Role;
    type Record = Role;

    fn listing(namespace: &str) -> Listing {
        Listing {
            access: Access::to("list", "roles").within(namespace),
            request: Request::new(format!("{RBAC}/namespaces/{namespace}/roles")),
            selector: Selector::All,
            is_metadata: false,
        }
    }

    fn entry(role: Role) -> Entry<Role> {
        Entry {
            name: role.metadata.name.as_str().into(),
            uid: role.metadata.uid.clone(),
            version: role.metadata.resource_version.clone().into(),
            record: role,
        }
    }
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
        self.rbac_snapshot_with(namespace, self.cluster_rbac())
            .await
    }

    /// The same with ClusterRoles and ClusterRoleBindings from elsewhere.
    pub(super) async fn rbac_snapshot_with(
        &self,
        namespace: &str,
        of_cluster: impl Future<Output = Result<ClusterRbac, Error>>,
    ) -> Result<RbacSnapshot, Error> {
        let (bindings, roles, of_cluster) = try_join!(
            self.list_if_allowed("rolebindings", Some(namespace), Binding::name),
            self.list_if_allowed("roles", Some(namespace), Role::name),
            of_cluster,
        )?;
        Ok(RbacSnapshot {
            bindings,
            roles,
            of_cluster,
        })
    }

    /// Reads the two kinds that belong to no namespace.
    pub(super) async fn cluster_rbac(&self) -> Result<ClusterRbac, Error> {
        let (bindings, roles) = try_join!(
            self.list_if_allowed("clusterrolebindings", None, Binding::name),
            self.list_if_allowed("clusterroles", None, Role::name),
        )?;
        Ok(ClusterRbac { bindings, roles })
    }

    async fn list_if_allowed<T: DeserializeOwned>(
        &self,
        resource: &'static str,
        namespace: Option<&str>,
        name: impl Fn(&T) -> &str,
    ) -> Result<Option<All<T>>, Error> {
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
            Ok(answer) => {
                let mut all = answer.parse::<List<T>>(&access)?.items();
                all.sort_by(|a, b| name(a).cmp(name(b)));
                Ok(Some(all.into_iter().map(Arc::new).collect()))
            }
            Err(error) if error.is_forbidden() => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl RbacSnapshot {
    /// Kinds of objects that the person may not list.
    pub fn unreadable(&self) -> Vec<Unreadable> {
        let kinds = [
            ("rolebindings", self.bindings.is_none()),
            ("roles", self.roles.is_none()),
            ("clusterrolebindings", self.of_cluster.bindings.is_none()),
            ("clusterroles", self.of_cluster.roles.is_none()),
        ];
        kinds
            .into_iter()
            .filter(|(_, is_unreadable)| *is_unreadable)
            .map(|(resource, _)| Unreadable {
                verb: "list".to_owned(),
                resource: resource.to_owned(),
            })
            .collect()
    }

    /// What a ServiceAccount may do, one grant for each binding.
    pub fn granted_to(&self, namespace: &str, account: &RoleName) -> Vec<Grant> {
        let own = self
            .bindings
            .iter()
            .flat_map(|bindings| &**bindings)
            .map(|binding| ("RoleBinding", Some(namespace), binding));
        let everywhere = self
            .of_cluster
            .bindings
            .iter()
            .flat_map(|bindings| &**bindings)
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

    /// `true` if a binding of the namespace refers to a ClusterRole that was not there when they were read.
    pub fn lacks_a_cluster_role(&self) -> bool {
        let bindings = self.bindings.iter().flat_map(|bindings| &**bindings);
        bindings
            .filter(|binding| binding.role_ref.kind == "ClusterRole")
            .any(|binding| self.rules_of(&binding.role_ref) == Rules::Dangling)
    }

    fn rules_of(&self, role: &RoleRef) -> Rules {
        let known = if role.kind == "ClusterRole" {
            &self.of_cluster.roles
        } else {
            &self.roles
        };
        let Some(known) = known else {
            return Rules::Unreadable;
        };
        let at = known.binary_search_by(|known| known.metadata.name.cmp(&role.name));
        at.map_or(Rules::Dangling, |at| Rules::Known(known[at].rules.clone()))
    }
}
