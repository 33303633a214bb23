//! Looks a while after each reveal whether its value was confirmed as saved. Another replica may have confirmed it, so the cluster is asked.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use app::background::Background;
use kargo::{
    cluster::Viewer,
    name::{TokenName, Uid},
    scope::Scope,
    token::Reveal,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use super::Metrics;

/// Time in which people save a value.
const SAVED_WITHIN: Duration = Duration::from_mins(5);

/// Reveals that wait to be confirmed.
#[derive(Clone)]
pub struct Reveals {
    metrics: Arc<Metrics>,
    /// Looks at all of them at once when it is cancelled.
    at_once: CancellationToken,
    /// UIDs of the tokens: a repeated reveal is looked at once.
    waiting: Arc<Mutex<HashSet<Uid>>>,
}

impl Reveals {
    pub fn new(metrics: Arc<Metrics>) -> Self {
        Self {
            metrics,
            at_once: CancellationToken::new(),
            waiting: Arc::default(),
        }
    }

    /// Ends the time in which people save values.
    #[cfg(test)]
    pub fn look_at_once(&self) {
        self.at_once.cancel();
    }

    /// A token was, or may have been, revealed: looks at it later as the person, if their session lasts so long.
    pub fn watch(
        &self,
        (scope, name, uid): (Scope, TokenName, Uid),
        viewer: Viewer,
        background: &Background,
    ) {
        if !self.waiting().insert(uid.clone()) {
            return;
        }
        let reveals = self.clone();
        background.start(async move {
            let waiting = Waiting { reveals, uid };
            let at_once = waiting.reveals.at_once.cancelled();
            let _ = timeout(SAVED_WITHIN, at_once).await;
            if waiting.is_unconfirmed(&scope, &name, &viewer).await {
                waiting.reveals.metrics.reveals_unconfirmed.add(&[]);
            }
        });
    }

    fn waiting(&self) -> MutexGuard<'_, HashSet<Uid>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One reveal that waits, also if its session ends.
struct Waiting {
    reveals: Reveals,
    uid: Uid,
}

impl Waiting {
    async fn is_unconfirmed(&self, scope: &Scope, name: &TokenName, viewer: &Viewer) -> bool {
        let Ok(cluster) = viewer.to_read(scope).await else {
            return false;
        };
        let Ok(known) = Box::pin(cluster.inventory(scope)).await else {
            return false;
        };
        // An inventory that is behind may lack the confirmation of another replica.
        !known.is_behind()
            && known.token(name).is_some_and(|token| {
                token.uid == self.uid && matches!(token.reveal, Some(Reveal::Claimed { .. }))
            })
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.reveals.waiting().remove(&self.uid);
    }
}
