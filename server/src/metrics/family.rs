//! Metrics with the labels that their table says: thin types over those of prometheus-client.

use std::sync::atomic::AtomicU64;

use prometheus_client::{
    metrics::{
        counter::Counter as Count, family::Family, gauge::Gauge as Level,
        histogram::Histogram as Buckets,
    },
    registry::Registry,
};

/// What every metric's name begins with.
const PREFIX: &str = "kargo_tokens";
/// Upper ends of the buckets of times, in seconds.
const SECONDS: [f64; 11] = [
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0,
];

/// What a metric is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Counter,
    Gauge,
    Histogram,
}

impl Kind {
    /// The word of the text format.
    pub fn word(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

/// A metric, as the table describes it.
#[derive(Debug)]
pub struct Metric {
    /// Name without the prefix, and without the `_total` of counters.
    pub name: &'static str,
    pub kind: Kind,
    pub labels: &'static [&'static str],
    /// What it tells, without a full stop.
    pub meaning: &'static str,
}

impl Metric {
    /// The name as it is scraped.
    pub fn full_name(&self) -> String {
        let end = match self.kind {
            Kind::Counter => "_total",
            Kind::Gauge | Kind::Histogram => "",
        };
        format!("{PREFIX}_{}{end}", self.name)
    }

    fn labels(&self, values: &[&str]) -> Labels {
        debug_assert_eq!(self.labels.len(), values.len(), "{}", self.name);
        let values = values.iter().map(|value| (*value).to_owned());
        self.labels.iter().copied().zip(values).collect()
    }
}

type Labels = Vec<(&'static str, String)>;

/// Counts.
pub struct Counter {
    metric: &'static Metric,
    family: Family<Labels, Count>,
}

impl Counter {
    /// Counts one. `values`: those of the labels, in the table's order.
    pub fn add(&self, values: &[&str]) {
        self.family.get_or_create(&self.metric.labels(values)).inc();
    }

    /// Shows a zero until something is counted.
    pub fn begin(&self, values: &[&str]) {
        drop(self.family.get_or_create(&self.metric.labels(values)));
    }
}

/// A count as a metric has it.
#[expect(
    clippy::cast_precision_loss,
    reason = "counts and seconds are far below 2^52"
)]
pub fn number(count: u64) -> f64 {
    count as f64
}

/// Shows a number.
pub struct Gauge {
    metric: &'static Metric,
    family: Family<Labels, Level<f64, AtomicU64>>,
}

impl Gauge {
    /// Sets the number; `None` shows nothing.
    pub fn set(&self, values: &[&str], number: Option<f64>) {
        let labels = self.metric.labels(values);
        match number {
            Some(number) => {
                self.family.get_or_create(&labels).set(number);
            }
            None => {
                self.family.remove(&labels);
            }
        }
    }
}

/// Counts times by their length.
pub struct Times {
    metric: &'static Metric,
    family: Family<Labels, Buckets, fn() -> Buckets>,
}

impl Times {
    /// Counts a time.
    pub fn add(&self, values: &[&str], time: std::time::Duration) {
        self.family
            .get_or_create(&self.metric.labels(values))
            .observe(time.as_secs_f64());
    }
}

/// Metrics of one program.
pub struct Shown {
    registry: Registry,
    /// All of them, also those that have no series yet.
    metrics: Vec<&'static Metric>,
}

impl Default for Shown {
    fn default() -> Self {
        Self {
            registry: Registry::with_prefix(PREFIX),
            metrics: Vec::new(),
        }
    }
}

impl Shown {
    fn add(&mut self, metric: &'static Metric, family: impl prometheus_client::registry::Metric) {
        let is_new = self.metrics.iter().all(|known| known.name != metric.name);
        debug_assert!(is_new, "{}", metric.name);
        self.metrics.push(metric);
        self.registry.register(metric.name, metric.meaning, family);
    }

    /// Names of all metrics, sorted.
    #[cfg(test)]
    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = self.metrics.iter().map(|m| m.full_name()).collect();
        names.sort_unstable();
        names
    }

    pub fn counter(&mut self, metric: &'static Metric) -> Counter {
        let family = Family::default();
        self.add(metric, family.clone());
        Counter { metric, family }
    }

    pub fn gauge(&mut self, metric: &'static Metric) -> Gauge {
        let family = Family::default();
        self.add(metric, family.clone());
        Gauge { metric, family }
    }

    pub fn times(&mut self, metric: &'static Metric) -> Times {
        let family = Family::new_with_constructor((|| Buckets::new(SECONDS)) as fn() -> Buckets);
        self.add(metric, family.clone());
        Times { metric, family }
    }

    /// The text that is scraped.
    pub fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a `String` never fails.
        let _ = prometheus_client::encoding::prometheus_text::encode(&mut text, &self.registry);
        text
    }
}
