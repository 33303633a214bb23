//! The answer of every command that changes a token.

use kargo::token::TokenSummary;
use serde::{Deserialize, Serialize};

/// A token as a command left it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenAnswer {
    /// The token as it is now; `None` after its deletion. The browser's code leaves the token out: reading it takes a library of times,
    /// which would be a large part of what the browser has to load.
    #[cfg_attr(not(feature = "ssr"), serde(skip_deserializing))]
    pub token: Option<TokenSummary>,
    /// The resourceVersion that shows this state.
    pub resource_version: Option<String>,
    /// Seconds in which the deletion can be undone.
    pub undo_seconds: Option<u64>,
}

impl TokenAnswer {
    /// The answer after a deletion.
    pub fn deleted() -> Self {
        Self::default()
    }
}

#[cfg(feature = "ssr")]
impl From<kargo::token::ChangedToken> for TokenAnswer {
    fn from(changed: kargo::token::ChangedToken) -> Self {
        Self {
            token: Some(changed.token),
            resource_version: Some(changed.resource_version),
            undo_seconds: None,
        }
    }
}
