//! Answers of the API server that are remembered for a short time, so many at most.

use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use tokio::sync::OnceCell;

use super::connection::error::Error;

/// Remembered answers by question.
pub(super) struct Answers<Q, A> {
    all: Mutex<HashMap<Q, Asked<A>>>,
    /// Age up to which an answer is used.
    fresh_for: Duration,
    /// Answers that are used for a shorter time.
    shorter: Option<Shorter<A>>,
    /// Most answers that are remembered.
    limit: usize,
}

/// Answers of some kind, and the age up to which one is used.
type Shorter<A> = (Duration, fn(&A) -> bool);

/// A question that was asked.
#[derive(Clone)]
struct Asked<A> {
    time: Instant,
    answer: Arc<OnceCell<Result<A, Error>>>,
}

impl<Q: Clone + Eq + Hash, A: Clone> Answers<Q, A> {
    pub fn new(fresh_for: Duration, limit: usize) -> Self {
        Self {
            all: Mutex::default(),
            fresh_for,
            shorter: None,
            limit,
        }
    }

    /// Uses answers of some kind for a shorter time.
    pub fn shorter(mut self, fresh_for: Duration, is_of_kind: fn(&A) -> bool) -> Self {
        self.shorter = Some((fresh_for, is_of_kind));
        self
    }

    /// The remembered answer, or a new one. A question that is asked twice at the same time is sent once: an error is the answer to all who wait
    /// for it, and is not remembered. The age counts from before the request: the answer may be older than its arrival.
    ///
    /// # Errors
    /// Those of the request.
    pub async fn get(
        &self,
        question: &Q,
        ask: impl Future<Output = Result<A, Error>>,
    ) -> Result<A, Error> {
        let answer = self.entry(question, Instant::now());
        answer.get_or_init(|| ask).await.clone()
    }

    /// Forgets everything.
    pub fn clear(&self) {
        self.all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Forgets one answer.
    pub fn forget(&self, question: &Q) {
        self.all
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(question);
    }

    /// Forgets answers that would not be used any more. Returns whether nothing is left.
    pub fn forget_stale(&self) -> bool {
        let now = Instant::now();
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, asked| now.duration_since(asked.time) < self.fresh_for);
        all.is_empty()
    }

    fn entry(&self, question: &Q, now: Instant) -> Arc<OnceCell<Result<A, Error>>> {
        let mut all = self.all.lock().unwrap_or_else(PoisonError::into_inner);
        let is_fresh = |asked: &Asked<A>| {
            let shorter = self.shorter.filter(|(_, is_of_kind)| {
                let answer = asked.answer.get();
                answer.is_some_and(|answer| answer.as_ref().is_ok_and(is_of_kind))
            });
            let fresh_for = shorter.map_or(self.fresh_for, |(fresh_for, _)| fresh_for);
            let is_error = asked.answer.get().is_some_and(Result::is_err);
            !is_error && now.duration_since(asked.time) < fresh_for
        };
        if let Some(asked) = all.get(question).filter(|asked| is_fresh(asked)) {
            return Arc::clone(&asked.answer);
        }
        if all.len() >= self.limit {
            all.retain(|_, asked| is_fresh(asked));
        }
        // Still full: whoever asks so much asks again.
        if all.len() >= self.limit {
            all.clear();
        }
        let asked = Asked {
            time: now,
            answer: Arc::default(),
        };
        all.insert(question.clone(), asked.clone());
        asked.answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    const MINUTE: Duration = Duration::from_mins(1);

    #[tokio::test]
    async fn an_answer_is_remembered_and_an_error_is_not() {
        let answers = Answers::new(MINUTE, 10);
        let asked = AtomicUsize::new(0);
        let ask = async |answer: Result<u8, Error>| {
            let counted = async {
                asked.fetch_add(1, Ordering::Relaxed);
                answer
            };
            answers.get(&"question", counted).await
        };
        assert!(ask(Err(Error::Unauthenticated)).await.is_err());
        assert_eq!(ask(Ok(1)).await.ok(), Some(1));
        assert_eq!(ask(Ok(2)).await.ok(), Some(1));
        assert_eq!(asked.load(Ordering::Relaxed), 2);
    }

    #[tokio::test]
    async fn some_answers_end_sooner() {
        let answers = Answers::new(MINUTE, 10).shorter(Duration::ZERO, |answer| *answer == 0);
        let ask = async |question: u8, answer: u8| {
            let answer = async { Ok(answer) };
            answers.get(&question, answer).await.ok()
        };
        assert_eq!((ask(1, 0).await, ask(1, 5).await), (Some(0), Some(5)));
        assert_eq!(ask(1, 6).await, Some(5));
    }

    #[tokio::test]
    async fn two_at_once_ask_once() {
        let answers = Answers::new(MINUTE, 10);
        let asked = AtomicUsize::new(0);
        let ask = async || {
            asked.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err::<u8, _>(Error::Unauthenticated)
        };
        let both = futures::join!(
            answers.get(&"question", ask()),
            answers.get(&"question", ask())
        );
        assert!(matches!(both, (Err(_), Err(_))));
        assert_eq!(asked.load(Ordering::Relaxed), 1, "both get the one failure");
    }

    #[test]
    fn an_answer_ends_by_age_and_the_number_is_bounded() {
        let answers = Answers::<_, ()>::new(MINUTE, 3);
        let start = Instant::now();
        let first = answers.entry(&0, start);
        let after = |seconds| start + Duration::from_secs(seconds);
        assert!(Arc::ptr_eq(&first, &answers.entry(&0, after(59))));
        assert!(!Arc::ptr_eq(&first, &answers.entry(&0, after(60))));
        for question in 1..10 {
            answers.entry(&question, after(61));
            assert!(answers.all.lock().is_ok_and(|all| all.len() <= 3));
        }
    }
}
