//! A token's state as people read it: a pill with its own shape and colour, and a sentence. The same words everywhere.

use jiff::Timestamp;
use kargo::token::{REFUSED_AFTER, Reveal, TokenState, TokenSummary};
use leptos::prelude::*;

use super::time::{Countdown, exact, from_now};

/// A state in words.
pub struct StateLabel {
    /// The class that gives the pill its colour and shape.
    class: &'static str,
    /// The word.
    pub word: &'static str,
    /// What the state means, and what to do.
    pub sentence: String,
    /// The end of a deletion that can still be undone: the pill counts down to it.
    undo_until: Option<Timestamp>,
}

/// Sentence about a suspension at `now`. `by`: the person who suspended the token, and the time.
fn suspended_sentence(token: &TokenSummary, now: Timestamp, by: &str) -> String {
    let is_young = token
        .suspension
        .as_ref()
        .is_some_and(|by| now.duration_since(by.time) < REFUSED_AFTER);
    let soon = if is_young {
        " within about 10 seconds"
    } else {
        ""
    };
    format!("Suspended {by}: the API server refuses it{soon}.")
}

/// The label of a token's state at `now`. `viewer`: the person who reads it.
pub fn state_label(token: &TokenSummary, now: Timestamp, viewer: Option<&str>) -> StateLabel {
    let person = |name: Option<&str>, otherwise: &'static str| match name {
        Some(name) if Some(name) == viewer => "you".to_owned(),
        Some(name) => name.to_owned(),
        None => otherwise.to_owned(),
    };
    let was_claimed = matches!(token.reveal, Some(Reveal::Claimed { .. }));
    let mut undo_until = None;
    let (class, word, sentence) = match &token.state {
        _ if token.is_terminating => (
            "susp",
            "Being removed",
            "The API server refuses it. A finalizer keeps its Secret: look at it with kubectl.".to_owned(),
        ),
        TokenState::Preparing | TokenState::Unrevealed | TokenState::Active
            if token.is_compromised =>
        {
            (
                "bad",
                "Compromised",
                "Somebody reported that its value is in the wrong hands, but the API server still accepts it.".to_owned(),
            )
        }
        TokenState::Preparing => (
            "new",
            "Preparing",
            "Kubernetes has not written its value yet.".to_owned(),
        ),
        TokenState::Unrevealed => (
            "new",
            "Reveal pending",
            format!(
                "Its value was not revealed yet. Only {} can reveal it, once.",
                person(token.created_by.as_deref(), "its creator")
            ),
        ),
        TokenState::Active if was_claimed => (
            "new",
            "Reveal unconfirmed",
            "It works. Its value was sent once, and nobody confirmed that it was saved. If the value is lost, recreate the token.".to_owned(),
        ),
        TokenState::Active => ("ok", "Active", "It works.".to_owned()),
        TokenState::Suspended { since } => {
            let by = token.suspension.as_ref().map_or_else(
                || format!("since {since}"),
                |by| {
                    let actor = person(Some(&by.actor), "");
                    format!("by {actor}, {}", from_now(now, by.time))
                },
            );
            let refused = suspended_sentence(token, now, &by);
            if token.is_compromised {
                ("bad", "Compromised", format!("{refused} Then it is deleted."))
            } else {
                ("susp", "Suspended", refused)
            }
        }
        TokenState::Deleting { until } if *until > now => {
            undo_until = Some(*until);
            (
                "del",
                "Deleting",
                format!(
                    "It is suspended, and deleted {} ({}). Until then that can be undone.",
                    from_now(now, *until),
                    exact(*until)
                ),
            )
        }
        TokenState::Deleting { until } => (
            "del",
            "Deletion due",
            format!(
                "The API server refuses it. Its deletion was due {} ({}) and is not finished yet.",
                from_now(now, *until),
                exact(*until)
            ),
        ),
        TokenState::Expired { time } => (
            "susp",
            "Expired",
            format!(
                "It expired {} ({}). The API server refuses it.",
                from_now(now, *time),
                exact(*time)
            ),
        ),
    };
    StateLabel {
        class,
        word,
        sentence,
        undo_until,
    }
}

/// The pill. The sentence is shown on hover, and read to people who only hear the page.
#[component]
pub fn StatePill(label: StateLabel) -> impl IntoView {
    let StateLabel {
        class,
        word,
        sentence,
        undo_until,
    } = label;
    // A working token needs no sentence.
    let heard = (class != "ok")
        .then(|| view! { <span class="visually-hidden">": " {sentence.clone()}</span> });
    let countdown = undo_until.map(|until| view! { " · " <Countdown until /> });
    view! { <span class=format!("state {class}") title=sentence>{word}{countdown}</span> {heard} }
}

#[cfg(test)]
mod tests {
    use kargo::{
        sample::{self, time},
        value::Fingerprint,
    };

    use super::*;

    fn label(token: &TokenSummary, viewer: Option<&str>) -> StateLabel {
        state_label(token, time("2026-11-24T12:00:00Z"), viewer)
    }

    #[test]
    fn a_deletion_says_whether_it_can_be_undone() {
        let deleting = |until: &str| TokenSummary {
            state: TokenState::Deleting { until: time(until) },
            ..sample::token()
        };
        let StateLabel { word, sentence, .. } = label(&deleting("2026-11-24T12:00:20Z"), None);
        assert_eq!(word, "Deleting");
        assert!(sentence.contains("can be undone"), "{sentence}");
        let StateLabel { word, sentence, .. } = label(&deleting("2026-11-24T11:00:00Z"), None);
        assert_eq!(word, "Deletion due");
        assert!(sentence.contains("due 1 h ago"), "{sentence}");
    }

    #[test]
    fn the_person_who_may_reveal_is_named() {
        let unrevealed = TokenSummary {
            state: TokenState::Unrevealed,
            created_by: Some("alice".to_owned()),
            ..sample::token()
        };
        assert!(label(&unrevealed, None).sentence.contains("Only alice"));
        assert!(
            label(&unrevealed, Some("alice"))
                .sentence
                .contains("Only you")
        );
    }

    #[test]
    fn a_value_that_nobody_confirmed_is_unconfirmed() {
        let claimed = TokenSummary {
            reveal: Some(Reveal::Claimed {
                time: time("2026-11-24T11:00:00Z"),
                fingerprint: Fingerprint("0".repeat(12)),
            }),
            ..sample::token()
        };
        assert_eq!(label(&claimed, None).word, "Reveal unconfirmed");
    }
}
