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
mod follow;
mod kind;
mod log;
mod look;
mod records;
mod snapshot;
mod step;
mod times;
mod tokens;
mod version;
mod written;

pub use log::{Changed, ChangedNames, Position};
pub use snapshot::{Behind, TokenChanges, TokensSnapshot};
pub use times::InventoryTimes;

use std::sync::Arc;

use cache::Cache;
use caches::Caches;
use look::{Leave, ready};
use tokens::Tokens;

use super::connection::{Cluster, error::Error};
use crate::scope::Scope;

impl Cluster {
    /// The tokens of a scope, from memory: as the cluster has them now, but for the time that its news take. The first look at a scope reads the
    /// list. If the API server doesn't answer, the snapshot is the last one, and says so ([`TokensSnapshot::behind`]).
    ///
    /// # Errors
    /// Those of a list. [`Error::Forbidden`] also where the right to list ended in the meantime.
    pub async fn inventory(&self, scope: &Scope) -> Result<TokensSnapshot, Error> {
        let caches = self.kept.of::<Caches>();
        let namespace = self.namespace(scope);
        let cache = caches.look::<Tokens>(self, namespace);
        let unchecked = Box::pin(self.settled(&caches, &cache, namespace)).await?;
        Ok(TokensSnapshot::of(cache.view(), unchecked))
    }

    /// The changes of a scope's tokens from now on, and a snapshot to begin with. The inventory goes on as long as the changes are kept.
    ///
    /// # Errors
    /// Those of [`Cluster::inventory`].
    pub async fn follow_inventory(
        &self,
        scope: &Scope,
    ) -> Result<(TokensSnapshot, TokenChanges), Error> {
        let caches = self.kept.of::<Caches>();
        let namespace = self.namespace(scope);
        let cache = caches.look::<Tokens>(self, namespace);
        let changes = TokenChanges::of(Arc::clone(&cache));
        let unchecked = Box::pin(self.settled(&caches, &cache, namespace)).await?;
        Ok((TokensSnapshot::of(cache.view(), unchecked), changes))
    }

    /// The same view with other times of inventories than the usual. Inventories that run keep theirs.
    #[must_use]
    pub fn with_inventory_times(self, times: InventoryTimes) -> Self {
        self.kept.of::<Caches>().set_times(times);
        self
    }

    /// Waits until an inventory can be shown. Answers with why the API server couldn't be asked whether it may be.
    async fn settled(
        &self,
        caches: &Caches,
        cache: &Arc<Cache<Tokens>>,
        namespace: &str,
    ) -> Result<Option<Error>, Error> {
        ready(cache).await?;
        match self.leave_to_show(cache, namespace, caches.times()).await {
            Leave::Granted => Ok(None),
            Leave::Unknown(error) => Ok(Some(error)),
            Leave::Refused(error) => {
                caches.close(namespace, &error);
                Err(error)
            }
        }
    }
}
