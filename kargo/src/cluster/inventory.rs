//! What pages show, from memory: one inventory for each identity and namespace, listed once and then watched.
//!
//! An inventory begins with the first look, and ends some minutes after the last. It belongs to one identity, because another one may list other
//! objects. Only metadata is read. Pages judge what they show by the API server's time; writes never judge by an inventory, but by a fresh read.
//!
//! A watch is authorised only when it starts. So a right that was taken away goes on working for 210 seconds at most on a page that is open, and for
//! 10 seconds at most on a page that is opened: the API server is asked again whether the identity may list.
//!
//! - `records`, `step`, `backoff`, `log`, `version`: pure decisions.
//! - `cache`: the state of one inventory; `follow`: its task; `look`: its viewers; `caches`: all of one identity.

mod backoff;
mod cache;
mod caches;
mod clock;
mod derived;
mod follow;
pub(super) mod kind;
mod last_written;
mod log;
mod look;
mod read;
mod records;
mod snapshot;
mod step;
mod times;
mod tokens;
mod version;
mod written;

pub use last_written::LastWritten;
pub use log::{Changed, ChangedNames, Position};
pub use snapshot::{Behind, TokenChanges, TokensSnapshot};
pub use times::InventoryTimes;

use std::{sync::Arc, time::Duration};

use cache::Cache;
use caches::{Cached, Caches};
pub(super) use look::Patience;
use look::{Leave, ready};
pub(super) use read::{Listed, ReadScopes};
use tokens::Tokens;

use super::connection::{Cluster, error::Error};
use crate::scope::Scope;

/// Time for a list that is not needed but useful.
const SOON: Duration = Duration::from_millis(300);

/// Objects from memory, by name, and the position in their log.
pub(super) struct Records<R> {
    pub all: Arc<[Arc<R>]>,
    pub position: Position,
}

impl Cluster {
    /// The tokens of a scope, from memory: as the cluster has them now, but for the time that its news take. The first look at a scope reads the
    /// list. If the API server doesn't answer, the snapshot is the last one, and says so ([`TokensSnapshot::behind`]).
    ///
    /// # Errors
    /// Those of a list. [`Error::Forbidden`] also where the right to list ended in the meantime.
    pub async fn inventory(&self, scope: &Scope) -> Result<TokensSnapshot, Error> {
        let (cache, unchecked) = Box::pin(self.looked_at(scope)).await?;
        Ok(TokensSnapshot::of(cache.view()?, unchecked))
    }

    /// The same, if it can be had within a moment: at once, if somebody looked before.
    pub async fn inventory_soon(&self, scope: &Scope) -> Option<TokensSnapshot> {
        let known = Box::pin(self.inventory(scope));
        tokio::time::timeout(SOON, known).await.ok()?.ok()
    }

    /// The tokens of a scope, and their changes after that. The inventory goes on as long as the changes are kept.
    ///
    /// # Errors
    /// Those of [`Cluster::inventory`].
    pub async fn follow_inventory(
        &self,
        scope: &Scope,
    ) -> Result<(TokensSnapshot, TokenChanges), Error> {
        let (cache, unchecked) = Box::pin(self.looked_at(scope)).await?;
        let snapshot = TokensSnapshot::of(cache.view()?, unchecked);
        Ok((snapshot, TokenChanges::of(cache)))
    }

    /// The objects of a kind in a namespace, from memory.
    pub(super) async fn records<K: Cached>(
        &self,
        namespace: &str,
        patience: Patience,
    ) -> Result<Records<K::Record>, Error> {
        let cache = self.kept.of::<Caches>().look::<K>(self, namespace);
        ready(&cache, patience).await?;
        let view = cache.view()?;
        Ok(Records {
            all: view.records,
            position: view.position,
        })
    }

    /// The same view with other times of inventories than the usual. Inventories that run keep theirs.
    #[must_use]
    pub fn with_inventory_times(self, times: InventoryTimes) -> Self {
        self.kept.of::<Caches>().set_times(times);
        self
    }

    /// The same view with inventories of more namespaces at the same time than the usual 48: for a program that looks at all of them.
    #[must_use]
    pub fn with_most_inventories(self, most: usize) -> Self {
        self.kept.of::<Caches>().set_most(most);
        self
    }

    /// An inventory that can be shown, and why the API server couldn't be asked whether it may be.
    async fn looked_at(&self, scope: &Scope) -> Result<(Arc<Cache<Tokens>>, Option<Error>), Error> {
        let caches = self.kept.of::<Caches>();
        let namespace = self.namespace(scope);
        let mut cache = caches.look::<Tokens>(self, namespace);
        let mut settled = ready(&cache, Patience::None).await;
        // It ended to make room for another one.
        if matches!(settled, Err(Error::ListExpired)) {
            cache = caches.look::<Tokens>(self, namespace);
            settled = ready(&cache, Patience::None).await;
        }
        settled?;
        match self.leave_to_show(&cache, namespace, caches.times()).await {
            Leave::Granted => Ok((cache, None)),
            Leave::Unknown(error) => Ok((cache, Some(error))),
            Leave::Refused(error) => {
                caches.close(namespace, &error);
                Err(error)
            }
        }
    }
}
