//! Lists that come in pages. Each object is slimmed as soon as its page is read, so a long list never stands in memory as a whole.

use std::{sync::atomic::Ordering, time::Duration};

use jiff::Timestamp;
use kube::core::{
    Request,
    params::{ListParams, WatchParams},
};
use serde::de::DeserializeOwned;
use tokio::time::timeout;

use super::connection::{
    Cluster,
    access::Access,
    error::Error,
    request::{Built, List},
};

/// Objects per request when all are read.
const PAGE: u32 = 1000;
/// Smallest page that is asked for.
const SMALLEST: u32 = 10;
/// Time in which a whole list is read.
const DEADLINE: Duration = Duration::from_mins(1);

/// A kind of objects in one place, to be listed and watched.
pub(super) struct Listing {
    /// Access that a list takes.
    pub access: Access,
    /// Requests for the objects.
    pub request: Request,
    /// Selects by fields or by labels.
    pub selector: Selector,
    /// `false`: whole objects are read. `true`: only their metadata.
    pub is_metadata: bool,
}

/// Which objects of a kind are read.
pub(super) enum Selector {
    All,
    Fields(String),
    Labels(String),
}

impl Listing {
    /// The request for a page.
    fn page(&self, limit: u32, next: Option<&str>) -> Built {
        let mut params = ListParams::default().limit(limit);
        params.continue_token = next.map(str::to_owned);
        let params = match &self.selector {
            Selector::All => params,
            Selector::Fields(fields) => params.fields(fields),
            Selector::Labels(labels) => params.labels(labels),
        };
        if self.is_metadata {
            self.request.list_metadata(&params)
        } else {
            self.request.list(&params)
        }
    }

    /// The request for a watch with bookmarks from a version on, that the API server ends after so many seconds.
    pub fn watch(&self, seconds: u32, version: &str) -> Built {
        let params = WatchParams::default().timeout(seconds);
        let params = match &self.selector {
            Selector::All => params,
            Selector::Fields(fields) => params.fields(fields),
            Selector::Labels(labels) => params.labels(labels),
        };
        if self.is_metadata {
            self.request.watch_metadata(&params, version)
        } else {
            self.request.watch(&params, version)
        }
    }
}

/// One page, or a whole list.
pub(super) struct Page<T> {
    pub items: Vec<T>,
    /// Start of the next page.
    pub next: Option<String>,
    /// Version from which a watch misses nothing after the list.
    pub version: String,
    /// Time by the API server's clock.
    pub now: Timestamp,
}

impl Cluster {
    /// Reads up to `limit` objects, from the start or from another page's `next`. `keep` slims one object.
    pub(super) async fn read_page<O: DeserializeOwned, T>(
        &self,
        listing: &Listing,
        limit: u32,
        next: Option<&str>,
        keep: &(impl Fn(O) -> T + Sync),
    ) -> Result<Page<T>, Error> {
        let mut limit = limit.min(self.page_limit.load(Ordering::Relaxed));
        loop {
            match self.try_page(listing, limit, next, keep).await {
                // The page may be too large: whoever may change Secrets can make the metadata of each a quarter of a megabyte. The next list
                // begins with the smaller page.
                Err(Error::BadAnswer(_)) if limit > SMALLEST => {
                    limit /= 10;
                    self.page_limit.store(limit, Ordering::Relaxed);
                }
                result => return result,
            }
        }
    }

    /// Reads a whole list. Only a few lists are read at a time, and each in bounded time, because together they take the most memory.
    pub(super) async fn read_every_page<O: DeserializeOwned, T>(
        &self,
        listing: &Listing,
        keep: impl Fn(O) -> T + Sync,
    ) -> Result<Page<T>, Error> {
        let reading = async {
            let _permit = self.connector().lists().acquire().await;
            match self.try_every_page(listing, &keep).await {
                // The cluster forgot where the next page starts.
                Err(Error::ListExpired) => self.try_every_page(listing, &keep).await,
                result => result,
            }
        };
        timeout(DEADLINE, reading)
            .await
            .unwrap_or_else(|_| Err(Error::Timeout(listing.access.clone())))
    }

    async fn try_every_page<O: DeserializeOwned, T>(
        &self,
        listing: &Listing,
        keep: &(impl Fn(O) -> T + Sync),
    ) -> Result<Page<T>, Error> {
        let (mut all, mut next) = (Vec::new(), None::<String>);
        loop {
            let page = self.read_page(listing, PAGE, next.as_deref(), keep).await?;
            all.extend(page.items);
            if page.next.is_none() {
                return Ok(Page { items: all, ..page });
            }
            // A page that leads to itself would never end.
            if page.next == next {
                return Err(Error::BadAnswer(listing.access.clone()));
            }
            next = page.next;
        }
    }

    async fn try_page<O: DeserializeOwned, T>(
        &self,
        listing: &Listing,
        limit: u32,
        next: Option<&str>,
        keep: &(impl Fn(O) -> T + Sync),
    ) -> Result<Page<T>, Error> {
        let request = listing.page(limit, next);
        let answer = self.read(&listing.access, request).await?;
        let mut list: List<O> = answer.parse(&listing.access)?;
        let next = list.metadata.r#continue.take();
        Ok(Page {
            next: next.filter(|next| !next.is_empty()),
            version: std::mem::take(&mut list.metadata.resource_version),
            items: list.items().into_iter().map(keep).collect(),
            now: answer.now,
        })
    }
}
