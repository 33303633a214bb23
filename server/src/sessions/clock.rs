//! Unix times in seconds, as sessions have them.

use std::time::{Duration, SystemTime};

/// A duration in seconds.
pub fn seconds(time: Duration) -> i64 {
    i64::try_from(time.as_secs()).unwrap_or(i64::MAX / 4)
}

/// Unix time by this machine's clock, in seconds.
pub fn now() -> i64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map_or(0, seconds)
}
