//! What a page of tokens knows besides the tokens: shared by all of its rows.

use std::collections::BTreeMap;

use jiff::Timestamp;
use kargo::{
    name::{RoleName, TokenName},
    scope::Scope,
    token::{Abilities, TokenSummary},
};

use crate::api::{Policy, Replaced};

/// The page's facts.
#[derive(Debug, Clone, PartialEq)]
pub struct Listing {
    /// Where the tokens live.
    pub scope: Scope,
    /// The time by the API server's clock.
    pub now: Timestamp,
    /// The signed-in person's user name, who alone may reveal what they created.
    pub me: Option<String>,
    /// What they may do here.
    pub abilities: Abilities,
    /// What the configuration allows.
    pub policy: Policy,
    /// The token that they are signed in with, if it is one of these.
    pub own: Option<TokenName>,
    /// When the successors of the shown tokens were created.
    pub successors: BTreeMap<TokenName, Timestamp>,
    /// The tokens in whose place unrevealed ones are, by the new ones' names.
    pub replaced: BTreeMap<TokenName, Replaced>,
    /// The roles that tokens can be made for.
    pub roles: Vec<RoleName>,
}

impl Listing {
    /// Whether they created it: they alone may reveal it.
    pub fn is_mine(&self, token: &TokenSummary) -> bool {
        token.created_by.is_some() && token.created_by == self.me
    }

    /// Whether the person is signed in with it.
    pub fn is_own(&self, name: &TokenName) -> bool {
        self.own.as_ref() == Some(name)
    }
}
