//! What whoever counts hears: requests, inventories and reveals as plain facts. What becomes of them isn't this crate's matter.

use std::{
    sync::{Arc, Mutex, OnceLock, PoisonError, Weak},
    time::{Duration, Instant},
};

use super::{access::Access, error::Error};

/// Hears what happens. Every method must return at once.
pub trait Observer: Send + Sync {
    /// A request was answered, or came to nothing.
    fn requested(&self, request: Requested<'_>);

    /// An inventory was listed again.
    fn relisted(&self);

    /// The watch of an inventory has ended, and another one follows.
    fn reconnected(&self, cause: ReconnectCause);

    /// The one reveal of a token was claimed: its value is on its way to a person.
    fn revealed(&self);
}

/// A request that was sent once. Repeats are requests of their own.
#[derive(Debug, Clone, Copy)]
pub struct Requested<'a> {
    /// Verb, resource and object.
    pub access: &'a Access,
    /// HTTP status of the answer; `None`: there was no answer, or nobody waited for it any more.
    pub status: Option<u16>,
    /// Time until the head of the answer.
    pub time: Duration,
}

/// Why the watch of an inventory ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReconnectCause {
    /// The API server ended it, as it does every few minutes.
    Ended,
    /// The API server sent nothing for too long.
    Silent,
    /// The API server doesn't know the version any more from which the watch should go on.
    Expired,
    /// The right to watch is missing.
    Forbidden,
    /// The API server doesn't accept the credential.
    Unauthenticated,
    /// The API server can't be reached, is in trouble, or takes too long.
    Unavailable,
    /// Anything else.
    Other,
}

impl ReconnectCause {
    /// Every cause.
    pub const ALL: [Self; 7] = [
        Self::Ended,
        Self::Silent,
        Self::Expired,
        Self::Forbidden,
        Self::Unauthenticated,
        Self::Unavailable,
        Self::Other,
    ];

    /// The cause of a failure.
    pub(in crate::cluster) fn of(error: &Error) -> Self {
        match error {
            Error::ListExpired => Self::Expired,
            Error::Unauthenticated | Error::Credential(_) => Self::Unauthenticated,
            error if error.is_forbidden() => Self::Forbidden,
            error if error.is_unanswered() => Self::Unavailable,
            Error::TooMany { .. } => Self::Unavailable,
            _ => Self::Other,
        }
    }

    /// One word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ended => "ended",
            Self::Silent => "silent",
            Self::Expired => "expired",
            Self::Forbidden => "forbidden",
            Self::Unauthenticated => "unauthenticated",
            Self::Unavailable => "unavailable",
            Self::Other => "other",
        }
    }
}

/// All inventories of all identities together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InventoryFacts {
    /// Objects in memory.
    pub records: usize,
    /// Open pages that are told of changes.
    pub viewers: usize,
    /// Longest time since anything was heard for an inventory that is shown; `None`: there is none.
    pub silent_for: Option<Duration>,
}

impl InventoryFacts {
    fn and(self, other: Self) -> Self {
        Self {
            records: self.records + other.records,
            viewers: self.viewers + other.viewers,
            silent_for: self.silent_for.max(other.silent_for),
        }
    }
}

/// An inventory, as it is measured.
pub(in crate::cluster) trait Measured: Send + Sync {
    fn facts(&self) -> InventoryFacts;
}

/// The observer of a cluster's requests, and the inventories that are measured. Clones share both.
#[derive(Clone, Default)]
pub(in crate::cluster) struct Observed {
    observer: Arc<OnceLock<Arc<dyn Observer>>>,
    inventories: Arc<Mutex<Vec<Weak<dyn Measured>>>>,
}

impl Observed {
    /// Only the first observer hears anything.
    pub fn by(&self, observer: Arc<dyn Observer>) {
        let _ = self.observer.set(observer);
    }

    /// Tells the observer, if there is one.
    pub fn tell(&self, tell: impl FnOnce(&dyn Observer)) {
        if let Some(observer) = self.observer.get() {
            tell(&**observer);
        }
    }

    /// Measures an inventory for as long as it is kept.
    pub fn measure(&self, inventory: Weak<dyn Measured>) {
        let mut all = self
            .inventories
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        all.retain(|known| known.strong_count() > 0);
        all.push(inventory);
    }

    /// Numbers of all inventories together.
    pub fn facts(&self) -> InventoryFacts {
        let all: Vec<_> = {
            let all = self.inventories.lock();
            let all = all.unwrap_or_else(PoisonError::into_inner);
            all.iter().filter_map(Weak::upgrade).collect()
        };
        all.iter()
            .map(|inventory| inventory.facts())
            .fold(InventoryFacts::default(), InventoryFacts::and)
    }

    /// Begins to measure a request. What is dropped without an answer is told, too.
    pub fn request<'a>(&'a self, access: &'a Access) -> Pending<'a> {
        Pending {
            observed: self,
            access,
            sent: Instant::now(),
            status: None,
        }
    }
}

/// A request that waits for its answer.
pub(in crate::cluster) struct Pending<'a> {
    observed: &'a Observed,
    access: &'a Access,
    sent: Instant,
    status: Option<u16>,
}

impl Pending<'_> {
    /// The head of the answer came.
    pub fn answered(mut self, status: http::StatusCode) {
        self.status = Some(status.as_u16());
    }
}

impl Drop for Pending<'_> {
    fn drop(&mut self) {
        self.observed.tell(|observer| {
            observer.requested(Requested {
                access: self.access,
                status: self.status,
                time: self.sent.elapsed(),
            });
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_failure_of_a_watch_has_a_cause() {
        let access = || Access::to("watch", "secrets");
        for (error, expected) in [
            (Error::ListExpired, "expired"),
            (Error::Unauthenticated, "unauthenticated"),
            (Error::Forbidden(access()), "forbidden"),
            (Error::Timeout(access()), "unavailable"),
            (Error::BadAnswer(access()), "other"),
        ] {
            assert_eq!(ReconnectCause::of(&error).word(), expected, "{error}");
        }
    }

    #[test]
    fn a_request_that_nobody_waits_for_any_more_is_told() {
        #[derive(Default)]
        struct Heard(Mutex<Vec<Option<u16>>>);
        impl Observer for Heard {
            fn requested(&self, request: Requested<'_>) {
                self.0.lock().expect("a list").push(request.status);
            }
            fn relisted(&self) {}
            fn reconnected(&self, _: ReconnectCause) {}
            fn revealed(&self) {}
        }
        let (observed, heard) = (Observed::default(), Arc::new(Heard::default()));
        observed.by(heard.clone());
        let access = Access::to("list", "secrets");
        observed
            .request(&access)
            .answered(http::StatusCode::FORBIDDEN);
        drop(observed.request(&access));
        assert_eq!(*heard.0.lock().expect("a list"), [Some(403), None]);
    }
}
