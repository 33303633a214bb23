//! The API server's clock, as its last answer told it.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A time that the API server told, and when it came.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    told: Timestamp,
    came: Instant,
}

impl Clock {
    /// A time that came just now.
    pub fn told(told: Timestamp) -> Self {
        Self {
            told,
            came: Instant::now(),
        }
    }

    /// The time now, by the API server's clock.
    pub fn now(&self) -> Timestamp {
        self.at(Instant::now())
    }

    fn at(&self, now: Instant) -> Timestamp {
        let elapsed = SignedDuration::try_from(now.saturating_duration_since(self.came));
        elapsed
            .ok()
            .and_then(|elapsed| self.told.checked_add(elapsed).ok())
            .unwrap_or(self.told)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[test]
    fn time_goes_on_between_two_answers() {
        let told = "2026-01-02T03:04:05Z".parse().expect("a time");
        let clock = Clock::told(told);
        let after = |seconds| clock.at(clock.came + Duration::from_secs(seconds));
        assert_eq!(after(0), told);
        assert_eq!(after(60).to_string(), "2026-01-02T03:05:05Z");
        assert_eq!(
            clock.at(clock
                .came
                .checked_sub(Duration::from_secs(1))
                .expect("a moment")),
            told
        );
    }
}
