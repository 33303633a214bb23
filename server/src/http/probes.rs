//! `/healthz` and `/readyz`, for probes of any host and without a sign-in. They tell nothing but whether the program and its cluster answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode, routing::get};
use kargo::cluster::Cluster;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// Age up to which an answer about the cluster is given again, so that probes cost the cluster at most a request a second.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Tells whether requests may be sent here. Clones share the last answer.
#[derive(Clone)]
pub struct Readiness {
    cluster: Cluster,
    /// Cancelled when the program is asked to end.
    ending: CancellationToken,
    last: Arc<Mutex<Option<(Instant, bool)>>>,
}

impl Readiness {
    pub fn new(cluster: Cluster, ending: CancellationToken) -> Self {
        Self {
            cluster,
            ending,
            last: Arc::default(),
        }
    }

    async fn answer(&self) -> (StatusCode, &'static str) {
        const NOT_READY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
        if self.ending.is_cancelled() {
            return (NOT_READY, "The program is ending.\n");
        }
        if self.is_cluster_ready().await {
            (StatusCode::OK, "ok\n")
        } else {
            (NOT_READY, "The cluster doesn't answer.\n")
        }
    }

    async fn is_cluster_ready(&self) -> bool {
        // Concurrent probes wait for one request.
        let mut last = self.last.lock().await;
        match *last {
            Some((time, is_ready)) if time.elapsed() < FRESH_FOR => is_ready,
            _ => {
                let is_ready = self.cluster.ready().await.is_ok();
                *last = Some((Instant::now(), is_ready));
                is_ready
            }
        }
    }
}

/// Routes of both probes.
pub fn routes(readiness: Readiness) -> Router {
    let ready = async move || readiness.answer().await;
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
}

#[cfg(test)]
mod tests;
