//! Every metric by name, with its labels and its meaning: for `/metrics`, and for the list that `kargo-tokens metrics` prints.

use std::fmt::Write as _;

use super::family::{Kind, Metric};

const fn metric(
    kind: Kind,
    name: &'static str,
    labels: &'static [&'static str],
    meaning: &'static str,
) -> Metric {
    Metric {
        name,
        kind,
        labels,
        meaning,
    }
}

pub const BUILD_INFO: Metric = metric(
    Kind::Gauge,
    "build_info",
    &["version", "commit"],
    "1 for the version that runs",
);
pub const HTTP_REQUESTS: Metric = metric(
    Kind::Counter,
    "http_requests",
    &["route", "method", "status"],
    "Requests of browsers and probes. Status none: the browser didn't wait for the answer",
);
pub const HTTP_REQUEST_SECONDS: Metric = metric(
    Kind::Histogram,
    "http_request_seconds",
    &["route"],
    "Time until the head of the answer",
);
pub const KUBERNETES_REQUESTS: Metric = metric(
    Kind::Counter,
    "kubernetes_requests",
    &["verb", "resource", "status"],
    "Requests to the API server, repeats included. Status none: no answer came, or nobody waited for it any more",
);
pub const KUBERNETES_REQUEST_SECONDS: Metric = metric(
    Kind::Histogram,
    "kubernetes_request_seconds",
    &["verb"],
    "Time until the head of the API server's answer",
);
pub const INVENTORY_RECORDS: Metric = metric(
    Kind::Gauge,
    "inventory_records",
    &[],
    "Objects in memory, for all identities together",
);
pub const INVENTORY_RELISTS: Metric = metric(
    Kind::Counter,
    "inventory_relists",
    &[],
    "Lists that an inventory read again after its first one",
);
pub const INVENTORY_RECONNECTS: Metric = metric(
    Kind::Counter,
    "inventory_reconnects",
    &["cause"],
    "Watches that ended and were followed by another one. Cause ended is the usual end after a few minutes",
);
pub const INVENTORY_LAST_FRAME_SECONDS: Metric = metric(
    Kind::Gauge,
    "inventory_last_frame_seconds",
    &[],
    "Longest time for which the API server has said nothing to an inventory that is shown. It says something about each minute; missing without an inventory",
);
pub const VIEWERS: Metric = metric(
    Kind::Gauge,
    "viewers",
    &[],
    "Open pages that are told of changes in a scope",
);
pub const SESSIONS: Metric = metric(
    Kind::Gauge,
    "sessions",
    &[],
    "Sessions that sent a request to this replica within the idle time",
);
pub const ACTS: Metric = metric(
    Kind::Counter,
    "acts",
    &["act", "outcome"],
    "Acts and refused attempts, as in the audit log; sign-ins are counted apart",
);
pub const SIGN_INS: Metric = metric(
    Kind::Counter,
    "sign_ins",
    &["way", "outcome"],
    "Sign-ins. Way none: refused before the way was known",
);
pub const REVEALS_CLAIMED: Metric = metric(
    Kind::Counter,
    "reveals_claimed",
    &[],
    "One-time reveals that sent a value, each token once",
);
pub const REVEALS_UNCONFIRMED: Metric = metric(
    Kind::Counter,
    "reveals_unconfirmed",
    &[],
    "Reveals of this replica whose value nobody confirmed as saved within five minutes, on any replica. If the person's session ends before, nobody looks",
);

/// Metrics of the server.
pub const SERVER: [&Metric; 15] = [
    &BUILD_INFO,
    &HTTP_REQUESTS,
    &HTTP_REQUEST_SECONDS,
    &KUBERNETES_REQUESTS,
    &KUBERNETES_REQUEST_SECONDS,
    &INVENTORY_RECORDS,
    &INVENTORY_RELISTS,
    &INVENTORY_RECONNECTS,
    &INVENTORY_LAST_FRAME_SECONDS,
    &VIEWERS,
    &SESSIONS,
    &ACTS,
    &SIGN_INS,
    &REVEALS_CLAIMED,
    &REVEALS_UNCONFIRMED,
];

pub const TOKENS: Metric = metric(
    Kind::Gauge,
    "tokens",
    &["scope", "state"],
    "Tokens by scope (system or projects/NAME) and state",
);
pub const NEXT_EXPIRY_SECONDS: Metric = metric(
    Kind::Gauge,
    "next_expiry_seconds",
    &["scope"],
    "Time until the next token expires; missing if none will",
);
pub const OLDEST_AGE_SECONDS: Metric = metric(
    Kind::Gauge,
    "oldest_age_seconds",
    &["scope"],
    "Age of the oldest token; missing without tokens",
);
pub const NEVER_USED: Metric = metric(
    Kind::Gauge,
    "never_used",
    &["scope"],
    "Tokens that were never used. Kubernetes doesn't track the use of expiring tokens, so these don't count",
);
pub const UNUSED_90_DAYS: Metric = metric(
    Kind::Gauge,
    "unused_90_days",
    &["scope"],
    "Tokens that were not used for 90 days: since their last use, or since their creation",
);
pub const UNMANAGED: Metric = metric(
    Kind::Gauge,
    "unmanaged",
    &["scope"],
    "Tokens that Kargo doesn't manage",
);
pub const OF_NO_ROLE: Metric = metric(
    Kind::Gauge,
    "of_no_role",
    &["scope"],
    "Tokens of a ServiceAccount that is no role of Kargo, or that is gone; missing where the ServiceAccounts can't be read",
);
pub const DELETIONS_DUE: Metric = metric(
    Kind::Gauge,
    "deletions_due",
    &["scope"],
    "Tokens that kargo-tokens sweep would delete now: their deletion, retirement or expiry is over, or they are compromised and replaced",
);
pub const SCOPE_READABLE: Metric = metric(
    Kind::Gauge,
    "scope_readable",
    &["scope"],
    "1 if the tokens of the scope can be read and are up to date, otherwise 0",
);
pub const PROJECTS_READABLE: Metric = metric(
    Kind::Gauge,
    "projects_readable",
    &[],
    "1 if the projects can be listed, otherwise 0: then only the system's tokens are measured",
);
pub const TOKEN_INFO: Metric = metric(
    Kind::Gauge,
    "token_info",
    &["scope", "role", "token", "state"],
    "1 for each token; only with --metrics-token-names",
);
pub const TOKEN_EXPIRY_SECONDS: Metric = metric(
    Kind::Gauge,
    "token_expiry_seconds",
    &["scope", "role", "token"],
    "Time until a token expires, 0 afterwards; only with --metrics-token-names",
);

/// Metrics of `kargo-tokens exporter`. It also has those of the API server's requests and of the inventory.
pub const EXPORTER: [&Metric; 12] = [
    &TOKENS,
    &NEXT_EXPIRY_SECONDS,
    &OLDEST_AGE_SECONDS,
    &NEVER_USED,
    &UNUSED_90_DAYS,
    &UNMANAGED,
    &OF_NO_ROLE,
    &DELETIONS_DUE,
    &SCOPE_READABLE,
    &PROJECTS_READABLE,
    &TOKEN_INFO,
    &TOKEN_EXPIRY_SECONDS,
];

/// All metrics as tables of Markdown.
pub fn markdown() -> String {
    let mut text = String::new();
    for (program, metrics) in [
        ("kargo-tokens", &SERVER[..]),
        ("kargo-tokens exporter", &EXPORTER[..]),
    ] {
        // Writing to a `String` never fails.
        let _ = write!(
            text,
            "`{program}`:\n\n| metric | type | labels | meaning |\n|---|---|---|---|\n"
        );
        for metric in metrics {
            let labels: Vec<_> = metric.labels.iter().map(|l| format!("`{l}`")).collect();
            let _ = writeln!(
                text,
                "| `{}` | {} | {} | {} |",
                metric.full_name(),
                metric.kind.word(),
                labels.join(", "),
                metric.meaning
            );
        }
        text.push('\n');
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
