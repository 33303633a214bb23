//! The task of one inventory: lists, then watches, for as long as somebody looks. Tries again after failures, each time a little later.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use tokio::{
    select,
    time::{sleep, timeout},
};

use super::{
    backoff::{Backoff, random},
    cache::Cache,
    kind::Kind,
    records::Listed,
    step::{Step, Try, Wait, after},
    times::InventoryTimes,
};
use crate::cluster::{
    connection::{
        Cluster,
        error::Error,
        observe::{Observed, ReconnectCause},
        request::{Event, Lines},
    },
    paging::{Listing, Page},
};

/// Seconds after which the API server ends a watch: some networks drop connections without a word after 240 s without traffic. Watches are
/// authorised only when they start, so this bounds how long a right that was taken away goes on working.
const SECONDS: u32 = 180;
/// Most seconds that are added at random, so that not all watches start at the same time.
const JITTER: u32 = 30;
/// Longest wait that the API server may ask for.
const LONGEST_ASKED: Duration = Duration::from_mins(1);
/// Time in which the API server answers that a watch is open.
const OPENING: Duration = Duration::from_secs(15);

/// Follows the objects of a kind in a namespace, until nobody has looked for a while.
pub(super) async fn follow<K: Kind>(
    cluster: Cluster,
    namespace: String,
    cache: Arc<Cache<K>>,
    times: InventoryTimes,
) {
    let mut follower = Follower {
        cluster,
        listing: K::listing(&namespace),
        cache: Arc::clone(&cache),
        times,
        backoff: Backoff::default(),
        version: String::new(),
        is_listed: false,
    };
    select! {
        () = follower.run() => {}
        () = cache.tell_due() => {}
        () = cache.idle(times.idle) => {}
    }
}

struct Follower<K: Kind> {
    cluster: Cluster,
    listing: Listing,
    cache: Arc<Cache<K>>,
    times: InventoryTimes,
    backoff: Backoff,
    /// Version from which the next watch misses nothing.
    version: String,
    /// Whether a list was tried before.
    is_listed: bool,
}

impl<K: Kind> Follower<K> {
    async fn run(&mut self) {
        let mut tried = Try::List;
        loop {
            let result = match tried {
                Try::List => Box::pin(self.list()).await,
                Try::Watch => {
                    let ended = Box::pin(self.watch()).await;
                    let cause = ended.as_ref().copied();
                    let cause = cause.unwrap_or_else(ReconnectCause::of);
                    self.observed().tell(|observer| observer.reconnected(cause));
                    ended.map(|_| ())
                }
            };
            let Err(error) = result else {
                // A list leads to a watch, and a watch that ends as it should to the next.
                tried = Try::Watch;
                continue;
            };
            tracing::debug!(access = %self.listing.access, ?tried, %error, "an inventory could not be followed");
            let Step {
                next,
                wait,
                is_over,
            } = after(tried, &error, self.backoff.failures());
            // A list is as old as it is without the right to watch: nothing has failed.
            if wait != Wait::Poll {
                self.cache.failed(error, is_over);
            }
            self.pause(wait).await;
            tried = next;
        }
    }

    /// Waits, or until somebody looks; in any case as long as the API server asks for.
    async fn pause(&mut self, wait: Wait) {
        let (least, most) = match wait {
            Wait::Backoff(asked) => (asked.min(LONGEST_ASKED), self.backoff.next(random())),
            Wait::Poll => (Duration::ZERO, self.times.poll),
            Wait::Refused => (Duration::ZERO, self.times.refused),
        };
        sleep(least).await;
        select! {
            () = sleep(most.saturating_sub(least)) => {}
            () = self.cache.kicked.notified() => {}
        }
    }

    fn observed(&self) -> &Observed {
        self.cluster.connector().observed()
    }

    async fn list(&mut self) -> Result<(), Error> {
        if std::mem::replace(&mut self.is_listed, true) {
            self.observed().tell(|observer| observer.relisted());
        }
        let began = Instant::now();
        let Page {
            items: entries,
            version,
            now,
            ..
        } = self
            .cluster
            .read_every_page(&self.listing, K::entry)
            .await?;
        self.version = version;
        self.cache.listed(Listed { entries, began }, now);
        Ok(())
    }

    /// Watches until the API server ends it, or nothing is heard for too long; answers with the cause. A version that is too old leads to
    /// [`Error::ListExpired`].
    async fn watch(&mut self) -> Result<ReconnectCause, Error> {
        let mut access = self.listing.access.clone();
        access.verb = "watch";
        let seconds = SECONDS + u32::from(random()) % (JITTER + 1);
        let request = self.listing.watch(seconds, &self.version);
        let opening = timeout(OPENING, self.cluster.watch(&access, request));
        let watch = opening
            .await
            .unwrap_or_else(|_| Err(Error::Timeout(access.clone())))?;
        let opened = Instant::now();
        self.cache.watched(watch.started);
        let mut lines = watch.lines;
        let end = self.hear(&mut lines).await;
        if opened.elapsed() >= self.times.well {
            self.backoff.reset();
            return end;
        }
        // What ends at once, again and again, is not well.
        end.and_then(|_| {
            let why = "it ended the watch".to_owned();
            Err(Error::Unavailable { access, why })
        })
    }

    async fn hear(&mut self, lines: &mut Lines) -> Result<ReconnectCause, Error> {
        let access = &self.listing.access;
        loop {
            let Ok(line) = timeout(self.times.silence, lines.next(access)).await else {
                return Ok(ReconnectCause::Silent);
            };
            let Some(line) = line? else {
                return Ok(ReconnectCause::Ended);
            };
            let event: Event<K::Object> =
                serde_json::from_slice(line).map_err(|_| Error::BadAnswer(access.clone()))?;
            self.cache.heard();
            match event {
                Event::Added(object) | Event::Modified(object) => {
                    let entry = K::entry(object);
                    self.version = entry.version.text();
                    self.cache.put(entry);
                }
                Event::Deleted(object) => {
                    let entry = K::entry(object);
                    self.version = entry.version.text();
                    self.cache.remove(&entry.name, &entry.uid);
                }
                Event::Bookmark(bookmark) => self.version = bookmark.version(),
                Event::Error(error) => return Err(error.error(access)),
            }
        }
    }
}
