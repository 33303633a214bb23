//! The tokens of a scope as they were at one moment, for a page; and what changes afterwards, for whoever keeps the page open.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use tokio::{sync::watch, time::sleep};

use super::{
    cache::{Cache, Standing, View},
    derived::Derived,
    log::{Changed, Position},
    tokens::Tokens,
};
use crate::{
    cluster::connection::error::Error, name::TokenName, problem::Problem, token::TokenSummary,
};

/// Time in which changes are gathered: one word for a burst of them.
const GATHERING: Duration = Duration::from_millis(50);

/// The tokens of a scope from memory. Cheap to clone.
#[derive(Debug, Clone)]
pub struct TokensSnapshot {
    tokens: Arc<[Arc<TokenSummary>]>,
    derived: Arc<Derived>,
    now: Timestamp,
    position: Position,
    behind: Option<Behind>,
}

/// Why a snapshot may not be what the cluster has now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Behind {
    /// Time up to which the snapshot is certainly true, by the API server's clock.
    pub since: Timestamp,
    /// What keeps this program from knowing more; `None` if the person may list and not watch, so that the list is read from time to time.
    pub problem: Option<Problem>,
}

impl TokensSnapshot {
    /// A snapshot of what is known. `unchecked`: why the API server couldn't be asked whether it may be shown.
    pub(super) fn of(view: View<TokenSummary>, unchecked: Option<Error>) -> Self {
        let View {
            records,
            derived,
            now,
            position,
            behind,
        } = view;
        let behind = match (behind, unchecked) {
            (Some((since, error)), unchecked) => Some((since, error.or(unchecked))),
            (None, Some(error)) => Some((now, Some(error))),
            (None, None) => None,
        };
        Self {
            tokens: records,
            derived,
            now,
            position,
            behind: behind.map(|(since, error)| Behind {
                since,
                problem: error.map(|error| error.problem()),
            }),
        }
    }

    /// All tokens by name, judged at [`TokensSnapshot::now`].
    pub fn tokens(&self) -> &Arc<[Arc<TokenSummary>]> {
        &self.tokens
    }

    /// A token by its name.
    pub fn token(&self, name: &TokenName) -> Option<&TokenSummary> {
        let at = self.tokens.binary_search_by(|token| token.name.cmp(name));
        at.ok().map(|at| &*self.tokens[at])
    }

    /// Derives a value from the tokens, or answers with the one that was derived for the same key. Values are kept until the tokens change. The
    /// key must hold everything else that the value depends on, such as the time.
    pub fn derive<K, V>(&self, key: K, make: impl FnOnce(&[Arc<TokenSummary>]) -> V) -> Arc<V>
    where
        K: PartialEq + Send + 'static,
        V: Send + Sync + 'static,
    {
        self.derived.get(key, || make(&self.tokens))
    }

    /// The time by the API server's clock: as its last answer told it, and what has passed since.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Position in the log of changes, for [`TokenChanges::next`].
    pub fn position(&self) -> Position {
        self.position
    }

    /// Whether something keeps this program from knowing what the cluster has now.
    pub fn is_behind(&self) -> bool {
        self.behind
            .as_ref()
            .is_some_and(|behind| behind.problem.is_some())
    }

    /// Why the snapshot may not be what the cluster has now; `None` while a watch is open.
    pub fn behind(&self) -> Option<&Behind> {
        self.behind.as_ref()
    }
}

/// Follows the changes of a scope's tokens. The inventory goes on as long as this is kept.
pub struct TokenChanges {
    cache: Arc<Cache<Tokens>>,
    pulse: watch::Receiver<u64>,
    /// Whether the last answer was that the inventory is behind.
    was_behind: bool,
}

impl TokenChanges {
    pub(super) fn of(cache: Arc<Cache<Tokens>>) -> Self {
        Self {
            pulse: cache.pulse(),
            was_behind: is_behind(&cache.standing()),
            cache,
        }
    }

    /// Whether something keeps this program from knowing what the cluster has now.
    pub fn is_behind(&self) -> bool {
        is_behind(&self.cache.standing())
    }

    /// Waits until something has changed since a position, has fallen due, or is less or more certain than before. Answers with what changed, and
    /// with the position to go on from; changes within 50 ms come together. There may be no names: then [`TokensSnapshot::behind`] is another.
    ///
    /// # Errors
    /// Why nothing may be shown any more: a right or the credential ended. [`Error::ListExpired`] if the inventory ended for another reason, such as the
    /// end of the session. [`Cluster::inventory`](crate::cluster::Cluster::inventory) asks anew.
    pub async fn next(&mut self, position: Position) -> Result<(Changed, Position), Error> {
        loop {
            self.pulse.mark_unchanged();
            let standing = self.cache.standing();
            let is_behind = is_behind(&standing);
            match standing {
                Standing::Ended(error) => return Err(error.unwrap_or(Error::ListExpired)),
                Standing::Unreadable(error) => return Err(error),
                Standing::Reading | Standing::Current | Standing::Behind(..) => {}
            }
            let (changed, now) = self.cache.since(position);
            if now != position || is_behind != self.was_behind {
                self.was_behind = is_behind;
                return Ok((changed, now));
            }
            if self.pulse.changed().await.is_err() {
                return Err(Error::ListExpired);
            }
            sleep(GATHERING).await;
        }
    }
}

/// `true` if something keeps the inventory from knowing what the cluster has now.
fn is_behind(standing: &Standing) -> bool {
    matches!(standing, Standing::Behind(_, Some(_)))
}
