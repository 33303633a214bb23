//! Works through many tokens: a few at the same time, slower where the server asks for that.

use futures::StreamExt;
use kargo::{
    problem::{Kind, Problem},
    token::TokenRef,
};

use crate::browser::platform::sleep;

/// Parallel requests. Stays well below the server's limit (`limits::of_writes_of_a_person`).
const AT_ONCE: usize = 6;
/// How often a token is tried again where there are too many requests, and after how many milliseconds.
const TRIES: usize = 10;
const PAUSE: i32 = 1000;

/// How far a bulk command is.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct BulkProgress {
    /// Tokens in all.
    pub total: usize,
    /// Tokens that the command was done to.
    pub succeeded: usize,
    /// Tokens that the command failed for, with the reason.
    pub failed: Vec<(String, Problem)>,
    /// Whether the command has ended.
    pub is_over: bool,
}

impl BulkProgress {
    /// Counts a result.
    pub fn count(&mut self, token: &TokenRef, result: Result<(), Problem>) {
        match result {
            Ok(()) => self.succeeded += 1,
            Err(problem) => self.failed.push((token.name.to_string(), problem)),
        }
    }

    /// Tokens that are finished, one way or the other.
    pub fn done(&self) -> usize {
        self.succeeded + self.failed.len()
    }

    /// The result in words: how many succeeded, failed and were not started. `done`: such as `suspended`.
    pub fn summary(&self, done: &str) -> String {
        let mut parts = vec![format!("{} of {} {done}", self.succeeded, self.total)];
        if !self.failed.is_empty() {
            parts.push(format!("{} failed", self.failed.len()));
        }
        let rest = self.total - self.done();
        if self.is_over && rest > 0 {
            parts.push(format!("{rest} not started"));
        }
        parts.join(", ")
    }
}

/// Runs `command` on each token, six at a time, and reports each result. Repeats a token that gets `TooMany`, ten times at most.
pub async fn for_each_throttled(
    tokens: impl IntoIterator<Item = TokenRef>,
    command: impl AsyncFn(&TokenRef) -> Result<(), Problem>,
    mut tell: impl FnMut(TokenRef, Result<(), Problem>),
) {
    let command = &command;
    let mut results = futures::stream::iter(tokens)
        .map(async |token| {
            let mut tries = 0;
            loop {
                let result = command(&token).await;
                let is_busy = matches!(&result, Err(problem) if problem.kind == Kind::TooMany);
                tries += 1;
                if !is_busy || tries > TRIES {
                    break (token, result);
                }
                sleep(PAUSE).await;
            }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((token, result)) = results.next().await {
        tell(token, result);
    }
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;
    use kargo::{sample, scope::Scope};

    use super::*;

    fn token(name: &str) -> TokenRef {
        TokenRef {
            name: name.parse().expect("a name"),
            ..sample::token().token_ref(&Scope::System)
        }
    }

    #[test]
    fn each_token_gets_its_own_result() {
        let tokens: Vec<_> = (0..20).map(|n| token(&format!("many-{n}"))).collect();
        let mut progress = BulkProgress {
            total: 22,
            ..BulkProgress::default()
        };
        block_on(for_each_throttled(
            tokens,
            async |token| match token.name.as_str() {
                "many-7" => Err(Problem::new(Kind::Forbidden, "not allowed", "")),
                _ => Ok(()),
            },
            |token, result| progress.count(&token, result),
        ));
        assert_eq!(
            progress.summary("suspended"),
            "19 of 22 suspended, 1 failed"
        );
        assert_eq!(progress.failed[0].0, "many-7");
        progress.is_over = true;
        assert_eq!(
            progress.summary("suspended"),
            "19 of 22 suspended, 1 failed, 2 not started"
        );
    }
}
