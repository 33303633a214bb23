//! A viewer's look at an inventory: waits for what a page needs, and asks from time to time whether it may still be shown.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use serde_json::json;
use tokio::time::timeout;

use super::{
    cache::{Cache, Standing},
    kind::Kind,
    times::InventoryTimes,
};
use crate::cluster::connection::{Cluster, access::Access, error::Error};

/// Time that a page waits for a first list, or for one more try after a failure.
const FIRST: Duration = Duration::from_mins(1);
/// Time that a page waits for a better answer where it has an old one.
const BETTER: Duration = Duration::from_secs(1);
/// Time that a page waits for the API server's leave to show what is known.
const LEAVE: Duration = Duration::from_secs(2);

/// Age up to which an answer is good enough, where no watch keeps it true: a list, or a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cluster) enum Patience {
    /// Two seconds for a list, none for a refusal: whoever was given a right sees what it gives at the next look.
    None,
    /// Ten seconds: for what is beside the tokens on a page.
    Some,
}

impl Patience {
    fn of_list(self) -> Duration {
        match self {
            Self::None => Duration::from_secs(2),
            Self::Some => Duration::from_secs(10),
        }
    }

    /// Nobody is asked again before the time that they asked for.
    fn of_error(self, error: &Error) -> Duration {
        match (error, self) {
            (Error::TooMany { wait, .. }, _) => *wait,
            (_, Self::None) => Duration::ZERO,
            (_, Self::Some) => Duration::from_secs(10),
        }
    }
}

/// Waits until there is something to show: what is true now, if that can be had soon. [`Error::ListExpired`] if the inventory ended for no reason
/// of the viewer's.
pub(super) async fn ready<K: Kind>(cache: &Cache<K>, patience: Patience) -> Result<(), Error> {
    let (mut pulse, seen) = (cache.pulse(), cache.tries());
    let mut is_kicked = false;
    let mut deadline = FIRST;
    let began = Instant::now();
    loop {
        let is_tried = cache.tries() > seen;
        match cache.standing() {
            Standing::Current => return Ok(()),
            Standing::Ended(error) => return Err(error.unwrap_or(Error::ListExpired)),
            Standing::Unreadable(error)
                if is_tried || cache.last_try().elapsed() < patience.of_error(&error) =>
            {
                return Err(error);
            }
            Standing::Behind(..) if is_tried => return Ok(()),
            Standing::Behind(_, None) if is_fresh(cache, patience) => return Ok(()),
            Standing::Behind(_, Some(_)) => deadline = BETTER,
            Standing::Behind(_, None) | Standing::Unreadable(_) => {}
            // The task tries already.
            Standing::Reading => is_kicked = true,
        }
        if !std::mem::replace(&mut is_kicked, true) {
            cache.kicked.notify_one();
        }
        let left = deadline.saturating_sub(began.elapsed());
        if !matches!(timeout(left, pulse.changed()).await, Ok(Ok(()))) {
            return match cache.standing() {
                Standing::Behind(..) | Standing::Current => Ok(()),
                Standing::Unreadable(error) => Err(error),
                Standing::Ended(error) => Err(error.unwrap_or(Error::ListExpired)),
                Standing::Reading => Err(Error::Timeout(K::listing("").access)),
            };
        }
    }
}

fn is_fresh<K: Kind>(cache: &Cache<K>, patience: Patience) -> bool {
    let list = cache.last_list();
    list.is_some_and(|list| list.elapsed() < patience.of_list())
}

/// What the API server says to whether the records may still be shown.
pub(super) enum Leave {
    Granted,
    /// It couldn't be asked.
    Unknown(Error),
    Refused(Error),
}

impl Cluster {
    /// Asks whether this identity may still list Secrets, unless the API server allowed that a moment ago.
    pub(super) async fn leave_to_show<K: Kind>(
        &self,
        cache: &Arc<Cache<K>>,
        namespace: &str,
        times: InventoryTimes,
    ) -> Leave {
        let is_fresh = || {
            cache
                .allowed()
                .is_some_and(|allowed| allowed.elapsed() < times.check)
        };
        if is_fresh() {
            return Leave::Granted;
        }
        let access = Access::to("list", "secrets").within(namespace);
        let asking = async {
            let _checking = cache.checking.lock().await;
            if is_fresh() {
                return Leave::Granted;
            }
            let asked = Instant::now();
            let attributes =
                json!({ "namespace": namespace, "verb": "list", "resource": "secrets" });
            match self.access_review_at(&attributes).await {
                Ok((true, now)) => {
                    cache.allow(asked, now);
                    Leave::Granted
                }
                Ok((false, _)) => Leave::Refused(Error::Forbidden(access.clone())),
                Err(error) if error.is_forbidden() || is_credentials(&error) => {
                    Leave::Refused(error)
                }
                Err(error) => Leave::Unknown(error),
            }
        };
        timeout(LEAVE, Box::pin(asking))
            .await
            .unwrap_or_else(|_| Leave::Unknown(Error::Timeout(access.clone())))
    }
}

fn is_credentials(error: &Error) -> bool {
    matches!(error, Error::Unauthenticated | Error::Credential(_))
}
