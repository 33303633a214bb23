//! `/healthz` and `/readyz`, for probes of any host and without a sign-in. They tell nothing but whether the program and its cluster answer.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{Router, http::StatusCode, routing::get};
use tokio::sync::Mutex;

use super::State;

/// Age up to which an answer about the cluster is given again, so that probes cost the cluster at most a request a second.
const FRESH_FOR: Duration = Duration::from_secs(1);

/// Routes of both probes.
pub fn routes(state: &State) -> Router {
    let identities = state.identities.clone();
    let last: Arc<Mutex<Option<(Instant, bool)>>> = Arc::default();
    let ready = async move || {
        // Concurrent probes wait for one request.
        let mut last = last.lock().await;
        let is_ready = match *last {
            Some((time, is_ready)) if time.elapsed() < FRESH_FOR => is_ready,
            _ => {
                let is_ready = identities.program().ready().await.is_ok();
                *last = Some((Instant::now(), is_ready));
                is_ready
            }
        };
        if is_ready {
            (StatusCode::OK, "ok\n")
        } else {
            (
                StatusCode::SERVICE_UNAVAILABLE,
                "The cluster doesn't answer.\n",
            )
        }
    };
    Router::new()
        .route("/healthz", get(async || "ok\n"))
        .route("/readyz", get(ready))
}
