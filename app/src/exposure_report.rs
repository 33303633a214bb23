//! Which other tokens the holder of a compromised token could have read or created. Judged in [`crate::page_model`].

use kargo::{name::TokenName, token::TokenRef};
use serde::{Deserialize, Serialize};

/// What a role lets the holder of one of its tokens read and create.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExposureReport {
    /// Sentences, one for each grant that matters; empty where the readable rules show none.
    pub findings: Vec<String>,
    /// Whether some of the role's rules can't be read, so that there may be more.
    pub is_partial: bool,
    /// Tokens of this scope whose values the holder could have read and that nobody replaced yet, by role and name.
    pub tokens: Vec<TokenRef>,
    /// Tokens that can't be recreated here, since Kargo doesn't manage them or they belong to no role: name and role.
    pub by_hand: Vec<(String, String)>,
    /// How many tokens `tokens` would name without its limit.
    pub total: usize,
    /// The successor of the compromised token, where the holder could have read its value.
    pub successor: Option<TokenRef>,
    /// Tokens that replaced one of the readable tokens since the report: old name and new token.
    #[serde(default)]
    pub replaced: Vec<(TokenName, TokenRef)>,
    /// Readable tokens that have a successor since the report, and are accepted or suspended beside it: the old token and the new name.
    #[serde(default)]
    pub beside: Vec<(TokenRef, TokenName)>,
    /// Tokens made since the report that replace no token of the list: the holder may have made them.
    #[serde(default)]
    pub made_since: Vec<MadeSince>,
}

/// A token that was made after a report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MadeSince {
    /// The token.
    pub token: TokenRef,
    /// Creator's user name, as the Secret states it. Its creator can forge that.
    pub created_by: Option<String>,
    /// Whether it can be deleted here: Kargo doesn't manage every token.
    pub is_managed: bool,
}
