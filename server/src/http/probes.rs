//! `/healthz` and `/readyz`, for probes of any host and without a sign-in. They tell nothing but whether the program and its cluster answer.

use std::{sync::Arc, time::Duration};

use axum::{Router, http::StatusCode, routing::get};
use kargo::cluster::Cluster;
use tokio_util::sync::CancellationToken;

use crate::recent::Recent;

/// Age up to which an answer about the cluster is given again, so that probes cost the cluster at most a request a second.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Tells whether requests may be sent here. Clones share the last answer.
#[derive(Clone)]
pub struct Readiness {
    cluster: Cluster,
    /// Cancelled when the program is asked to end.
    ending: CancellationToken,
    is_cluster_ready: Arc<Recent<bool>>,
}

impl Readiness {
    pub fn new(cluster: Cluster, ending: CancellationToken) -> Self {
        Self {
            cluster,
            ending,
            is_cluster_ready: Arc::new(Recent::new(FRESH_FOR)),
        }
    }

    async fn answer(&self) -> (StatusCode, &'static str) {
        const NOT_READY: StatusCode = StatusCode::SERVICE_UNAVAILABLE;
        if self.ending.is_cancelled() {
            return (NOT_READY, "The program is ending.\n");
        }
        let asked = async { self.cluster.ready().await.is_ok() };
        if self.is_cluster_ready.get(asked).await {
            (StatusCode::OK, "ok\n")
        } else {
            (NOT_READY, "The cluster doesn't answer.\n")
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
