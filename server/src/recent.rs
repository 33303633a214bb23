//! An answer that is given again for a short time, so that many askers cost as much as one.

use std::time::{Duration, Instant};

use tokio::sync::Mutex;

/// The last answer.
pub struct Recent<T> {
    fresh_for: Duration,
    last: Mutex<Option<(Instant, T)>>,
}

impl<T: Clone> Recent<T> {
    /// `fresh_for`: age up to which an answer is given again.
    pub fn new(fresh_for: Duration) -> Self {
        Self {
            fresh_for,
            last: Mutex::default(),
        }
    }

    /// The last answer, or a new one. Who asks at the same time waits for one answer.
    pub async fn get(&self, ask: impl Future<Output = T>) -> T {
        let mut last = self.last.lock().await;
        match &*last {
            Some((time, answer)) if time.elapsed() < self.fresh_for => answer.clone(),
            _ => {
                let answer = ask.await;
                last.insert((Instant::now(), answer)).1.clone()
            }
        }
    }
}
