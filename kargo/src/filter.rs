//! Which tokens a page shows: the words in its address, and the judgement behind them. A token is shown if it passes every part of the filter.

mod counts;
mod days;
mod matcher;
mod words;

use serde::{Deserialize, Serialize};

pub(crate) use counts::Counter;
pub use counts::{Counts, EXPIRES_DAYS, SPANS, UNUSED_DAYS};
pub use days::DayRange;
pub use matcher::{RoleMatcher, TokenMatcher};
pub(crate) use matcher::{UnusedSince, has_no_owner};
pub use words::{FilterWords, IgnoredWord};

/// A token expires soon when its end is at most this many days away.
pub const EXPIRES_SOON_DAYS: u32 = 14;
/// A token is stale when it was not used for this many days, unless the address says another number.
pub const STALE_DAYS: u32 = 90;
/// The largest number of days that an address may name: about ten years.
const MOST_DAYS: u32 = 3650;

/// A filter over tokens. The default passes every token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TokenFilter {
    /// The state.
    pub state: StateFilter,
    /// Time since the creation.
    pub age: Option<DayRange>,
    /// The last use.
    pub used: Option<UseFilter>,
    /// The end.
    pub expires: Option<ExpiryFilter>,
    /// Whether Kargo manages the token.
    pub managed: Option<bool>,
    /// Only tokens without an owner: neither a contact nor a creator is recorded.
    pub has_no_owner: bool,
}

/// A filter by state. Each has a word, which stands in addresses as `?show=WORD`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum StateFilter {
    /// Every token.
    #[default]
    All,
    /// Tokens that the API server accepts.
    Active,
    /// Tokens whose value was not revealed yet.
    Unrevealed,
    /// Tokens that the API server refuses until they are restored.
    Suspended,
    /// Tokens whose deletion has begun and can be undone.
    Deleting,
    /// Tokens whose time is over.
    Expired,
    /// Tokens that are being deleted or retire, and tokens that are due for clean-up.
    Ending,
    /// Candidates for deletion: unused for some days, not managed by Kargo, or without a role.
    CleanUp {
        /// The number of days without use.
        unused_days: u32,
    },
}

/// A filter by use. Kubernetes doesn't track the use of expiring tokens, so only [`UseFilter::Untracked`] passes them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum UseFilter {
    /// Tokens that were used.
    Ever,
    /// Tokens that were never used.
    Never,
    /// Tokens whose use isn't tracked.
    Untracked,
    /// Tokens that were not used for so many days: since their last use, or since their creation where they were never used.
    NotFor(u32),
    /// Tokens whose last use was so many days ago.
    Ago(DayRange),
}

/// A filter by the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExpiryFilter {
    /// Tokens without an end.
    Never,
    /// Tokens whose end is over.
    Over,
    /// Tokens that end within so many days, and those whose end is over.
    Within(u32),
    /// Tokens that end in so many days.
    In(DayRange),
}

impl StateFilter {
    /// The clean-up with its usual number of days.
    pub const CLEAN_UP: Self = Self::CleanUp {
        unused_days: STALE_DAYS,
    };

    /// Every filter by state.
    pub const ALL: [Self; 8] = [
        Self::All,
        Self::Active,
        Self::Unrevealed,
        Self::Suspended,
        Self::Deleting,
        Self::Expired,
        Self::Ending,
        Self::CLEAN_UP,
    ];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::All => "all",
            Self::Active => "active",
            Self::Unrevealed => "unrevealed",
            Self::Suspended => "suspended",
            Self::Deleting => "deleting",
            Self::Expired => "expired",
            Self::Ending => "due",
            Self::CleanUp { .. } => "clean-up",
        }
    }

    /// Whether it is the clean-up, with any number of days.
    pub fn is_cleanup(self) -> bool {
        matches!(self, Self::CleanUp { .. })
    }
}

impl TokenFilter {
    /// The filter by state alone.
    pub fn of(state: StateFilter) -> Self {
        Self {
            state,
            ..Self::default()
        }
    }

    /// Whether it passes every token.
    pub fn is_all(&self) -> bool {
        *self == Self::default()
    }
}
