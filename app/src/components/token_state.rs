//! A token's state as people read it: a word with its colour, and a sentence. The same words everywhere.

use jiff::Timestamp;
use kargo::token::{Reveal, TokenState, TokenSummary};
use leptos::prelude::*;

use super::time::{exact, from_now};

/// A state in words.
pub struct Stated {
    /// The end of the class that gives it its colour.
    class: &'static str,
    /// The word.
    pub word: &'static str,
    /// What that means, and what to do.
    pub why: String,
}

/// A token's state at a time. `me`: the person who reads it.
pub fn stated(token: &TokenSummary, now: Timestamp, me: Option<&str>) -> Stated {
    let who = |name: Option<&str>, otherwise: &'static str| match name {
        Some(name) if Some(name) == me => "you".to_owned(),
        Some(name) => name.to_owned(),
        None => otherwise.to_owned(),
    };
    let was_claimed = matches!(token.reveal, Some(Reveal::Claimed { .. }));
    let (class, word, why) = match &token.state {
        TokenState::Preparing | TokenState::Unrevealed | TokenState::Active if token.is_compromised => (
            "suspended",
            "compromised",
            "Somebody said that its value is in the wrong hands, and the API server doesn't refuse it.".to_owned(),
        ),
        TokenState::Preparing => (
            "preparing",
            "preparing",
            "Kubernetes has not written its value yet.".to_owned(),
        ),
        TokenState::Unrevealed => (
            "unrevealed",
            "unrevealed",
            format!(
                "Nobody has seen its value yet: it waits for {} to reveal it, once.",
                who(token.created_by.as_deref(), "its creator")
            ),
        ),
        TokenState::Active if was_claimed => (
            "unconfirmed",
            // A use may have been the test of its value.
            if token.last_used.is_some() { "saving not confirmed" } else { "perhaps never seen" },
            "It works. Its value was sent once, and nobody said that it was saved: if it is lost, recreate the token.".to_owned(),
        ),
        TokenState::Active => ("active", "active", "It works.".to_owned()),
        TokenState::Suspended { since } => {
            let by = token.suspension.as_ref().map_or_else(
                || format!("since {since}"),
                |by| format!("by {}, {}", who(Some(&by.by), ""), from_now(now, by.at)),
            );
            let word = if token.is_compromised {
                "compromised"
            } else {
                "suspended"
            };
            ("suspended", word, format!("The API server refuses it ({by})."))
        }
        TokenState::Deleting { until } if *until > now => (
            "suspended",
            "deleting",
            format!(
                "The API server refuses it. It is to be deleted {} ({}); until then that can be undone.",
                from_now(now, *until),
                exact(*until)
            ),
        ),
        TokenState::Deleting { until } => (
            "suspended",
            "deletion due",
            format!(
                "The API server refuses it. Its deletion was due {} ({}) and is not finished yet.",
                from_now(now, *until),
                exact(*until)
            ),
        ),
        TokenState::Expired { at } => (
            "suspended",
            "expired",
            format!("Its time was over {} ({}): the API server refuses it.", from_now(now, *at), exact(*at)),
        ),
    };
    Stated { class, word, why }
}

/// The word, in its colour; the sentence on hover, and for who only hears.
#[component]
pub fn StateWord(stated: Stated) -> impl IntoView {
    let Stated { class, word, why } = stated;
    // What nothing is wrong with needs no sentence.
    let heard = (class != "active")
        .then(|| view! { <span class="visually-hidden">": " {why.clone()}</span> });
    view! { <span class=format!("state state-{class}") title=why>{word}</span> {heard} }
}

#[cfg(test)]
mod tests {
    use kargo::value::Fingerprint;

    use super::*;
    use crate::sample::{at, token};

    fn said(token: &TokenSummary, me: Option<&str>) -> Stated {
        stated(token, at("2026-11-24T12:00:00Z"), me)
    }

    #[test]
    fn a_deletion_says_whether_it_can_be_undone() {
        let deleting = |until: &str| TokenSummary {
            state: TokenState::Deleting { until: at(until) },
            ..token()
        };
        let Stated { word, why, .. } = said(&deleting("2026-11-24T12:00:20Z"), None);
        assert_eq!(word, "deleting");
        assert!(why.contains("can be undone"), "{why}");
        let Stated { word, why, .. } = said(&deleting("2026-11-24T11:00:00Z"), None);
        assert_eq!(word, "deletion due");
        assert!(why.contains("due 1 h ago"), "{why}");
    }

    #[test]
    fn who_may_reveal_it_is_told() {
        let unrevealed = TokenSummary {
            state: TokenState::Unrevealed,
            created_by: Some("alice".to_owned()),
            ..token()
        };
        assert!(said(&unrevealed, None).why.contains("waits for alice"));
        assert!(
            said(&unrevealed, Some("alice"))
                .why
                .contains("waits for you")
        );
    }

    #[test]
    fn what_is_used_was_seen() {
        let mut claimed = TokenSummary {
            reveal: Some(Reveal::Claimed {
                at: at("2026-11-24T11:00:00Z"),
                fingerprint: Fingerprint("0".repeat(12)),
            }),
            ..token()
        };
        assert_eq!(said(&claimed, None).word, "perhaps never seen");
        claimed.last_used = Some("2026-11-24".to_owned());
        assert_eq!(said(&claimed, None).word, "saving not confirmed");
    }
}
