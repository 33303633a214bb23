//! The audit log: one line of JSON for each act and each refused attempt. `docs/AUDIT.md` describes the fields. Never holds a value or another
//! credential.

mod file;

use std::{
    net::IpAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Instant,
};

use jiff::Timestamp;
use kargo::{
    name::{TokenName, Uid},
    scope::Scope,
    text::foreign,
};
use serde::Serialize;

pub use file::FileError;
use file::{Writer, to_log};

use crate::metrics::Metrics;

/// Longest text of a field, in characters. A name has 253 at most.
const LONGEST: usize = 300;
/// Lines about nobody, or of refused floods, that are written at once, and then each second.
const BURST: f64 = 100.0;
const EACH_SECOND: f64 = 10.0;

/// Verb of signing in.
pub const SIGN_IN: &str = "sign_in";
/// Outcome of a request that a limit refuses.
const TOO_MANY: &str = "too_many";

/// One act, or one attempt.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Record {
    /// Random name of the request, also in the answer's header `X-Request-Id`.
    pub request: String,
    /// What was asked for, such as `delete_token` or `sign_in`.
    pub verb: &'static str,
    /// The way of a sign-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub way: Option<&'static str>,
    /// The signed-in person; `None`: nobody.
    pub person: Option<String>,
    /// Kubernetes user name that the request was sent as, where it is known.
    pub acting_as: Option<String>,
    /// Address that the request came from.
    pub address: Option<IpAddr>,
    /// The token that it is about, as the request named it.
    #[serde(flatten)]
    pub token: TokenFields,
    /// The token that was created in its place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub successor: Option<TokenFields>,
    /// `ok`, or the kind of the refusal.
    pub outcome: String,
}

/// What names a token.
#[derive(Debug, Clone, Default, PartialEq, Serialize, serde::Deserialize)]
pub struct TokenFields {
    /// `system` or `projects/NAME`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    /// Its role.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// Its name.
    #[serde(rename(serialize = "token"), skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// UID of its Secret.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub uid: Option<String>,
}

impl TokenFields {
    /// Scope, name and UID, where the request named an exact token.
    pub fn target(&self) -> Option<(Scope, TokenName, Uid)> {
        let scope = self.scope.as_ref()?.parse().ok()?;
        let name = self.name.as_ref()?.parse().ok()?;
        Some((scope, name, Uid(self.uid.clone()?)))
    }

    /// The same without anything that looks like a value, and cut off.
    #[must_use]
    pub fn cleaned(self) -> Self {
        let clean = |text: Option<String>| {
            text.map(|text| foreign(text).chars().take(LONGEST).collect::<String>())
        };
        Self {
            scope: clean(self.scope),
            role: clean(self.role),
            name: clean(self.name),
            uid: clean(self.uid),
        }
    }
}

/// A line of the log.
#[derive(Serialize)]
struct Line<'a> {
    log: &'static str,
    time: Timestamp,
    #[serde(flatten)]
    record: &'a Record,
    /// Earlier attempts that were left out because there were too many.
    #[serde(skip_serializing_if = "Option::is_none")]
    left_out: Option<u64>,
}

/// Writes the audit log. Clones write to the same.
#[derive(Clone, Default)]
pub struct Audit {
    /// `None`: the program's log.
    file: Option<Arc<Writer>>,
    strangers: Arc<Mutex<Strangers>>,
    metrics: Arc<Metrics>,
}

/// Bounds what people who aren't signed in make us write, and what limits refuse.
struct Strangers {
    room: f64,
    since: Instant,
    left_out: u64,
}

impl Default for Strangers {
    fn default() -> Self {
        Self {
            room: BURST,
            since: Instant::now(),
            left_out: 0,
        }
    }
}

impl Strangers {
    /// Whether there is room for a line.
    fn has_room(&mut self, now: Instant) -> bool {
        let elapsed = now.saturating_duration_since(self.since).as_secs_f64();
        self.room = (self.room + elapsed * EACH_SECOND).min(BURST);
        self.since = now;
        let has_room = self.room >= 1.0;
        if has_room {
            self.room -= 1.0;
        } else {
            self.left_out += 1;
        }
        has_room
    }
}

impl Audit {
    /// An audit log in a file of its own.
    ///
    /// # Errors
    /// The file can't be opened for appending.
    pub fn to_file(path: PathBuf) -> Result<Self, FileError> {
        Ok(Self {
            file: Some(Arc::new(Writer::open(path)?)),
            ..Self::default()
        })
    }

    /// The same, counted in the program's metrics.
    #[must_use]
    pub fn counting(self, metrics: Arc<Metrics>) -> Self {
        Self { metrics, ..self }
    }

    /// Writes a line, and counts it. Doesn't wait for it.
    pub fn write(&self, record: &Record) {
        let Record {
            verb, way, outcome, ..
        } = record;
        if *verb == SIGN_IN {
            self.metrics.sign_in(*way, outcome);
        } else {
            self.metrics.act(verb, outcome);
        }
        let left_out = {
            let mut strangers = self
                .strangers
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            let is_bounded = record.person.is_none() || record.outcome == TOO_MANY;
            if is_bounded && !strangers.has_room(Instant::now()) {
                return;
            }
            std::mem::take(&mut strangers.left_out)
        };
        match (line(record, Timestamp::now(), left_out), &self.file) {
            (Ok(line), Some(file)) => file.write(line),
            (Ok(line), None) => to_log(&line),
            (Err(error), _) => tracing::warn!(%error, "a line of the audit log can't be written"),
        }
    }

    /// Opens the file again at each SIGHUP: whoever rotates it has renamed it.
    pub async fn reopen_at_signals(self) {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut hangups) = signal(SignalKind::hangup()) else {
            return;
        };
        while hangups.recv().await.is_some() {
            if let Some(file) = &self.file {
                file.reopen();
            }
        }
    }

    /// Waits until all lines are in the file.
    pub fn close(&self) {
        if let Some(file) = &self.file {
            file.close();
        }
    }
}

fn line(record: &Record, time: Timestamp, left_out: u64) -> serde_json::Result<String> {
    serde_json::to_string(&Line {
        log: "audit",
        time,
        // Issuers and clusters choose the names of people.
        record: &Record {
            person: record.person.clone().map(foreign),
            ..record.clone()
        },
        left_out: Some(left_out).filter(|count| *count > 0),
    })
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_line_has_all_fields_and_no_value() {
        let jwt = format!("eyJhbGciOiJSUzI1NiJ9.{}.c2ln", "eyJzdWIiOiJ4In0".repeat(3));
        let token = TokenFields {
            scope: Some("projects/demo".to_owned()),
            role: Some(format!("ci\n{}", "x".repeat(1000))),
            name: Some(jwt),
            uid: None,
        };
        let record = Record {
            request: "0123".to_owned(),
            verb: "delete_token",
            person: Some(format!("me\u{202e}\n{}", "y".repeat(1000))),
            token: token.cleaned(),
            outcome: "ok".to_owned(),
            ..Record::default()
        };
        let text = line(&record, Timestamp::UNIX_EPOCH, 3).expect("JSON");
        assert!(
            text.len() < 1300 && !text.contains("eyJ") && !text.contains('\n'),
            "{text}"
        );
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        for (field, expected) in [
            ("log", "audit"),
            ("time", "1970-01-01T00:00:00Z"),
            ("request", "0123"),
            ("verb", "delete_token"),
            ("scope", "projects/demo"),
            ("outcome", "ok"),
        ] {
            assert_eq!(json[field], expected, "{field}");
        }
        let person = json["person"].as_str().expect("a name");
        assert!(person.starts_with("me\u{fffd}\nyyy") && person.ends_with('…'));
        assert!(json["acting_as"].is_null() && json["address"].is_null());
        assert!(json["token"].is_string() && json["role"].is_string());
        assert_eq!(json["left_out"], 3);
    }

    #[test]
    fn strangers_make_us_write_a_bounded_number_of_lines() {
        let mut strangers = Strangers::default();
        let begun = Instant::now();
        let at_once = (0..1000).filter(|_| strangers.has_room(begun)).count();
        assert_eq!((at_once, strangers.left_out), (100, 900));
        let later = begun + Duration::from_secs(2);
        let then = (0..1000).filter(|_| strangers.has_room(later)).count();
        assert_eq!(then, 20);
    }
}
