//! The port for whoever runs the program: `/metrics` and the probes, in plain HTTP and without a sign-in. Nothing here holds a secret, a person
//! or, unless that was asked for, the name of a token.

use axum::{Router, http::header::CONTENT_TYPE, routing::get};

use super::probes::{self, Readiness};
use crate::metrics;

/// Routes of the port. `text`: the metrics now.
pub fn routes<T>(
    text: impl Fn() -> T + Clone + Send + Sync + 'static,
    readiness: Readiness,
) -> Router
where
    T: Future<Output = String> + Send + 'static,
{
    let metrics = move || {
        let text = text();
        async move { ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text.await) }
    };
    Router::new()
        .route("/metrics", get(metrics))
        .merge(probes::routes(readiness))
}
