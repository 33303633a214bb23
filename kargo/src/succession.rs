//! Successions: which token works in another token's place. Lists, pages and the cluster operations all judge a succession here.

use std::{
    borrow::Borrow,
    collections::{BTreeMap, HashMap, HashSet},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    name::TokenName,
    scope::Scope,
    token::{Reveal, TokenRef, TokenState, TokenSummary, day},
};

/// `true` if `successor` works in the place of `predecessor`. Anybody who may write Secrets can make a token name another one, so every
/// condition of a successor is checked. A token whose reveal is unconfirmed counts only if it was used after the day of the reveal.
pub fn works_in_place_of(successor: &TokenSummary, predecessor: &TokenSummary) -> bool {
    let is_unconfirmed = matches!(successor.reveal, Some(Reveal::Claimed { .. }))
        && !was_used_since_reveal(successor);
    replaces_soundly(successor, predecessor)
        && successor.created >= predecessor.created
        && successor.state == TokenState::Active
        && !is_unconfirmed
}

/// `true` if `successor` says that it replaces `predecessor`, acts as the same role, and is itself a token to rely on.
fn replaces_soundly(successor: &TokenSummary, predecessor: &TokenSummary) -> bool {
    successor.replaces.as_ref() == Some(&predecessor.name)
        && successor.role == predecessor.role
        && successor.is_managed()
        && !successor.is_compromised
}

/// `true` if an unconfirmed token was used after the day of its reveal. A use on that day may have been a test of the value.
fn was_used_since_reveal(token: &TokenSummary) -> bool {
    matches!(&token.reveal, Some(Reveal::Claimed { time, .. }) if token.was_used_after(&day(*time)))
}

/// `true` if `old` must end because it was reported as compromised, by the record on its saved successor `new`. The holder of the value may
/// have removed every mark of `old`, or deleted it and made it again under its name, which gives the same value.
pub fn must_end(old: &TokenSummary, new: &TokenSummary) -> bool {
    let is_saved =
        matches!(new.reveal, Some(Reveal::Confirmed { .. })) || was_used_since_reveal(new);
    replaces_soundly(new, old)
        && is_saved
        && old.external_manager.is_none()
        && !old.is_terminating
        && new
            .ends
            .as_ref()
            .is_some_and(|ends| *ends == old.uid || old.created > new.created)
}

/// `true` if the token works without a retirement time, or is suspended as compromised. A compromised token that still works is neither: a
/// person has to look at it.
pub fn is_undecided(predecessor: &TokenSummary) -> bool {
    match predecessor.state {
        TokenState::Preparing | TokenState::Unrevealed | TokenState::Active => {
            !predecessor.is_compromised && predecessor.retire_after.is_none()
        }
        TokenState::Suspended { .. } => predecessor.is_compromised,
        TokenState::Deleting { .. } | TokenState::Expired { .. } => false,
    }
}

/// Predecessor of an unrevealed token, about which a person still has to decide once the new value is saved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingPredecessor {
    /// The predecessor.
    pub token: TokenRef,
    /// `true` if the predecessor was reported as compromised.
    pub is_compromised: bool,
}

impl PendingPredecessor {
    /// The pending predecessor of `new`, if `old` is it. The old token must name the new one, too: a person who may write only the new
    /// token must not get the old one stopped.
    pub fn of(new: &TokenSummary, old: &TokenSummary, scope: &Scope) -> Option<Self> {
        let is_pending = new.reveal == Some(Reveal::Pending)
            && new.replaces.as_ref() == Some(&old.name)
            && new.role == old.role
            && old.replaced_by.as_ref() == Some(&new.name)
            && new.created >= old.created
            && old.is_managed()
            && is_undecided(old);
        is_pending.then(|| Self {
            token: old.token_ref(scope),
            is_compromised: old.is_compromised,
        })
    }

    /// The pending predecessors among all tokens of a scope, by the new tokens' names.
    pub fn among(tokens: &[impl Borrow<TokenSummary>], scope: &Scope) -> BTreeMap<TokenName, Self> {
        let tokens = || tokens.iter().map(Borrow::<TokenSummary>::borrow);
        let unrevealed: Vec<_> = tokens()
            .filter(|token| token.reveal == Some(Reveal::Pending) && token.replaces.is_some())
            .collect();
        if unrevealed.is_empty() {
            return BTreeMap::new();
        }
        let wanted: HashSet<_> = unrevealed
            .iter()
            .filter_map(|token| token.replaces.as_ref())
            .collect();
        let by_name: HashMap<_, _> = tokens()
            .filter(|token| wanted.contains(&token.name))
            .map(|token| (&token.name, token))
            .collect();
        unrevealed
            .into_iter()
            .filter_map(|new| {
                let old = by_name.get(new.replaces.as_ref()?)?;
                Some((new.name.clone(), Self::of(new, old, scope)?))
            })
            .collect()
    }
}

/// Creation times of the successors that `shown` tokens name, by the successors' names. `all`: every token of the scope. Tokens that don't
/// say that they replace another one are no successors.
pub fn successor_creation_times<'a>(
    shown: impl IntoIterator<Item = &'a TokenSummary>,
    all: impl IntoIterator<Item = &'a TokenSummary>,
) -> BTreeMap<TokenName, Timestamp> {
    let created: HashMap<_, _> = all
        .into_iter()
        .filter(|token| token.replaces.is_some())
        .map(|token| (&token.name, token.created))
        .collect();
    shown
        .into_iter()
        .filter_map(|token| token.replaced_by.as_ref())
        .filter_map(|name| Some((name.clone(), *created.get(name)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sample::token as sample, token::Missing};

    fn name(text: &str) -> TokenName {
        text.parse().expect("a name")
    }

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn suspended() -> TokenState {
        TokenState::Suspended {
            since: "2026-01-02".to_owned(),
        }
    }

    /// The old token of a rotation, and the new one.
    fn rotation() -> (TokenSummary, TokenSummary) {
        let old = TokenSummary {
            replaced_by: Some(name("new")),
            ..sample()
        };
        let new = TokenSummary {
            name: name("new"),
            replaces: Some(old.name.clone()),
            ..sample()
        };
        (old, new)
    }

    #[test]
    fn a_successor_meets_every_condition() {
        let (old, new) = rotation();
        let claimed = || {
            Some(Reveal::Claimed {
                time: time("2026-01-02T03:04:05Z"),
                fingerprint: crate::value::Fingerprint(String::new()),
            })
        };
        assert!(works_in_place_of(&new, &old));
        for (why, new, expected) in [
            (
                "confirmed by its use",
                TokenSummary {
                    reveal: claimed(),
                    last_used: Some("2026-01-03".to_owned()),
                    ..new.clone()
                },
                true,
            ),
            (
                "perhaps used for a test only",
                TokenSummary {
                    reveal: claimed(),
                    last_used: Some("2026-01-02".to_owned()),
                    ..new.clone()
                },
                false,
            ),
            (
                "reveal unconfirmed",
                TokenSummary {
                    reveal: claimed(),
                    ..new.clone()
                },
                false,
            ),
            (
                "replaces nothing",
                TokenSummary {
                    replaces: None,
                    ..new.clone()
                },
                false,
            ),
            (
                "of another role",
                TokenSummary {
                    role: "other".to_owned(),
                    ..new.clone()
                },
                false,
            ),
            (
                "older than its predecessor",
                TokenSummary {
                    created: time("1969-12-31T00:00:00Z"),
                    ..new.clone()
                },
                false,
            ),
            (
                "unmanaged",
                TokenSummary {
                    missing: vec![Missing::Label],
                    ..new.clone()
                },
                false,
            ),
            (
                "compromised",
                TokenSummary {
                    is_compromised: true,
                    ..new.clone()
                },
                false,
            ),
            (
                "suspended",
                TokenSummary {
                    state: suspended(),
                    ..new.clone()
                },
                false,
            ),
            (
                "unrevealed",
                TokenSummary {
                    state: TokenState::Unrevealed,
                    ..new
                },
                false,
            ),
        ] {
            assert_eq!(works_in_place_of(&new, &old), expected, "{why}");
        }
    }

    #[test]
    fn a_compromised_token_must_end_by_the_record_on_its_saved_successor() {
        let (old, new) = rotation();
        let uid = |text: &str| crate::name::Uid(text.to_owned());
        let fingerprint = crate::value::Fingerprint(String::new());
        let new = TokenSummary {
            ends: Some(old.uid.clone()),
            created: time("2026-01-02T00:00:00Z"),
            reveal: Some(Reveal::Confirmed {
                time: time("2026-01-02T03:04:05Z"),
                fingerprint,
            }),
            ..new
        };
        let remade = TokenSummary {
            uid: uid("v"),
            created: time("2026-01-03T00:00:00Z"),
            ..old.clone()
        };
        let another = TokenSummary {
            uid: uid("v"),
            ..old.clone()
        };
        for (what, old, new, expected) in [
            ("its marks are gone", &old, &new, true),
            ("remade", &remade, &new, true),
            ("an older namesake", &another, &new, false),
            (
                "nothing is recorded",
                &old,
                &TokenSummary {
                    ends: None,
                    ..new.clone()
                },
                false,
            ),
            (
                "the successor is not saved",
                &old,
                &TokenSummary {
                    reveal: Some(Reveal::Pending),
                    ..new.clone()
                },
                false,
            ),
            (
                "of another role",
                &old,
                &TokenSummary {
                    role: "other".to_owned(),
                    ..new.clone()
                },
                false,
            ),
            (
                "a tool would remake it",
                &TokenSummary {
                    external_manager: Some("Helm".to_owned()),
                    ..old.clone()
                },
                &new,
                false,
            ),
        ] {
            assert_eq!(must_end(old, new), expected, "{what}");
        }
    }

    #[test]
    fn a_predecessor_is_pending_only_if_both_tokens_agree() {
        let (old, new) = rotation();
        let new = TokenSummary {
            reveal: Some(Reveal::Pending),
            ..new
        };
        let is_pending = |old: &TokenSummary, new: &TokenSummary| {
            let tokens = [old.clone(), new.clone()];
            !PendingPredecessor::among(&tokens, &Scope::System).is_empty()
        };
        assert!(is_pending(&old, &new));
        assert!(!is_pending(&sample(), &new), "the old token names none");
        let of_another = TokenSummary {
            replaced_by: Some(name("another")),
            ..sample()
        };
        assert!(!is_pending(&of_another, &new));
        let marked = TokenSummary {
            is_compromised: true,
            ..old.clone()
        };
        assert!(!is_pending(&marked, &new), "compromised and still accepted");
        let stopped = TokenSummary {
            state: suspended(),
            ..old.clone()
        };
        assert!(!is_pending(&stopped, &new), "stopped already");
        let compromised = TokenSummary {
            is_compromised: true,
            ..stopped
        };
        assert!(is_pending(&compromised, &new), "still to be deleted");
        let retiring = TokenSummary {
            retire_after: Some(Timestamp::UNIX_EPOCH),
            ..old.clone()
        };
        assert!(!is_pending(&retiring, &new), "decided already");
        let revealed = TokenSummary {
            reveal: None,
            ..new.clone()
        };
        assert!(!is_pending(&old, &revealed), "the rotation is over");
        let of_another_role = TokenSummary {
            role: "other".to_owned(),
            ..new
        };
        assert!(!is_pending(&old, &of_another_role));
    }

    #[test]
    fn successors_have_creation_times_only_if_they_replace_a_token() {
        let (old, new) = rotation();
        let new = TokenSummary {
            created: time("2026-01-02T00:00:00Z"),
            ..new
        };
        let unrelated = TokenSummary {
            replaces: None,
            ..new.clone()
        };
        let times = |all: &[TokenSummary]| successor_creation_times([&old], all);
        assert_eq!(
            times(&[old.clone(), new.clone()]),
            BTreeMap::from([(name("new"), new.created)])
        );
        assert_eq!(times(&[old.clone(), unrelated]), BTreeMap::new());
        assert_eq!(times(std::slice::from_ref(&old)), BTreeMap::new());
    }
}
