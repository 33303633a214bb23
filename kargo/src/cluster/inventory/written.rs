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
};

impl Cluster {
    /// Notes a token as the API server answered it to a write.
    pub(in crate::cluster) fn note_written(&self, namespace: &str, token: &Token) {
        self.forget_read();
        for cache in self.written(namespace) {
            let version = token.resource_version.clone();
            cache.lay_over(entry(token.summary.clone(), version));
        }
    }

    /// Notes that the API server deleted a token.
    pub(in crate::cluster) fn note_deleted(&self, namespace: &str, name: &str, uid: &Uid) {
        self.forget_read();
        for cache in self.written(namespace) {
            cache.bury(name, uid);
        }
    }

    /// Forgets the lists of scopes that no inventory follows: the next look reads them anew.
    fn forget_read(&self) {
        for read in self.kept.of_family::<ReadScopes>() {
            read.tokens.clear();
        }
    }

    /// Inventories that show what this identity writes: of each identity as which the same person acts. Each lists the namespace by its own right.
    fn written(&self, namespace: &str) -> impl Iterator<Item = Arc<Cache<Tokens>>> {
        let all = self.kept.of_family::<Caches>().into_iter();
        all.filter_map(move |caches| caches.get::<Tokens>(namespace))
    }
}
