//! When and why a token is due to be removed.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::{state::TokenState, summary::TokenSummary};

/// Time after which the API server certainly refuses a suspended token: its cache of accepted credentials lives 10 seconds.
pub const REFUSED_AFTER: SignedDuration = SignedDuration::from_secs(12);

/// Why a token is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CleanupReason {
    /// Deletion: begun and not undone in time.
    Deletion,
    /// Retirement: the overlap with the successor is over.
    Retirement,
    /// Expiry: the lifetime is over.
    Expiry,
    /// Compromise: the token was reported, and a successor has taken its place.
    Compromise,
}

impl TokenSummary {
    /// Reason for which the token is due to be removed at `now`; `None` if it isn't due.
    pub fn cleanup_reason(&self, now: Timestamp) -> Option<CleanupReason> {
        match self.state {
            _ if !self.is_managed() || self.is_terminating => None,
            TokenState::Deleting { until } => (until <= now).then_some(CleanupReason::Deletion),
            TokenState::Expired { .. } => Some(CleanupReason::Expiry),
            TokenState::Suspended { .. } if self.is_compromised => self
                .is_compromise_due(now)
                .then_some(CleanupReason::Compromise),
            _ => self
                .retire_after
                .filter(|end| *end <= now)
                .map(|_| CleanupReason::Retirement),
        }
    }

    /// `true` if a suspended, compromised token can be deleted: it has a successor, the API server certainly refuses it, and no other
    /// tool would recreate it.
    fn is_compromise_due(&self, now: Timestamp) -> bool {
        let is_refused = self
            .suspension
            .as_ref()
            // A suspension time in the future is forged and must not keep the token, so only the distance counts.
            .is_none_or(|suspension| now.duration_since(suspension.time).abs() >= REFUSED_AFTER);
        self.replaced_by.is_some() && self.external_manager.is_none() && is_refused
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sample::token as sample,
        token::{Missing, Suspension},
    };

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn a_token_is_due_for_exactly_one_reason() {
        let now = time("2026-03-01T00:00:00Z");
        let (past, future) = (time("2026-02-28T00:00:00Z"), time("2026-03-02T00:00:00Z"));
        let suspended = || TokenState::Suspended {
            since: "2026-02-03".to_owned(),
        };
        let suspension = |time| {
            Some(Suspension {
                time,
                actor: "me".to_owned(),
                reason: String::new(),
                last_used: None,
            })
        };
        let retired = TokenSummary {
            retire_after: Some(past),
            ..sample()
        };
        let compromised = TokenSummary {
            state: suspended(),
            is_compromised: true,
            replaced_by: Some("new".parse().expect("a name")),
            suspension: suspension(past),
            ..sample()
        };
        let deleting = |until| TokenSummary {
            state: TokenState::Deleting { until },
            ..sample()
        };
        for (name, token, expected) in [
            ("active", sample(), None),
            (
                "deletion due",
                deleting(past),
                Some(CleanupReason::Deletion),
            ),
            (
                "deletion due now",
                deleting(now),
                Some(CleanupReason::Deletion),
            ),
            ("deletion not due", deleting(future), None),
            (
                "expired",
                TokenSummary {
                    state: TokenState::Expired { time: past },
                    ..sample()
                },
                Some(CleanupReason::Expiry),
            ),
            ("retired", retired.clone(), Some(CleanupReason::Retirement)),
            (
                "retired and suspended",
                TokenSummary {
                    state: suspended(),
                    ..retired.clone()
                },
                Some(CleanupReason::Retirement),
            ),
            (
                "retired, but its deletion can still be undone",
                TokenSummary {
                    retire_after: Some(past),
                    ..deleting(future)
                },
                None,
            ),
            (
                "retires later",
                TokenSummary {
                    retire_after: Some(future),
                    ..sample()
                },
                None,
            ),
            (
                "unmanaged",
                TokenSummary {
                    missing: vec![Missing::Label],
                    ..retired.clone()
                },
                None,
            ),
            (
                "already being removed",
                TokenSummary {
                    is_terminating: true,
                    ..retired
                },
                None,
            ),
            (
                "compromised",
                compromised.clone(),
                Some(CleanupReason::Compromise),
            ),
            (
                "compromised, with a forged suspension time",
                TokenSummary {
                    suspension: suspension(future),
                    ..compromised.clone()
                },
                Some(CleanupReason::Compromise),
            ),
            (
                "compromised, perhaps still accepted",
                TokenSummary {
                    suspension: suspension(time("2026-02-28T23:59:50Z")),
                    ..compromised.clone()
                },
                None,
            ),
            (
                "compromised, without a successor",
                TokenSummary {
                    replaced_by: None,
                    ..compromised.clone()
                },
                None,
            ),
            (
                "compromised, and another tool would recreate it",
                TokenSummary {
                    external_manager: Some("Argo CD".to_owned()),
                    ..compromised
                },
                None,
            ),
        ] {
            assert_eq!(token.cleanup_reason(now), expected, "{name}");
        }
    }
}
