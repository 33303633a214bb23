//! A token for unit tests.

use jiff::Timestamp;
use kargo::token::{TokenState, TokenSummary, Uid};

/// A working token of the role `ci`, of which nothing else is known.
pub fn token() -> TokenSummary {
    TokenSummary {
        name: "ci".parse().expect("a name"),
        uid: Uid("1".to_owned()),
        role: "ci".to_owned(),
        created: at("2026-01-01T00:00:00Z"),
        state: TokenState::Active,
        last_used: None,
        missing: vec![],
        created_by: None,
        reveal: None,
        replaces: None,
        replaced_by: None,
        expires: None,
        suspension: None,
        delete_after: None,
        retire_after: None,
        is_compromised: false,
        is_terminating: false,
        note: None,
        contact: None,
        kept_by: None,
    }
}

/// A time.
pub fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}
