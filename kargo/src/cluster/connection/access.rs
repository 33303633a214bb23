//! Verb, resource and token of a request: the subject of every error message.

use std::fmt;

use crate::name::TokenName;

/// One request in the words in which Kubernetes grants permissions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Access {
    /// Verb, such as `list`.
    pub verb: &'static str,
    /// Resource, such as `secrets`.
    pub resource: &'static str,
    /// Namespace; `None`: the whole cluster.
    pub namespace: Option<String>,
    /// Name of the object; `None`: all objects.
    pub name: Option<String>,
}

impl Access {
    /// Access to a resource in the whole cluster.
    pub(in crate::cluster) fn to(verb: &'static str, resource: &'static str) -> Self {
        Self {
            verb,
            resource,
            namespace: None,
            name: None,
        }
    }

    /// The same access within one namespace.
    pub(in crate::cluster) fn within(mut self, namespace: &str) -> Self {
        self.namespace = Some(namespace.to_owned());
        self
    }

    /// The same access to one object.
    pub(in crate::cluster) fn named(mut self, name: &str) -> Self {
        self.name = Some(name.to_owned());
        self
    }

    /// `true` if the request changes nothing in the cluster. A review is a POST that stores nothing.
    pub(super) fn is_read(&self) -> bool {
        matches!(self.verb, "get" | "list" | "watch" | "reach")
            || self.resource.starts_with("selfsubject")
    }
}

impl fmt::Display for Access {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.verb, self.resource)?;
        if let Some(name) = &self.name {
            write!(f, " {name}")?;
        }
        match &self.namespace {
            Some(namespace) => write!(f, " in namespace {namespace}"),
            None => Ok(()),
        }
    }
}

/// Location of a token's Secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenLocation {
    /// Name of the Secret.
    pub name: TokenName,
    /// Namespace of the Secret.
    pub namespace: String,
}

impl fmt::Display for TokenLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in namespace {}", self.name, self.namespace)
    }
}
