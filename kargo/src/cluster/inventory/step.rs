//! What the task of an inventory does after a try failed: a pure decision.

use std::time::Duration;

use crate::cluster::connection::error::Error;

/// What was tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Try {
    List,
    Watch,
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// What is tried next.
    pub next: Try,
    pub wait: Wait,
    /// `true` if nothing that is known may be shown any more.
    pub is_over: bool,
}

/// Time before the next try. A viewer who looks shortens each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wait {
    /// As long as failures in a row ask for, and at least as long as the API server asks for.
    Backoff(Duration),
    /// As long as lists stay fresh where there is no right to watch.
    Poll,
    /// As long as a refusal is taken for lasting.
    Refused,
}

/// Watches that fail in a row before the list is read again: something between may pass lists and not watches.
const WATCHES: u32 = 3;

/// The step after a failure. `failures`: those in a row before this one.
pub(super) fn after(tried: Try, error: &Error, failures: u32) -> Step {
    let asked = match error {
        Error::TooMany { wait, .. } => *wait,
        _ => Duration::ZERO,
    };
    let is_forbidden = error.is_forbidden();
    let wait = match tried {
        Try::List if is_forbidden => Wait::Refused,
        Try::Watch if is_forbidden => Wait::Poll,
        _ => Wait::Backoff(asked),
    };
    let is_over = (tried == Try::List && is_forbidden)
        || matches!(error, Error::Unauthenticated | Error::Credential(_));
    let is_list_needed = is_over
        || tried == Try::List
        || is_forbidden
        || matches!(error, Error::ListExpired | Error::NotFound(_))
        || failures + 1 >= WATCHES;
    Step {
        next: if is_list_needed {
            Try::List
        } else {
            Try::Watch
        },
        wait,
        is_over,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cluster::connection::access::Access;

    #[test]
    fn each_failure_has_its_step() {
        let access = || Access::to("list", "secrets");
        let unavailable = || Error::Unavailable {
            access: access(),
            why: "it answers with the status 500".to_owned(),
        };
        let seconds = Duration::from_secs;
        let backoff = Wait::Backoff(Duration::ZERO);
        let many = |wait| Error::TooMany {
            access: access(),
            wait,
        };
        for (tried, error, failures, next, wait, is_over) in [
            (
                Try::List,
                Error::Forbidden(access()),
                0,
                Try::List,
                Wait::Refused,
                true,
            ),
            (
                Try::Watch,
                Error::Forbidden(access()),
                0,
                Try::List,
                Wait::Poll,
                false,
            ),
            (
                Try::List,
                Error::Unauthenticated,
                0,
                Try::List,
                backoff,
                true,
            ),
            (
                Try::Watch,
                Error::Unauthenticated,
                0,
                Try::List,
                backoff,
                true,
            ),
            (Try::List, Error::ListExpired, 0, Try::List, backoff, false),
            (Try::Watch, Error::ListExpired, 0, Try::List, backoff, false),
            (
                Try::Watch,
                Error::NotFound(access()),
                0,
                Try::List,
                backoff,
                false,
            ),
            (Try::Watch, unavailable(), 0, Try::Watch, backoff, false),
            (Try::Watch, unavailable(), 1, Try::Watch, backoff, false),
            (Try::Watch, unavailable(), 2, Try::List, backoff, false),
            (Try::List, unavailable(), 9, Try::List, backoff, false),
            (
                Try::Watch,
                Error::Timeout(access()),
                0,
                Try::Watch,
                backoff,
                false,
            ),
            (
                Try::Watch,
                many(seconds(7)),
                0,
                Try::Watch,
                Wait::Backoff(seconds(7)),
                false,
            ),
            (
                Try::List,
                Error::BadAnswer(access()),
                0,
                Try::List,
                backoff,
                false,
            ),
        ] {
            let expected = Step {
                next,
                wait,
                is_over,
            };
            assert_eq!(
                after(tried, &error, failures),
                expected,
                "{tried:?} {error:?}"
            );
        }
    }
}
