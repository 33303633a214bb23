//! State of a token at a time, judged from its facts.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{facts::TokenFacts, reveal::Reveal};

/// State of a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TokenState {
    /// Kubernetes has not written the value yet.
    Preparing,
    /// The value is ready and waits for its creator's one reveal.
    Unrevealed,
    /// The API server accepts the value.
    Active,
    /// The API server refuses the value (label `kubernetes.io/legacy-token-invalid-since`).
    Suspended {
        /// Text of the label, usually a UTC date.
        since: String,
    },
    /// Suspended, and deleted at the end of the time to undo that.
    Deleting {
        /// End of that time, by the API server's clock.
        until: Timestamp,
    },
    /// An expiring token whose time is over.
    Expired {
        /// End of the token, by the API server's clock.
        #[serde(rename = "at")]
        time: Timestamp,
    },
}

impl TokenState {
    /// Judges a token's state at `now`, by the API server's clock.
    ///
    /// An expiring token carries the suspension label from its creation on, so the label alone does not make it suspended. Every other
    /// token with the label is refused, even before Kubernetes has written its value.
    pub fn of(facts: &TokenFacts, now: Timestamp) -> Self {
        if let Some(end) = facts.expires {
            return Self::of_expiring(end, facts.reveal.as_ref(), now);
        } else if let Some(until) = facts.standing_deletion() {
            return Self::Deleting { until };
        } else if let Some(since) = &facts.invalid_since {
            return Self::Suspended {
                since: since.clone(),
            };
        } else if !facts.is_populated {
            return Self::Preparing;
        }
        Self::of_reveal(facts.reveal.as_ref())
    }

    /// The state of a token that ends by itself.
    pub(super) fn of_expiring(end: Timestamp, reveal: Option<&Reveal>, now: Timestamp) -> Self {
        if end <= now {
            Self::Expired { time: end }
        } else {
            Self::of_reveal(reveal)
        }
    }

    fn of_reveal(reveal: Option<&Reveal>) -> Self {
        if reveal == Some(&Reveal::Pending) {
            Self::Unrevealed
        } else {
            Self::Active
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{name::Uid, token::TokenSummary};

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn facts() -> TokenFacts {
        TokenFacts {
            name: "ci".parse().expect("a name"),
            uid: Uid("u".to_owned()),
            role: "ci".to_owned(),
            created: time("2026-01-01T00:00:00Z"),
            is_populated: true,
            invalid_since: None,
            last_used: None,
            missing: vec![],
            created_by: None,
            reveal: None,
            replaces: None,
            ends: None,
            replaced_by: None,
            expires: None,
            minted: 0,
            suspension: None,
            delete_after: None,
            deletion_label: None,
            retire_after: None,
            is_compromised: false,
            is_terminating: false,
            note: None,
            contact: None,
            external_manager: None,
        }
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "one table of cases")]
    fn the_state_follows_from_the_facts_and_the_time() {
        let now = time("2026-03-01T00:00:00Z");
        let (past, future) = (time("2026-02-28T00:00:00Z"), time("2026-03-02T00:00:00Z"));
        let suspended = || TokenState::Suspended {
            since: "2026-02-03".to_owned(),
        };
        let change = |change: fn(&mut TokenFacts)| {
            let mut facts = facts();
            change(&mut facts);
            facts
        };
        let locked = change(|facts| facts.invalid_since = Some("2026-02-03".to_owned()));
        let deleting = |until| TokenFacts {
            delete_after: Some(until),
            deletion_label: Some("2026-02-03".to_owned()),
            ..locked.clone()
        };
        let expiring = |end| TokenFacts {
            expires: Some(end),
            is_populated: false,
            reveal: Some(Reveal::Pending),
            ..locked.clone()
        };
        for (name, facts, expected) in [
            ("working", facts(), TokenState::Active),
            (
                "value not written",
                change(|facts| {
                    facts.is_populated = false;
                    facts.reveal = Some(Reveal::Pending);
                }),
                TokenState::Preparing,
            ),
            (
                "unrevealed",
                change(|facts| facts.reveal = Some(Reveal::Pending)),
                TokenState::Unrevealed,
            ),
            ("suspended", locked.clone(), suspended()),
            (
                "suspended before its reveal",
                TokenFacts {
                    reveal: Some(Reveal::Pending),
                    ..locked.clone()
                },
                suspended(),
            ),
            (
                "suspended before its value is written",
                TokenFacts {
                    is_populated: false,
                    ..locked.clone()
                },
                suspended(),
            ),
            (
                "deletion begun",
                deleting(future),
                TokenState::Deleting { until: future },
            ),
            (
                "deletion due",
                deleting(past),
                TokenState::Deleting { until: past },
            ),
            (
                "deletion called off by lifting the suspension",
                TokenFacts {
                    invalid_since: None,
                    ..deleting(past)
                },
                TokenState::Active,
            ),
            (
                "suspended again after a deletion was called off",
                TokenFacts {
                    deletion_label: Some("2026-02-01".to_owned()),
                    ..deleting(past)
                },
                suspended(),
            ),
            (
                "a deletion time without any suspension",
                change(|facts| facts.delete_after = Some(facts.created)),
                TokenState::Active,
            ),
            (
                "expiring, unrevealed",
                expiring(future),
                TokenState::Unrevealed,
            ),
            (
                "expiring, revealed",
                TokenFacts {
                    reveal: None,
                    ..expiring(future)
                },
                TokenState::Active,
            ),
            (
                "expiring, with a deletion time",
                TokenFacts {
                    expires: Some(future),
                    ..deleting(past)
                },
                TokenState::Active,
            ),
            (
                "expired at this very second",
                expiring(now),
                TokenState::Expired { time: now },
            ),
            (
                "expired",
                expiring(past),
                TokenState::Expired { time: past },
            ),
        ] {
            assert_eq!(TokenState::of(&facts, now), expected, "{name}");
            // A summary that was judged at another time is judged anew without the facts.
            for other in [Timestamp::UNIX_EPOCH, past, future] {
                let before = TokenSummary::of(facts.clone(), other);
                let state = before.judged_at(now).unwrap_or(before).state;
                assert_eq!(state, expected, "{name}, judged before at {other}");
            }
        }
    }
}
