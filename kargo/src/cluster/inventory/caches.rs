//! All inventories of one identity. They end with the identity's last view, when the API server doesn't accept its credential, and one by one
//! when nobody has looked for a while. No other identity ever sees them.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak},
};

use tokio::task::AbortHandle;

use super::{cache::Cache, follow::follow, kind::Kind, times::InventoryTimes, tokens::Tokens};
use crate::cluster::{
    connection::{Cluster, error::Error, kept::Keep},
    projects::Projects,
    rbac::{accounts::Accounts, bindings::Bindings, rules::NamespaceRoles},
};

/// Namespaces of which one identity has inventories at the same time. The one that nobody has looked at for longest ends for another.
const NAMESPACES: usize = 48;

/// The inventories of one identity.
#[derive(Default)]
pub(in crate::cluster) struct Caches {
    times: Mutex<InventoryTimes>,
    /// Most namespaces, where it isn't [`NAMESPACES`].
    most: OnceLock<usize>,
    tokens: ByNamespace<Tokens>,
    accounts: ByNamespace<Accounts>,
    bindings: ByNamespace<Bindings>,
    roles: ByNamespace<NamespaceRoles>,
    projects: ByNamespace<Projects>,
}

/// Inventories of a kind.
pub(in crate::cluster) struct ByNamespace<K: Kind>(Mutex<BTreeMap<String, Task<K>>>);

/// An inventory, and the task that follows the cluster for it.
struct Task<K: Kind> {
    cache: Arc<Cache<K>>,
    task: AbortHandle,
}

/// A kind that identities have caches for.
pub(in crate::cluster) trait Cached: Kind {
    fn of(caches: &Caches) -> &ByNamespace<Self>;
}

macro_rules! cached {
    ($($kind:ty: $field:ident),*) => {
        $(impl Cached for $kind {
            fn of(caches: &Caches) -> &ByNamespace<Self> {
                &caches.$field
            }
        })*

        impl Caches {
            /// Ends everything.
            fn end(&self, error: &Error) {
                $(self.$field.end(error);)*
            }

            /// Ends the inventories of a namespace: the identity may not list its tokens any more.
            pub fn close(&self, namespace: &str, error: &Error) {
                $(self.$field.close(namespace, error);)*
            }
        }
    };
}

cached!(Tokens: tokens, Accounts: accounts, Bindings: bindings, NamespaceRoles: roles, Projects: projects);

impl Keep for Caches {
    fn refuse(&self, error: &Error) {
        self.end(error);
    }
}

impl Caches {
    /// Sets the most namespaces with inventories, once.
    pub fn set_most(&self, most: usize) {
        let _ = self.most.set(most);
    }

    pub fn times(&self) -> InventoryTimes {
        *self.times.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn set_times(&self, times: InventoryTimes) {
        *self.times.lock().unwrap_or_else(PoisonError::into_inner) = times;
    }

    /// Notes a look at an inventory, and starts it if there is none.
    pub(super) fn look<K: Cached>(&self, cluster: &Cluster, namespace: &str) -> Arc<Cache<K>> {
        let mut all = K::of(self).all();
        if let Some(known) = all.get(namespace).filter(|known| known.cache.look()) {
            return Arc::clone(&known.cache);
        }
        all.retain(|_, known| !known.task.is_finished());
        while all.len() >= *self.most.get().unwrap_or(&NAMESPACES) {
            let oldest = all.iter().min_by_key(|(_, known)| known.cache.looked());
            let Some(oldest) = oldest.map(|(namespace, _)| namespace.clone()) else {
                break;
            };
            all.remove(&oldest);
        }
        let cache = Arc::new(Cache::new());
        let weak: Weak<Cache<K>> = Arc::downgrade(&cache);
        cluster.connector().observed().measure(weak);
        let task = follow(
            cluster.for_task(),
            namespace.to_owned(),
            Arc::clone(&cache),
            self.times(),
        );
        let started = Task {
            cache: Arc::clone(&cache),
            task: tokio::spawn(task).abort_handle(),
        };
        all.insert(namespace.to_owned(), started);
        cache
    }

    /// The inventory of a namespace, if there is one. Not a look.
    pub(super) fn get<K: Cached>(&self, namespace: &str) -> Option<Arc<Cache<K>>> {
        let all = K::of(self).all();
        all.get(namespace).map(|known| Arc::clone(&known.cache))
    }
}

impl<K: Kind> Default for ByNamespace<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Kind> ByNamespace<K> {
    fn all(&self) -> MutexGuard<'_, BTreeMap<String, Task<K>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn close(&self, namespace: &str, error: &Error) {
        if let Some(closed) = self.all().remove(namespace) {
            closed.cache.end(Some(error.clone()));
        }
    }

    fn end(&self, error: &Error) {
        for task in std::mem::take(&mut *self.all()).into_values() {
            task.cache.end(Some(error.clone()));
        }
    }
}

impl<K: Kind> Drop for Task<K> {
    fn drop(&mut self) {
        self.task.abort();
        self.cache.end(None);
    }
}
