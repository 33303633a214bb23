//! What was done to a token: the entries on its Secret, and Kubernetes Events about it.

use jiff::Timestamp;
use kargo::{
    event::Event,
    token::{HistoryAction, HistoryEntry},
};
use leptos::prelude::*;

use super::{person::Person, time::Moment};
use crate::error::ApiError;

/// The entries on the Secret, newest first.
#[component]
pub fn History(
    entries: Vec<HistoryEntry>,
    now: Timestamp,
    viewer: Option<String>,
) -> impl IntoView {
    if entries.is_empty() {
        return view! { <p class="help">"No entries. The token was created and changed with other tools only."</p> }
            .into_any();
    }
    let lines = entries.into_iter().rev().map(|entry| {
        let detail = detail(&entry).map(|(before, text)| {
            view! { {before} <bdi class="written">{text.to_owned()}</bdi> }
        });
        view! {
            <li>
                <Person name=entry.actor viewer=viewer.clone() /> " " {entry.action.words()} {detail}
                <small><Moment now then=entry.time /></small>
            </li>
        }
    });
    view! {
        <ol class="time" reversed>{lines.collect_view()}</ol>
        <p class="help">"These entries are annotations of the Secret. Whoever may change the Secret can forge them."</p>
    }
    .into_any()
}

/// An entry's detail, with what stands before it. That a token replaces another one is part of the sentence.
fn detail(entry: &HistoryEntry) -> Option<(&'static str, &str)> {
    let detail = entry.detail.as_str();
    match (entry.action, detail.strip_prefix("in place of ")) {
        (_, None) if detail.is_empty() => None,
        (HistoryAction::Created, Some(name)) => Some((" to replace ", name)),
        _ => Some((": ", detail)),
    }
}

/// Kubernetes Events, newest first, or why they can't be shown.
#[component]
pub fn Events(events: Result<Vec<Event>, ApiError>, now: Timestamp) -> impl IntoView {
    let events = match events {
        Ok(events) => events,
        Err(ApiError(problem)) => {
            return view! { <p class="help">{format!("Not shown. {}", problem.sentences())}</p> }
                .into_any();
        }
    };
    if events.is_empty() {
        return view! { <p class="help">"None now. Kubernetes usually keeps Events for one hour."</p> }
            .into_any();
    }
    let lines = events.into_iter().rev().map(|event| {
        let time = match event.time {
            Some(then) => view! { <Moment now then /> }.into_any(),
            None => view! { <span>"at an unknown time"</span> }.into_any(),
        };
        let source = if event.source.is_empty() {
            "an unnamed program".to_owned()
        } else {
            event.source
        };
        view! {
            <li>
                <strong>{event.reason}</strong> " " <bdi class="written">{event.message}</bdi>
                <small>{time} " from " <bdi>{source}</bdi></small>
            </li>
        }
    });
    view! {
        <p class="help">"Any program may write Events, and under any name."</p>
        <ol class="time" reversed>{lines.collect_view()}</ol>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_successors_creation_is_one_sentence() {
        for (action, text, shown) in [
            (HistoryAction::Created, "", None),
            (
                HistoryAction::Created,
                "in place of ci",
                Some((" to replace ", "ci")),
            ),
            (
                HistoryAction::Noted,
                "in place of ci",
                Some((": ", "in place of ci")),
            ),
            (HistoryAction::Suspended, "holiday", Some((": ", "holiday"))),
        ] {
            let entry = HistoryEntry {
                time: Timestamp::UNIX_EPOCH,
                actor: "alice".to_owned(),
                action,
                detail: text.to_owned(),
            };
            assert_eq!(detail(&entry), shown);
        }
    }
}
