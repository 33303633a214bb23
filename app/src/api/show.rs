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

    /// With the clean-up, for how many days they were not used.
    pub fn days(self) -> Option<u32> {
        match self {
            Self::CleanUp { days } => Some(days),
            _ => None,
        }
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

/// What is asked of a scope's tokens: a kind, at a time, with what else it takes to judge that.
#[cfg(feature = "ssr")]
pub(super) struct Wanted {
    show: Show,
    /// The scope's roles, where it matters which tokens belong to none: in the clean-up.
    roles: Option<Vec<kargo::name::RoleName>>,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

#[cfg(feature = "ssr")]
impl Wanted {
    /// Reads what it takes.
    pub async fn read(
        show: Show,
        cluster: &kargo::cluster::Cluster,
        scope: &kargo::scope::Scope,
        now: Timestamp,
    ) -> Result<Self, ApiError> {
        let roles = match show {
            Show::CleanUp { .. } => Some(cluster.list_role_names(scope).await?),
            _ => None,
        };
        Ok(Self { show, roles, now })
    }

    /// Whether a token is one of these.
    pub fn includes(&self, token: &TokenSummary) -> bool {
        let is_stray = self
            .roles
            .as_ref()
            .is_some_and(|roles| !roles.iter().any(|role| role.as_str() == token.role));
        is_stray || self.show.shows(token, self.now)
    }

    /// All of them, for tests.
    #[cfg(test)]
    pub fn all() -> Self {
        Self {
            show: Show::All,
            roles: None,
            now: Timestamp::UNIX_EPOCH,
        }
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::sample::{at, token};

    #[test]
    fn the_clean_up_is_what_nobody_needs() {
        let wanted = Wanted {
            show: Show::CleanUp { days: 90 },
            roles: Some(vec!["ci".parse().expect("a name")]),
            now: at("2026-11-24T12:00:00Z"),
        };
        let used = TokenSummary {
            last_used: Some("2026-11-20".to_owned()),
            ..token()
        };
        assert!(wanted.includes(&token()), "never used");
        assert!(!wanted.includes(&used));
        let stray = TokenSummary {
            role: "gone".to_owned(),
            ..used.clone()
        };
        assert!(wanted.includes(&stray), "its role is gone");
        let unmanaged = TokenSummary {
            missing: vec![kargo::token::Missing::Label],
            ..used
        };
        assert!(wanted.includes(&unmanaged));
    }

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
