//! Read your writes: what the API server answers to a write of ours stands in the inventory at once, before the watch tells it.

use std::sync::Arc;

use super::{
    cache::Cache,
    caches::Caches,
    read::ReadScopes,
    tokens::{Tokens, entry},
};
use crate::{
    cluster::{connection::Cluster, secret::metadata::Token},
    name::Uid,
    scope::Scope,
};

impl Cluster {
    /// Notes a token as the API server answered it to a write.
    pub(in crate::cluster) fn note_written(&self, namespace: &str, token: &Token) {
        let version = token.resource_version.clone().into();
        self.note_last(namespace, token.summary.name.as_str(), Ok(version));
        self.forget_read(namespace);
        for cache in self.written(namespace) {
            let version = token.resource_version.clone();
            cache.lay_over(entry(token.summary.clone(), version));
        }
    }

    /// Notes that the API server deleted a token.
    pub(in crate::cluster) fn note_deleted(&self, namespace: &str, name: &str, uid: &Uid) {
        self.note_last(namespace, name, Err(uid));
        self.forget_read(namespace);
        for cache in self.written(namespace) {
            cache.bury(name, uid);
        }
    }

    /// Forgets the list of a scope that no inventory follows: the next look reads it anew.
    fn forget_read(&self, namespace: &str) {
        let scope = if namespace == self.namespace(&Scope::System) {
            Scope::System
        } else {
            let Ok(name) = namespace.parse() else { return };
            Scope::Project(name)
        };
        for read in self.kept.of_family::<ReadScopes>() {
            read.tokens.forget(&scope);
        }
    }

    /// Inventories that show what this identity writes: of each identity as which the same person acts. Each lists the namespace by its own right.
    fn written(&self, namespace: &str) -> impl Iterator<Item = Arc<Cache<Tokens>>> {
        let all = self.kept.of_family::<Caches>().into_iter();
        all.filter_map(move |caches| caches.get::<Tokens>(namespace))
    }
}
