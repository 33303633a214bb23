//! The one place of the browser's code that holds a value.

use kargo::{claim::ClaimId, token::TokenRef, value::Value};
use leptos::prelude::*;

/// The value, its token and the claim that it was asked for with.
#[derive(Clone, Copy)]
pub struct Secret {
    /// The token.
    pub token: StoredValue<TokenRef>,
    /// The value, until it is saved or left.
    pub value: StoredValue<Option<Value>>,
    /// The claim.
    pub claim: StoredValue<ClaimId>,
}

impl Secret {
    /// The token's name.
    pub fn name(self) -> String {
        self.token.with_value(|token| token.name.to_string())
    }
}
