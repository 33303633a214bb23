//! Which tokens a page shows: the word in its address, and the judgement behind the word.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{
    name::RoleName,
    token::{TokenState, TokenSummary, is_before_day},
};

/// A token expires soon when its end is at most this many days away.
pub const EXPIRES_SOON_DAYS: i64 = 14;
/// A token is stale when it was not used for this many days, unless the address says another number.
pub const STALE_DAYS: u32 = 90;
/// The largest number of days that an address may name: about ten years.
const MOST_DAYS: u32 = 3650;

/// A filter over tokens. Each has a word, which stands in addresses as `?show=WORD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum TokenFilter {
    /// Every token.
    #[default]
    All,
    /// Tokens that the API server accepts.
    Active,
    /// Tokens whose value was not revealed yet.
    Unrevealed,
    /// Tokens that the API server refuses until they are restored.
    Suspended,
    /// Tokens that were never used. Kubernetes doesn't track the use of expiring tokens, so none of them is included.
    NeverUsed,
    /// Tokens that expire within [`EXPIRES_SOON_DAYS`] days, and expired ones.
    Expiring,
    /// Tokens that are being deleted or retire, and tokens that are due for clean-up.
    Ending,
    /// Candidates for deletion: unused for some days, not managed by Kargo, or without a role.
    CleanUp {
        /// The number of days without use.
        unused_days: u32,
    },
}

/// Why an address names no filter.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum FilterError {
    /// The word is unknown.
    #[error("There is no such view. Views are: {}.", words())]
    UnknownWord,
    /// The number of days is too large.
    #[error("{0} days are too many: {MOST_DAYS} are the most.")]
    TooManyDays(u32),
}

/// The words of all filters, for people.
fn words() -> String {
    TokenFilter::ALL.map(TokenFilter::word).join(", ")
}

impl TokenFilter {
    /// The clean-up with its usual number of days.
    pub const CLEAN_UP: Self = Self::CleanUp {
        unused_days: STALE_DAYS,
    };

    /// Every filter.
    pub const ALL: [Self; 8] = [
        Self::All,
        Self::Active,
        Self::Unrevealed,
        Self::Suspended,
        Self::NeverUsed,
        Self::Expiring,
        Self::Ending,
        Self::CLEAN_UP,
    ];

    /// Parses the word of an address, and the number of days that only the clean-up has.
    ///
    /// # Errors
    /// [`FilterError`] for an unknown word or too many days.
    pub fn parse(word: Option<&str>, days: Option<u32>) -> Result<Self, FilterError> {
        let filter = match word {
            None | Some("") => Self::All,
            Some(word) => Self::ALL
                .into_iter()
                .find(|filter| filter.word() == word)
                .ok_or(FilterError::UnknownWord)?,
        };
        match (filter, days) {
            (Self::CleanUp { .. }, Some(days)) if days > MOST_DAYS => {
                Err(FilterError::TooManyDays(days))
            }
            (Self::CleanUp { .. }, Some(unused_days)) => Ok(Self::CleanUp { unused_days }),
            _ => Ok(filter),
        }
    }

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Active => "active",
            Self::Unrevealed => "unrevealed",
            Self::Suspended => "suspended",
            Self::NeverUsed => "never-used",
            Self::Expiring => "expiring",
            Self::Ending => "due",
            Self::CleanUp { .. } => "clean-up",
        }
    }

    /// The number of days without use; `None` for every filter but the clean-up.
    pub fn days(self) -> Option<u32> {
        match self {
            Self::CleanUp { unused_days } => Some(unused_days),
            _ => None,
        }
    }

    /// Whether a token passes the filter at `now` (API server clock). [`TokenMatcher`] also knows which roles exist.
    pub fn matches(self, token: &TokenSummary, now: Timestamp) -> bool {
        match self {
            Self::All => true,
            Self::Active => token.state == TokenState::Active,
            Self::Unrevealed => {
                matches!(token.state, TokenState::Preparing | TokenState::Unrevealed)
            }
            Self::Suspended => matches!(token.state, TokenState::Suspended { .. }),
            Self::NeverUsed => token.last_used.is_none() && !token.is_expiring(),
            Self::Expiring => token.expires.is_some_and(|end| {
                let soon = SignedDuration::from_hours(24 * EXPIRES_SOON_DAYS);
                end.duration_since(now) <= soon
            }),
            Self::Ending => {
                matches!(token.state, TokenState::Deleting { .. })
                    || token.retire_after.is_some()
                    || token.cleanup_reason(now).is_some()
            }
            Self::CleanUp { unused_days } => {
                !token.is_managed() || is_stale(token, unused_days, now)
            }
        }
    }
}

/// Whether a token was not used for `days` days: since its last use, or since its creation where it was never used.
/// Kubernetes doesn't track the use of expiring tokens, so they are never stale.
fn is_stale(token: &TokenSummary, days: u32, now: Timestamp) -> bool {
    let long = SignedDuration::from_hours(24 * i64::from(days));
    let is_long_ago = || now.duration_since(token.created) >= long;
    let was_long_ago = |used: &String| {
        now.checked_sub(long)
            .is_ok_and(|since| is_before_day(used, since))
    };
    !token.is_expiring()
        && token
            .last_used
            .as_ref()
            .map_or_else(is_long_ago, was_long_ago)
}

/// A filter together with everything that its judgement needs.
#[derive(Debug, Clone, Copy)]
pub struct TokenMatcher<'a> {
    /// The filter.
    pub filter: TokenFilter,
    /// The roles that exist; `None` where they can't be read.
    pub roles: Option<&'a [RoleName]>,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

impl TokenMatcher<'_> {
    /// The judgement of tokens of one role.
    pub fn of_role(&self, role: &str) -> RoleMatcher {
        let Self { filter, roles, now } = *self;
        RoleMatcher {
            filter,
            has_no_role: roles
                .is_some_and(|roles| !roles.iter().any(|other| other.as_str() == role)),
            now,
        }
    }

    /// Whether a token passes. The clean-up also includes every token whose role doesn't exist.
    pub fn matches(self, token: &TokenSummary) -> bool {
        self.of_role(&token.role).matches(token)
    }
}

/// The judgement of tokens of one role.
#[derive(Debug, Clone, Copy)]
pub struct RoleMatcher {
    filter: TokenFilter,
    /// The role is known not to exist.
    has_no_role: bool,
    now: Timestamp,
}

impl RoleMatcher {
    /// The same with another filter.
    #[must_use]
    pub fn with(self, filter: TokenFilter) -> Self {
        Self { filter, ..self }
    }

    /// Whether a token of the role passes.
    pub fn matches(self, token: &TokenSummary) -> bool {
        let is_cleanup = matches!(self.filter, TokenFilter::CleanUp { .. });
        (is_cleanup && self.has_no_role) || self.filter.matches(token, self.now)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sample, token::Missing};

    fn now() -> Timestamp {
        sample::time("2026-11-24T12:00:00Z")
    }

    #[test]
    fn each_word_leads_back_to_its_filter() {
        for filter in TokenFilter::ALL {
            assert_eq!(
                TokenFilter::parse(Some(filter.word()), filter.days()),
                Ok(filter)
            );
        }
        assert_eq!(TokenFilter::parse(None, None), Ok(TokenFilter::All));
        assert_eq!(
            TokenFilter::parse(Some("nothing"), None),
            Err(FilterError::UnknownWord)
        );
        assert_eq!(
            TokenFilter::parse(Some("clean-up"), Some(u32::MAX)),
            Err(FilterError::TooManyDays(u32::MAX))
        );
        assert_eq!(
            TokenFilter::parse(Some("active"), Some(u32::MAX)),
            Ok(TokenFilter::Active),
            "only the clean-up reads the days"
        );
    }

    #[test]
    fn each_filter_accepts_its_tokens() {
        let active = sample::token();
        let suspended = TokenSummary {
            state: TokenState::Suspended {
                since: "2026-01-02".to_owned(),
            },
            ..sample::token()
        };
        let unrevealed = TokenSummary {
            state: TokenState::Unrevealed,
            ..sample::token()
        };
        let used = TokenSummary {
            last_used: Some("2026-11-20".to_owned()),
            ..sample::token()
        };
        let expiring = TokenSummary {
            expires: Some(sample::time("2026-12-01T00:00:00Z")),
            ..sample::token()
        };
        let retiring = TokenSummary {
            retire_after: Some(sample::time("2026-12-01T00:00:00Z")),
            ..sample::token()
        };
        let unmanaged = TokenSummary {
            missing: vec![Missing::Label],
            ..used.clone()
        };
        let clean_up = TokenFilter::CleanUp { unused_days: 90 };
        for (filter, token, expected) in [
            (TokenFilter::All, &suspended, true),
            (TokenFilter::Active, &active, true),
            (TokenFilter::Active, &suspended, false),
            (TokenFilter::Unrevealed, &unrevealed, true),
            (TokenFilter::Unrevealed, &active, false),
            (TokenFilter::Suspended, &suspended, true),
            (TokenFilter::NeverUsed, &active, true),
            (TokenFilter::NeverUsed, &used, false),
            (TokenFilter::NeverUsed, &expiring, false),
            (TokenFilter::Expiring, &expiring, true),
            (TokenFilter::Expiring, &active, false),
            (TokenFilter::Ending, &retiring, true),
            (TokenFilter::Ending, &active, false),
            (clean_up, &active, true),
            (clean_up, &used, false),
            (clean_up, &unmanaged, true),
        ] {
            assert_eq!(
                filter.matches(token, now()),
                expected,
                "{filter:?} {token:?}"
            );
        }
    }

    #[test]
    fn the_clean_up_includes_tokens_without_a_role() {
        let roles = ["ci".parse().expect("a name")];
        let matcher = |filter| TokenMatcher {
            filter,
            roles: Some(&roles),
            now: now(),
        };
        let orphan = TokenSummary {
            role: "gone".to_owned(),
            last_used: Some("2026-11-20".to_owned()),
            ..sample::token()
        };
        assert!(matcher(TokenFilter::CleanUp { unused_days: 90 }).matches(&orphan));
        assert!(!matcher(TokenFilter::NeverUsed).matches(&orphan));
    }
}
