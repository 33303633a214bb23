//! What is left to do of a rotation, or of a compromise, once the new value is saved: something about the old token.

#[cfg(feature = "ssr")]
use std::collections::{BTreeMap, HashMap};

use kargo::token::TokenHandle;
#[cfg(feature = "ssr")]
use kargo::{
    name::TokenName,
    scope::Scope,
    token::{Reveal, TokenState, TokenSummary},
};
use serde::{Deserialize, Serialize};

/// The token in whose place an unrevealed one is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Replaced {
    /// The old token.
    pub token: TokenHandle,
    /// Whether its value is in the wrong hands.
    pub is_compromised: bool,
}

#[cfg(feature = "ssr")]
impl Replaced {
    /// Of one token, if `old` is what it replaces and nobody has decided about that one yet. The old one must say so, too: whoever may
    /// write only the new one must not get it stopped.
    pub fn by(new: &TokenSummary, old: &TokenSummary, scope: &Scope) -> Option<Self> {
        let is_it = new.reveal == Some(Reveal::Pending)
            && new.replaces.as_ref() == Some(&old.name)
            && new.role == old.role
            && old.replaced_by.as_ref() == Some(&new.name)
            && new.created >= old.created
            && old.is_managed()
            && is_undecided(old);
        is_it.then(|| Self {
            token: old.handle(scope),
            is_compromised: old.is_compromised,
        })
    }

    /// Of all tokens of a scope, by the new ones' names.
    pub fn among(tokens: &[TokenSummary], scope: &Scope) -> BTreeMap<TokenName, Self> {
        let new: Vec<_> = tokens
            .iter()
            .filter(|token| token.reveal == Some(Reveal::Pending) && token.replaces.is_some())
            .collect();
        if new.is_empty() {
            return BTreeMap::new();
        }
        let by_name: HashMap<_, _> = tokens.iter().map(|token| (&token.name, token)).collect();
        new.into_iter()
            .filter_map(|new| {
                let old = by_name.get(new.replaces.as_ref()?)?;
                Some((new.name.clone(), Self::by(new, old, scope)?))
            })
            .collect()
    }
}

/// Whether an old token goes on working until somebody says otherwise, or is suspended as compromised and to be deleted. One that is said
/// to be compromised and works is neither: that takes a person's look.
#[cfg(feature = "ssr")]
fn is_undecided(old: &TokenSummary) -> bool {
    match old.state {
        TokenState::Preparing | TokenState::Unrevealed | TokenState::Active => {
            !old.is_compromised && old.retire_after.is_none()
        }
        TokenState::Suspended { .. } => old.is_compromised,
        TokenState::Deleting { .. } | TokenState::Expired { .. } => false,
    }
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;
    use crate::sample::token;

    fn name(text: &str) -> TokenName {
        text.parse().expect("a name")
    }

    #[test]
    fn the_old_token_must_agree() {
        let old = TokenSummary {
            replaced_by: Some(name("new")),
            ..token()
        };
        let new = TokenSummary {
            name: name("new"),
            replaces: Some(old.name.clone()),
            reveal: Some(Reveal::Pending),
            ..token()
        };
        let found = |old: &TokenSummary, new: &TokenSummary| {
            let tokens = [old.clone(), new.clone()];
            !Replaced::among(&tokens, &Scope::System).is_empty()
        };
        assert!(found(&old, &new));
        assert!(!found(&token(), &new), "the old one knows nothing of it");
        let of_another = TokenSummary {
            replaced_by: Some(name("another")),
            ..token()
        };
        assert!(!found(&of_another, &new));
        let marked = TokenSummary {
            is_compromised: true,
            ..old.clone()
        };
        assert!(!found(&marked, &new), "it works, whatever is said of it");
        let suspended = TokenSummary {
            state: TokenState::Suspended {
                since: "2026-01-02".to_owned(),
            },
            ..old.clone()
        };
        assert!(!found(&suspended, &new), "it was stopped already");
        let compromised = TokenSummary {
            is_compromised: true,
            ..suspended
        };
        assert!(found(&compromised, &new), "it is still to be deleted");
        let revealed = TokenSummary {
            reveal: None,
            ..new.clone()
        };
        assert!(!found(&old, &revealed), "it is over");
        let of_another_role = TokenSummary {
            role: "other".to_owned(),
            ..new
        };
        assert!(!found(&old, &of_another_role));
    }
}
