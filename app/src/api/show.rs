//! Which tokens a page shows: the word in its address.

use jiff::{SignedDuration, Timestamp};
use kargo::token::{TokenState, TokenSummary, day};
use serde::{Deserialize, Serialize};

use super::ApiError;

/// Days before its end in which a token expires soon.
pub const SOON: i64 = 14;
/// Days without use after which a token is stale, unless asked otherwise.
pub const STALE: u32 = 90;
/// The most days that can be asked for: some ten years.
const MOST: u32 = 3650;

/// A kind of token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Show {
    /// All of them.
    #[default]
    All,
    /// Working ones.
    Active,
    /// Those whose value nobody has seen.
    Unrevealed,
    /// Those that the API server refuses.
    Suspended,
    /// Those that were never used.
    NeverUsed,
    /// Those that expire within [`SOON`] days, or have.
    Expiring,
    /// Those that are being deleted or retire, and those that are due.
    Due,
    /// What could be cleaned up: not used for some days, unmanaged, or of a role that is gone.
    CleanUp {
        /// How many days.
        days: u32,
    },
}

impl Show {
    /// Reads it from an address.
    ///
    /// # Errors
    /// An unknown word, or too many days.
    pub fn asked(word: Option<&str>, days: Option<u32>) -> Result<Self, ApiError> {
        let days = days.unwrap_or(STALE);
        Ok(match word {
            None | Some("" | "all") => Self::All,
            Some("active") => Self::Active,
            Some("unrevealed") => Self::Unrevealed,
            Some("suspended") => Self::Suspended,
            Some("never-used") => Self::NeverUsed,
            Some("expiring") => Self::Expiring,
            Some("due") => Self::Due,
            Some("clean-up") if days <= MOST => Self::CleanUp { days },
            Some("clean-up") => {
                return Err(ApiError::invalid(format!(
                    "{days} days are too many: {MOST} are the most."
                )));
            }
            Some(_) => {
                return Err(ApiError::invalid(
                    "There is no such view. Views are: all, active, unrevealed, suspended, never-used, expiring, due, clean-up.",
                ));
            }
        })
    }

    /// The word in the address; `None` for all.
    pub fn word(self) -> Option<&'static str> {
        Some(match self {
            Self::All => return None,
            Self::Active => "active",
            Self::Unrevealed => "unrevealed",
            Self::Suspended => "suspended",
            Self::NeverUsed => "never-used",
            Self::Expiring => "expiring",
            Self::Due => "due",
            Self::CleanUp { .. } => "clean-up",
        })
    }

    /// Whether it shows a token at a time.
    pub fn shows(self, token: &TokenSummary, now: Timestamp) -> bool {
        match self {
            Self::All => true,
            Self::Active => token.state == TokenState::Active,
            Self::Unrevealed => {
                matches!(token.state, TokenState::Preparing | TokenState::Unrevealed)
            }
            Self::Suspended => matches!(token.state, TokenState::Suspended { .. }),
            Self::NeverUsed => token.last_used.is_none() && !token.is_expiring(),
            Self::Expiring => {
                let soon = now
                    .saturating_add(SignedDuration::from_hours(24 * SOON))
                    .unwrap_or(now);
                token.expires.is_some_and(|end| end <= soon)
            }
            Self::Due => {
                matches!(token.state, TokenState::Deleting { .. })
                    || token.retire_after.is_some()
                    || token.due(now).is_some()
            }
            Self::CleanUp { days } => !token.is_managed() || is_stale(token, days, now),
        }
    }
}

/// Not used for so many days: since its last use, or where there was none, since its creation. The use of expiring tokens isn't noted.
fn is_stale(token: &TokenSummary, days: u32, now: Timestamp) -> bool {
    let ago = SignedDuration::from_hours(24 * i64::from(days));
    let Ok(since) = now.checked_sub(ago) else {
        return false;
    };
    !token.is_expiring()
        && token
            .last_used
            .as_ref()
            .map_or(token.created < since, |used| *used < day(since))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn every_word_leads_back_to_itself() {
        for word in [
            "active",
            "unrevealed",
            "suspended",
            "never-used",
            "expiring",
            "due",
            "clean-up",
        ] {
            let show = Show::asked(Some(word), None).expect("a view");
            assert_eq!(show.word(), Some(word));
        }
        assert_eq!(Show::asked(None, None), Ok(Show::All));
        assert!(Show::asked(Some("nothing"), None).is_err());
        assert!(Show::asked(Some("clean-up"), Some(u32::MAX)).is_err());
    }
}
