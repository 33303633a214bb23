//! What the tokens of a scope are in numbers, for metrics: counts by state, and what needs somebody's attention. A pure function of a snapshot.

use std::borrow::Borrow;

use jiff::Timestamp;

use crate::{
    filter::{STALE_DAYS, UnusedSince},
    name::RoleName,
    token::{Reveal, TokenState, TokenSummary},
};

/// Words for the states of tokens. Each token is in exactly one.
pub const STATES: [&str; 9] = [
    "active",
    "being_removed",
    "compromised",
    "deleting",
    "expired",
    "preparing",
    "reveal_unconfirmed",
    "suspended",
    "unrevealed",
];

/// The tokens of a scope in numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Measures {
    /// Tokens in each of the [`STATES`].
    pub states: [u64; STATES.len()],
    /// Seconds until the next token expires; `None` if none will.
    pub next_expiry: Option<u64>,
    /// Age of the oldest token in seconds; `None` if there is no token.
    pub oldest: Option<u64>,
    /// Tokens that were never used. Kubernetes doesn't track the use of expiring tokens, so these don't count.
    pub never_used: u64,
    /// Tokens that were not used for [`STALE_DAYS`] days: since their last use, or since their creation where they were never used.
    pub unused: u64,
    /// Tokens that Kargo doesn't manage.
    pub unmanaged: u64,
    /// Tokens of a ServiceAccount that is no role, or that is gone; `None` where the roles can't be read.
    pub of_no_role: Option<u64>,
    /// Tokens that are due to be deleted and still there.
    pub due: u64,
}

impl Measures {
    /// Measures the tokens of a scope. `roles`: its roles; `None` where they can't be read. `now`: by the API server's clock.
    pub fn of(
        tokens: &[impl Borrow<TokenSummary>],
        roles: Option<&[RoleName]>,
        now: Timestamp,
    ) -> Self {
        let unused_since = UnusedSince::days_before(now, STALE_DAYS);
        let mut measures = Self {
            of_no_role: roles.map(|_| 0),
            ..Self::default()
        };
        for token in tokens.iter().map(Borrow::borrow) {
            let word = state_word(token);
            if let Some(at) = STATES.iter().position(|state| *state == word) {
                measures.states[at] += 1;
            }
            let until = token.expires.and_then(|end| seconds(now, end));
            measures.next_expiry = match (measures.next_expiry, until) {
                (Some(one), Some(other)) => Some(one.min(other)),
                (one, other) => one.or(other),
            };
            measures.oldest = measures.oldest.max(seconds(token.created, now).or(Some(0)));
            let is_unknown =
                roles.is_some_and(|roles| !roles.iter().any(|role| role.as_str() == token.role));
            measures.never_used += u64::from(token.was_never_used());
            measures.unused += u64::from(unused_since.is_true_of(token));
            measures.unmanaged += u64::from(!token.is_managed());
            measures.of_no_role = measures
                .of_no_role
                .map(|count| count + u64::from(is_unknown));
            measures.due += u64::from(token.cleanup_reason(now).is_some());
        }
        measures
    }
}

/// One word for the state of a token: one of [`STATES`].
pub fn state_word(token: &TokenSummary) -> &'static str {
    match &token.state {
        _ if token.is_terminating => "being_removed",
        TokenState::Preparing
        | TokenState::Unrevealed
        | TokenState::Active
        | TokenState::Suspended { .. }
            if token.is_compromised =>
        {
            "compromised"
        }
        TokenState::Preparing => "preparing",
        TokenState::Unrevealed => "unrevealed",
        TokenState::Active if matches!(token.reveal, Some(Reveal::Claimed { .. })) => {
            "reveal_unconfirmed"
        }
        TokenState::Active => "active",
        TokenState::Suspended { .. } => "suspended",
        TokenState::Deleting { .. } => "deleting",
        TokenState::Expired { .. } => "expired",
    }
}

/// Seconds from one time to a later one; `None` if it isn't later.
pub fn seconds(from: Timestamp, until: Timestamp) -> Option<u64> {
    let seconds = until.duration_since(from).as_secs();
    u64::try_from(seconds).ok().filter(|seconds| *seconds > 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        sample::token as sample,
        token::{Missing, Suspension},
        value::{Fingerprint, Value},
    };

    const NOW: &str = "2026-06-01T00:00:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn claimed() -> Reveal {
        Reveal::Claimed {
            time: time(NOW),
            fingerprint: Fingerprint::of(&Value::new("x".to_owned())),
        }
    }

    #[test]
    fn every_state_has_a_word_of_the_list() {
        let suspended = || TokenState::Suspended {
            since: "2026-02-03".to_owned(),
        };
        let of = |state| TokenSummary { state, ..sample() };
        for (token, expected) in [
            (of(TokenState::Preparing), "preparing"),
            (of(TokenState::Unrevealed), "unrevealed"),
            (of(TokenState::Active), "active"),
            (of(suspended()), "suspended"),
            (of(TokenState::Deleting { until: time(NOW) }), "deleting"),
            (of(TokenState::Expired { time: time(NOW) }), "expired"),
            (
                TokenSummary {
                    reveal: Some(claimed()),
                    ..of(TokenState::Active)
                },
                "reveal_unconfirmed",
            ),
            (
                TokenSummary {
                    reveal: Some(claimed()),
                    ..of(suspended())
                },
                "suspended",
            ),
            (
                TokenSummary {
                    is_compromised: true,
                    ..of(suspended())
                },
                "compromised",
            ),
            (
                TokenSummary {
                    is_compromised: true,
                    ..of(TokenState::Active)
                },
                "compromised",
            ),
            (
                TokenSummary {
                    is_terminating: true,
                    ..of(TokenState::Active)
                },
                "being_removed",
            ),
        ] {
            assert_eq!(state_word(&token), expected);
            assert!(STATES.contains(&expected));
        }
    }

    #[test]
    fn tokens_are_counted_for_what_they_are() {
        let now = time(NOW);
        let old = TokenSummary {
            created: time("2026-01-01T00:00:00Z"),
            last_used: None,
            ..sample()
        };
        let used = TokenSummary {
            created: time("2026-05-31T00:00:00Z"),
            last_used: Some("2026-05-31".to_owned()),
            role: "gone".to_owned(),
            ..sample()
        };
        let expiring = |end: &str| TokenSummary {
            created: time("2026-05-31T00:00:00Z"),
            expires: Some(time(end)),
            ..sample()
        };
        let unmanaged = TokenSummary {
            missing: vec![Missing::Label],
            ..used.clone()
        };
        let due = TokenSummary {
            suspension: Some(Suspension {
                time: time("2026-05-31T00:00:00Z"),
                actor: "me".to_owned(),
                reason: String::new(),
                last_used: None,
            }),
            state: TokenState::Deleting {
                until: time("2026-05-31T00:01:00Z"),
            },
            ..used.clone()
        };
        let tokens = [
            old,
            used,
            expiring("2026-06-03T00:00:00Z"),
            expiring("2026-06-02T00:00:00Z"),
            unmanaged,
            due,
        ];
        let roles: Vec<RoleName> = vec![sample().role.parse().expect("a name")];
        let measures = Measures::of(&tokens, Some(&roles), now);
        let count = |word: &str| {
            let at = STATES.iter().position(|state| *state == word);
            measures.states[at.expect("a state")]
        };
        assert_eq!(measures.states.iter().sum::<u64>(), 6);
        assert_eq!((count("active"), count("deleting")), (5, 1));
        assert_eq!(measures.next_expiry, Some(86_400));
        assert_eq!(measures.oldest, Some(151 * 86_400));
        assert_eq!((measures.never_used, measures.unused), (1, 1));
        assert_eq!((measures.unmanaged, measures.due), (1, 1));
        assert_eq!(measures.of_no_role, Some(3));
        assert_eq!(Measures::of(&tokens, None, now).of_no_role, None);
        assert_eq!(Measures::of(&tokens[..0], None, now), Measures::default());
    }
}
