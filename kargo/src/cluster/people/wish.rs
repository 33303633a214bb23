//! What a person wants to do, in the words in which Kubernetes grants rights.

use serde_json::{Value as Json, json};

use crate::{cluster::connection::access::Access, scope::Scope};

/// One request that a person wants to be sent.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Wish {
    verb: &'static str,
    /// Resource of the core API group, or a subresource such as `serviceaccounts/token`.
    resource: &'static str,
    /// `None`: objects of the whole cluster.
    scope: Option<Scope>,
    /// `None`: all objects.
    name: Option<String>,
}

impl Wish {
    /// A verb on all objects of a resource in a scope.
    pub fn new(verb: &'static str, resource: &'static str, scope: &Scope) -> Self {
        Self {
            verb,
            resource,
            scope: Some(scope.clone()),
            name: None,
        }
    }

    /// A verb on all objects of a resource that belongs to no namespace.
    pub fn in_cluster(verb: &'static str, resource: &'static str) -> Self {
        Self {
            verb,
            resource,
            scope: None,
            name: None,
        }
    }

    /// The same for one object.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// Listing the tokens of a scope.
    pub fn to_list(scope: &Scope) -> Self {
        Self::new("list", "secrets", scope)
    }

    /// Creating tokens in a scope.
    pub fn to_create(scope: &Scope) -> Self {
        Self::new("create", "secrets", scope)
    }

    /// Changing tokens of a scope: reveal, suspend, restore, annotate.
    pub fn to_change(scope: &Scope) -> Self {
        Self::new("patch", "secrets", scope)
    }

    /// Deleting tokens of a scope for good.
    pub fn to_delete(scope: &Scope) -> Self {
        Self::new("delete", "secrets", scope)
    }

    /// Having the values of expiring tokens minted.
    pub fn to_mint(scope: &Scope) -> Self {
        Self::new("create", "serviceaccounts/token", scope)
    }

    /// Scope of the objects; `None`: the whole cluster.
    pub(super) fn scope(&self) -> Option<&Scope> {
        self.scope.as_ref()
    }

    /// The wish for an error message.
    pub(super) fn access(&self, namespace: Option<&str>) -> Access {
        let access = Access::to(self.verb, self.resource);
        let access = match namespace {
            Some(namespace) => access.within(namespace),
            None => access,
        };
        match &self.name {
            Some(name) => access.named(name),
            None => access,
        }
    }

    /// `resourceAttributes` of a review.
    pub(super) fn attributes(&self, namespace: Option<&str>) -> Json {
        let (resource, subresource) = self.resource.split_once('/').unwrap_or((self.resource, ""));
        json!({
            "verb": self.verb,
            "resource": resource,
            "subresource": subresource,
            "namespace": namespace.unwrap_or_default(),
            "name": self.name.as_deref().unwrap_or_default(),
        })
    }
}
