//! What was done to a token: as it is noted on the token itself, and as programs told Kubernetes in Events.

use jiff::Timestamp;
use kargo::{event::Event, token::Act};
use leptos::prelude::*;

use super::{time::Moment, token_facts::Person};
use crate::api::ApiError;

/// The acts that are noted on the token, newest first.
#[component]
pub fn History(acts: Vec<Act>, now: Timestamp, me: Option<String>) -> impl IntoView {
    if acts.is_empty() {
        return view! { <p class="help">"Nothing is noted: it was not made with Kargo Tokens, and nothing was done to it here."</p> }.into_any();
    }
    let lines = acts.into_iter().rev().map(|act| {
        let about = (!act.about.is_empty())
            .then(|| view! { ": " <bdi class="written">{act.about}</bdi> });
        view! {
            <li><Moment now then=act.at /> <span><Person name=act.by me=me.clone() /> " " {act.did.words()} {about}</span></li>
        }
    });
    view! {
        <ol class="acts" reversed>{lines.collect_view()}</ol>
        <p class="help">"Kept on the Secret: whoever may change it can write anything here."</p>
    }
    .into_any()
}

/// Kubernetes' Events about it, newest first, or why they can't be shown.
#[component]
pub fn Events(events: Result<Vec<Event>, ApiError>, now: Timestamp) -> impl IntoView {
    let events = match events {
        Ok(events) => events,
        Err(ApiError(problem)) => {
            return view! { <p class="help">{format!("Not shown. {} {}", problem.message, problem.hint)}</p> }.into_any();
        }
    };
    if events.is_empty() {
        return view! { <p class="help">"There are none now. Kubernetes keeps Events for a short time, an hour as a rule."</p> }.into_any();
    }
    let lines = events.into_iter().rev().map(|event| {
        let at = match event.at {
            Some(then) => view! { <Moment now then /> }.into_any(),
            None => view! { <span>"at an unknown time"</span> }.into_any(),
        };
        let source = if event.source.is_empty() {
            "an unnamed program".to_owned()
        } else {
            event.source
        };
        view! {
            <li>{at} <span><strong>{event.reason}</strong> " " <bdi class="written">{event.message}</bdi> <small>" from " <bdi>{source}</bdi></small></span></li>
        }
    });
    view! {
        <p class="help">"Any program may write Events, and under any name."</p>
        <ol class="acts" reversed>{lines.collect_view()}</ol>
    }
    .into_any()
}
