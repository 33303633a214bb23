//! A token for tests of pure decisions, here and in `app` (feature `sample`).

use jiff::Timestamp;

use crate::token::{TokenState, TokenSummary, Uid};

/// A working token of the role `ci`, of which nothing else is known.
///
/// # Panics
/// Never: its name and time are valid.
pub fn token() -> TokenSummary {
    TokenSummary {
        name: "ci".parse().expect("a name"),
        uid: Uid("u".to_owned()),
        role: "ci".to_owned(),
        created: Timestamp::UNIX_EPOCH,
        state: TokenState::Active,
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
        retire_after: None,
        is_compromised: false,
        is_terminating: false,
        note: None,
        contact: None,
        external_manager: None,
    }
}

/// Parses a time.
///
/// # Panics
/// When the text is no time.
pub fn time(text: &str) -> Timestamp {
    text.parse().expect("a time")
}
