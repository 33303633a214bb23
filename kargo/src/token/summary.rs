//! One token as lists and pages show it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{
    facts::{Missing, Suspension, TokenFacts, day},
    reveal::Reveal,
    state::TokenState,
};
use crate::{
    name::{TokenName, Uid},
    scope::Scope,
};

/// One token without its value, judged at a time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSummary {
    /// Name of the Secret.
    pub name: TokenName,
    /// UID of the Secret. Each write sends it, so that a namesake is never touched.
    pub uid: Uid,
    /// ServiceAccount that the Secret names; it need not exist.
    pub role: String,
    /// Time of creation.
    pub created: Timestamp,
    /// State at the time of judging.
    pub state: TokenState,
    /// UTC day of the last use (`YYYY-MM-DD`); the API server records it at most once a day.
    pub last_used: Option<String>,
    /// Marks that the Secret lacks to be managed by Kargo; empty for a managed token. Unmanaged tokens are shown and never changed.
    pub missing: Vec<Missing>,
    /// Creator's Kubernetes user name, for tokens made with Kargo Tokens.
    pub created_by: Option<String>,
    /// The one reveal, for tokens made with Kargo Tokens.
    pub reveal: Option<Reveal>,
    /// Token that this one was made to replace.
    pub replaces: Option<TokenName>,
    /// UID of the compromised token that this one was made to replace, and that must end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends: Option<Uid>,
    /// Token that was made to replace this one.
    pub replaced_by: Option<TokenName>,
    /// End of an expiring token: the requested end until the reveal, the granted one afterwards. `None`: the token has no end.
    pub expires: Option<Timestamp>,
    /// Values that were minted for an expiring token, as far as its history tells: more than one if an answer was lost. 0: no expiring token.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub minted: usize,
    /// Suspension that was recorded by Kargo Tokens.
    pub suspension: Option<Suspension>,
    /// Time at which a deletion that was begun is due. If the state is not [`TokenState::Deleting`], somebody lifted the suspension and so
    /// called the deletion off.
    pub delete_after: Option<Timestamp>,
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
    #[serde(rename = "kept_by")]
    pub external_manager: Option<String>,
}

impl TokenSummary {
    /// Judges a token's facts at `now`, by the API server's clock.
    pub fn of(facts: TokenFacts, now: Timestamp) -> Self {
        let state = TokenState::of(&facts, now);
        let TokenFacts {
            name,
            uid,
            role,
            created,
            is_populated: _,
            invalid_since: _,
            last_used,
            missing,
            created_by,
            reveal,
            replaces,
            ends,
            replaced_by,
            expires,
            minted,
            suspension,
            delete_after,
            deletion_label: _,
            retire_after,
            is_compromised,
            is_terminating,
            note,
            contact,
            external_manager,
        } = facts;
        Self {
            name,
            uid,
            role,
            created,
            state,
            last_used,
            missing,
            created_by,
            reveal,
            replaces,
            ends,
            replaced_by,
            expires,
            minted,
            suspension,
            delete_after,
            retire_after,
            is_compromised,
            is_terminating,
            note,
            contact,
            external_manager,
        }
    }

    /// The same token judged at another time, by the API server's clock; `None` if its state is the same then. Only the state of a token that
    /// expires depends on the time.
    pub fn judged_at(&self, now: Timestamp) -> Option<Self> {
        let state = TokenState::of_expiring(self.expires?, self.reveal.as_ref(), now);
        (state != self.state).then(|| Self {
            state,
            ..self.clone()
        })
    }

    /// `true` if Kargo's tools, and so this program, may change the token.
    pub fn is_managed(&self) -> bool {
        self.missing.is_empty()
    }

    /// `true` if the token ends by itself. Its value is stored nowhere, and it can't be suspended, only deleted.
    pub fn is_expiring(&self) -> bool {
        self.expires.is_some()
    }

    /// `true` if nobody ever used the token. Kubernetes doesn't track the use of expiring tokens, so none of these counts.
    pub fn was_never_used(&self) -> bool {
        self.last_used.is_none() && !self.is_expiring()
    }

    /// `true` if somebody has tried the token since its suspension. Kubernetes records uses by the day, so a use on the day of the
    /// suspension counts only if none had been recorded for that day before.
    pub fn was_tried_since_suspension(&self) -> bool {
        let (Some(suspension), Some(used)) = (&self.suspension, &self.last_used) else {
            return false;
        };
        *used >= day(suspension.time) && suspension.last_used.as_ref() != Some(used)
    }

    /// `true` if its last use is older than the Secret: somebody made a deleted token again under its name, and so its value works again.
    pub fn was_used_before_creation(&self) -> bool {
        self.last_used
            .as_ref()
            .is_some_and(|used| *used < day(self.created))
    }

    /// `true` if the token was used after `day` (UTC, `YYYY-MM-DD`).
    pub fn was_used_after(&self, day: &str) -> bool {
        self.last_used.as_deref().is_some_and(|used| used > day)
    }

    /// Reference to this token, for the next request about it. `scope`: the scope that it was read from.
    pub fn token_ref(&self, scope: &Scope) -> TokenRef {
        TokenRef {
            scope: scope.clone(),
            role: self.role.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
        }
    }
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "the signature that serde asks for"
)]
fn is_zero(number: &usize) -> bool {
    *number == 0
}

/// Exact reference to one token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenRef {
    /// Scope that the token belongs to.
    pub scope: Scope,
    /// Its role.
    pub role: String,
    /// Its name.
    pub name: TokenName,
    /// Its UID.
    pub uid: Uid,
}

/// A token right after a change, from the write's own answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangedToken {
    /// The token as it is now.
    pub token: TokenSummary,
    /// `resourceVersion` of the Secret: a list or watch at this version or a later one shows the change.
    pub resource_version: String,
}

/// One page of a list of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenListPage {
    /// Tokens of this page, in the API server's order (by name).
    pub tokens: Vec<TokenSummary>,
    /// Start of the next page; `None` after the last one. Opaque, valid for a few minutes.
    pub next: Option<String>,
    /// Time by the API server's clock.
    pub now: Timestamp,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::token as sample;

    #[test]
    fn the_external_manager_keeps_its_wire_name() {
        let token = TokenSummary {
            external_manager: Some("Argo CD".to_owned()),
            ..sample()
        };
        let json = serde_json::to_value(&token).expect("JSON");
        assert_eq!(json["kept_by"], "Argo CD");
    }

    #[test]
    fn only_a_use_after_the_suspension_counts_as_a_try() {
        let suspended = |before: Option<&str>, used: Option<&str>| {
            TokenSummary {
                suspension: Some(Suspension {
                    time: "2026-02-03T04:05:06Z".parse().expect("a time"),
                    actor: "me".to_owned(),
                    reason: String::new(),
                    last_used: before.map(str::to_owned),
                }),
                last_used: used.map(str::to_owned),
                ..sample()
            }
            .was_tried_since_suspension()
        };
        assert!(!suspended(None, None));
        assert!(!suspended(None, Some("2026-02-02")), "used before");
        assert!(suspended(None, Some("2026-02-03")), "on the same day");
        assert!(!suspended(Some("2026-02-03"), Some("2026-02-03")));
        assert!(suspended(Some("2026-02-03"), Some("2026-02-04")));
        assert!(!sample().was_tried_since_suspension());
    }
}
