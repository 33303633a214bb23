//! How long to wait before the next try of a list or a watch.

use std::time::Duration;

/// Shortest wait.
const SHORTEST: Duration = Duration::from_millis(800);
/// Longest wait.
const LONGEST: Duration = Duration::from_secs(30);

/// Waits that grow with each failure in a row.
#[derive(Debug, Default)]
pub(super) struct Backoff {
    failures: u32,
}

impl Backoff {
    /// Something worked: the next wait is the shortest again.
    pub fn reset(&mut self) {
        self.failures = 0;
    }

    /// Failures in a row.
    pub fn failures(&self) -> u32 {
        self.failures
    }

    /// The wait after one more failure. `random`: any byte, so that many programs don't come back at the same time.
    pub fn next(&mut self, random: u8) -> Duration {
        let doubled = SHORTEST.saturating_mul(1 << self.failures.min(6));
        self.failures = self.failures.saturating_add(1);
        let jitter = 1.0 + f64::from(random) / 255.0;
        doubled.mul_f64(jitter).min(LONGEST)
    }
}

/// A random byte. 128 where the operating system has none: a wait is then only less scattered.
pub(super) fn random() -> u8 {
    let mut byte = [128];
    let _ = getrandom::fill(&mut byte);
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_up_to_half_a_minute_and_are_scattered() {
        let waits = |random| {
            let mut backoff = Backoff::default();
            [(); 8].map(|()| backoff.next(random).as_millis())
        };
        assert_eq!(
            waits(0),
            [800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000]
        );
        assert_eq!(
            waits(255),
            [1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000, 30_000]
        );
    }

    #[test]
    fn what_works_resets_the_wait() {
        let mut backoff = Backoff::default();
        for _ in 0..100 {
            backoff.next(0);
        }
        assert_eq!(backoff.failures(), 100);
        backoff.reset();
        assert_eq!(backoff.next(0), SHORTEST);
    }
}
