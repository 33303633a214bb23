//! Read your writes: what the API server answers to a write of ours stands in the inventory at once, before the watch tells it.

use super::{
    caches::Caches,
    tokens::{Tokens, entry},
};
use crate::{
    cluster::{connection::Cluster, secret::metadata::Token},
    name::Uid,
};

impl Cluster {
    /// Notes a token as the API server answered it to a write.
    pub(in crate::cluster) fn note_written(&self, namespace: &str, token: &Token) {
        if let Some(cache) = self.kept.of::<Caches>().get::<Tokens>(namespace) {
            cache.lay_over(entry(token.summary.clone(), token.resource_version.clone()));
        }
    }

    /// Notes that the API server deleted a token.
    pub(in crate::cluster) fn note_deleted(&self, namespace: &str, name: &str, uid: &Uid) {
        if let Some(cache) = self.kept.of::<Caches>().get::<Tokens>(namespace) {
            cache.bury(name, uid);
        }
    }
}
