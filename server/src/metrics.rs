//! What the program counts for Prometheus. No label holds a person, a token or a value, and each label has few values.
//!
//! `table` names the metrics, `family` counts, `reveals` looks whether revealed values were saved.

mod family;
mod reveals;
pub mod table;

use std::{sync::Arc, time::Duration};

use kargo::cluster::{InventoryFacts, Observer, ReconnectCause, Requested};

use family::{Counter, Times};
pub use family::{Gauge, Shown, number};
pub use reveals::Reveals;

/// Content type of the text that is scraped.
pub const CONTENT_TYPE: &str = prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
/// Label of what isn't there.
const NONE: &str = "none";

/// What one process counts.
pub struct Metrics {
    shown: Shown,
    http_requests: Counter,
    http_request_seconds: Times,
    kubernetes_requests: Counter,
    kubernetes_request_seconds: Times,
    inventory_records: Gauge,
    inventory_relists: Counter,
    inventory_reconnects: Counter,
    inventory_last_frame_seconds: Gauge,
    viewers: Gauge,
    sessions: Gauge,
    acts: Counter,
    sign_ins: Counter,
    reveals_claimed: Counter,
    reveals_unconfirmed: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut shown = Shown::default();
        let build = shown.gauge(&table::BUILD_INFO);
        build.set(
            &[crate::version::VERSION, crate::version::COMMIT],
            Some(1.0),
        );
        let metrics = Self {
            http_requests: shown.counter(&table::HTTP_REQUESTS),
            http_request_seconds: shown.times(&table::HTTP_REQUEST_SECONDS),
            kubernetes_requests: shown.counter(&table::KUBERNETES_REQUESTS),
            kubernetes_request_seconds: shown.times(&table::KUBERNETES_REQUEST_SECONDS),
            inventory_records: shown.gauge(&table::INVENTORY_RECORDS),
            inventory_relists: shown.counter(&table::INVENTORY_RELISTS),
            inventory_reconnects: shown.counter(&table::INVENTORY_RECONNECTS),
            inventory_last_frame_seconds: shown.gauge(&table::INVENTORY_LAST_FRAME_SECONDS),
            viewers: shown.gauge(&table::VIEWERS),
            sessions: shown.gauge(&table::SESSIONS),
            acts: shown.counter(&table::ACTS),
            sign_ins: shown.counter(&table::SIGN_INS),
            reveals_claimed: shown.counter(&table::REVEALS_CLAIMED),
            reveals_unconfirmed: shown.counter(&table::REVEALS_UNCONFIRMED),
            shown,
        };
        metrics.inventory_relists.begin(&[]);
        for cause in ReconnectCause::ALL {
            metrics.inventory_reconnects.begin(&[cause.word()]);
        }
        metrics
    }
}

impl Metrics {
    /// Those of a server: what it may count begins at zero.
    pub fn of_server() -> Arc<Self> {
        let metrics = Self::default();
        metrics.reveals_claimed.begin(&[]);
        metrics.reveals_unconfirmed.begin(&[]);
        Arc::new(metrics)
    }

    /// A request of a browser. `status`: `None` if the browser didn't wait for the answer.
    pub fn http(&self, route: &str, method: &str, status: Option<u16>, time: Duration) {
        let status = status.map(|status| status.to_string());
        let status = status.as_deref().unwrap_or(NONE);
        self.http_requests.add(&[route, method, status]);
        self.http_request_seconds.add(&[route], time);
    }

    /// An act or an attempt, as the audit log has it.
    pub fn act(&self, act: &str, outcome: &str) {
        self.acts.add(&[act, outcome]);
    }

    /// A sign-in, or an attempt. `way`: `None` if it was refused before that was known.
    pub fn sign_in(&self, way: Option<&str>, outcome: &str) {
        self.sign_ins.add(&[way.unwrap_or(NONE), outcome]);
    }

    /// The text that is scraped. `sessions`: those that are known; `None` without sessions.
    pub fn text(&self, inventory: InventoryFacts, sessions: Option<u64>) -> String {
        let InventoryFacts {
            records,
            viewers,
            silent_for,
        } = inventory;
        let count = |count: usize| u64::try_from(count).ok().map(number);
        self.inventory_records.set(&[], count(records));
        self.viewers.set(&[], count(viewers));
        let silent_for = silent_for.map(|time| time.as_secs_f64());
        self.inventory_last_frame_seconds.set(&[], silent_for);
        self.sessions.set(&[], sessions.map(number));
        self.shown.text()
    }
}

impl Observer for Metrics {
    fn requested(&self, request: Requested<'_>) {
        let Requested {
            access,
            status,
            time,
        } = request;
        let status = status.map(|status| status.to_string());
        let status = status.as_deref().unwrap_or(NONE);
        self.kubernetes_requests
            .add(&[access.verb, access.resource, status]);
        self.kubernetes_request_seconds.add(&[access.verb], time);
    }

    fn relisted(&self) {
        self.inventory_relists.add(&[]);
    }

    fn reconnected(&self, cause: ReconnectCause) {
        self.inventory_reconnects.add(&[cause.word()]);
    }

    fn revealed(&self) {
        self.reveals_claimed.add(&[]);
    }
}

#[cfg(test)]
pub mod tests;
