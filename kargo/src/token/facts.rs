//! Facts that a token's Secret states, independent of the current time.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::reveal::Reveal;
use crate::name::{TokenName, Uid};

/// Everything that a token's Secret says about it, except the value. What depends on the time is judged from these facts and a
/// time: [`TokenState::of`](super::TokenState::of).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenFacts {
    /// Name of the Secret.
    pub name: TokenName,
    /// UID of the Secret.
    pub uid: Uid,
    /// ServiceAccount that the token is for.
    pub role: String,
    /// Time of creation.
    pub created: Timestamp,
    /// `true` if Kubernetes has written the value.
    pub is_populated: bool,
    /// Label `kubernetes.io/legacy-token-invalid-since`, usually a UTC date; the API server refuses a value while it is set.
    pub invalid_since: Option<String>,
    /// UTC day of the last use (`YYYY-MM-DD`), as Kubernetes records it.
    pub last_used: Option<String>,
    /// Marks that the Secret lacks to be managed by Kargo.
    pub missing: Vec<Missing>,
    /// Creator's Kubernetes user name, for tokens made with Kargo Tokens.
    pub created_by: Option<String>,
    /// The one reveal, for tokens made with Kargo Tokens.
    pub reveal: Option<Reveal>,
    /// Token that this one was made to replace.
    pub replaces: Option<TokenName>,
    /// UID of the compromised token that this one was made to replace, and that must end.
    pub ends: Option<Uid>,
    /// Token that was made to replace this one.
    pub replaced_by: Option<TokenName>,
    /// End of an expiring token: the requested end until the reveal, the granted one afterwards. `None`: the token has no end.
    pub expires: Option<Timestamp>,
    /// Values that were minted for an expiring token, as far as its history tells: more than one if an answer was lost. 0: no expiring token.
    pub minted: usize,
    /// Suspension that was recorded by Kargo Tokens.
    pub suspension: Option<Suspension>,
    /// Time at which a deletion that was begun is due.
    pub delete_after: Option<Timestamp>,
    /// Value of `invalid_since` when the deletion was begun.
    pub deletion_label: Option<String>,
    /// End of the overlap with the successor.
    pub retire_after: Option<Timestamp>,
    /// `true` if the token was reported as compromised.
    pub is_compromised: bool,
    /// `true` if Kubernetes is removing the Secret and a finalizer keeps it. Its value is refused.
    pub is_terminating: bool,
    /// Note for people; may have line breaks.
    pub note: Option<String>,
    /// Person or channel to ask.
    pub contact: Option<String>,
    /// Tool that manages the Secret from its own sources, such as `Argo CD`. It may recreate a deleted Secret.
    pub external_manager: Option<String>,
}

impl TokenFacts {
    /// End of a deletion that still stands. A deletion is called off when somebody lifts the suspension that it began with; a later
    /// suspension with another label does not bring it back.
    pub fn standing_deletion(&self) -> Option<Timestamp> {
        self.delete_after
            .filter(|_| self.invalid_since.is_some() && self.deletion_label == self.invalid_since)
    }
}

/// A suspension, as it was recorded on the Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspension {
    /// Time, by the API server's clock.
    #[serde(rename = "at")]
    pub time: Timestamp,
    /// Kubernetes user name of the person who suspended the token.
    #[serde(rename = "by")]
    pub actor: String,
    /// Reason in that person's words; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// UTC day of the last use that was recorded before the suspension.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
}

/// What a Secret lacks to be a token that Kargo (and so this program) manages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// Label `rbac.kargo.akuity.io/api-token: "true"`.
    Label,
    /// Annotation `rbac.kargo.akuity.io/managed: "true"`.
    ManagedAnnotation,
}

impl Missing {
    /// The label or annotation in words, with its key and value.
    pub fn text(self) -> &'static str {
        match self {
            Self::Label => "label rbac.kargo.akuity.io/api-token: \"true\"",
            Self::ManagedAnnotation => "annotation rbac.kargo.akuity.io/managed: \"true\"",
        }
    }
}

/// UTC day of a time, in the form that the API server writes days: `YYYY-MM-DD`.
pub fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
}
