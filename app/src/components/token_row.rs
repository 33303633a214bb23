//! One token in a table: what it is, and what can be done to it.

use jiff::Timestamp;
use kargo::{
    scope::Scope,
    token::{Reveal, TokenState, TokenSummary},
};
use leptos::prelude::*;

use super::time::{Age, day};
use crate::island::Dialog;

/// A row. `me`: the signed-in person's user name, who alone may reveal what they created. `stray`: its role is none of the scope's,
/// so there is no successor to be had.
#[component]
pub fn TokenRow(
    scope: Scope,
    token: TokenSummary,
    now: Timestamp,
    me: Option<String>,
    stray: bool,
) -> impl IntoView {
    let mine = token.created_by.is_some() && token.created_by == me;
    let last_used = token
        .last_used
        .as_deref()
        .map_or("never".to_owned(), |last| day(now, last));
    // Anybody who may write the annotation could write "you" into it: the real one is marked.
    let by = match token.created_by.clone() {
        Some(_) if mine => view! { <em class="you">"you"</em> }.into_any(),
        Some(user) => view! { <bdi>{user}</bdi> }.into_any(),
        None => view! { "—" }.into_any(),
    };
    let managed = if token.is_managed() {
        view! { "Kargo" }.into_any()
    } else {
        let missing: Vec<_> = token.missing.iter().map(|m| m.text()).collect();
        let why = format!(
            "Kargo doesn't manage this token, so it is not touched here: it has no {}.",
            missing.join(" and no ")
        );
        let title = why.clone();
        view! { <span class="unmanaged" title=title>"unmanaged"</span> <span class="visually-hidden">": " {why}</span> }.into_any()
    };
    let links = links(&token);
    let name = token.name.to_string();
    let state_of = token.clone();
    let (used, created) = (token.last_used.clone(), token.created);
    view! {
        <tr data-token=name.clone()>
            <th scope="row" data-label="Name"><code>{name.clone()}</code>{links}</th>
            <td data-label="State"><State token=state_of mine /></td>
            <td data-label="Last used" title=used>{last_used}</td>
            <td data-label="Age"><Age now then=created /></td>
            <td data-label="Managed">{managed}</td>
            <td data-label="Created by">{by}</td>
            <td class="row-actions"><Actions scope token mine stray /></td>
        </tr>
    }
}

/// Which token it replaces, or is replaced by.
fn links(token: &TokenSummary) -> impl IntoView + use<> {
    let line = |what: &str, name: &Option<_>| {
        name.as_ref().map(
            |name: &kargo::name::TokenName| view! { <small>{format!("{what} {name}")}</small> },
        )
    };
    (
        line("replaces", &token.replaces),
        line("replaced by", &token.replaced_by),
    )
}

#[component]
fn State(token: TokenSummary, mine: bool) -> impl IntoView {
    let waits_for = || {
        if mine {
            "you".to_owned()
        } else {
            token
                .created_by
                .clone()
                .unwrap_or_else(|| "its creator".to_owned())
        }
    };
    let (class, text, why) = match &token.state {
        TokenState::Preparing => ("preparing", "preparing", "Kubernetes has not written the value yet.".to_owned()),
        TokenState::Unrevealed => ("unrevealed", "unrevealed", format!("Waits for {} to reveal it, once.", waits_for())),
        TokenState::Suspended { since } => ("suspended", "suspended", format!("The API server refuses it (since {since}).")),
        TokenState::Active => match &token.reveal {
            Some(Reveal::Claimed { .. }) => (
                "unconfirmed",
                "perhaps never seen",
                "Its value was sent once, and nobody said that it was saved. If it is lost, recreate the token.".to_owned(),
            ),
            _ => ("active", "active", String::new()),
        },
    };
    view! {
        <span class=format!("state state-{class}") title=why.clone()>{text}</span>
        {(!why.is_empty()).then(|| view! { <span class="visually-hidden">": " {why}</span> })}
    }
}

#[component]
fn Actions(scope: Scope, token: TokenSummary, mine: bool, stray: bool) -> impl IntoView {
    if !token.is_managed() {
        return ().into_any();
    }
    let (name, handle) = (token.name.to_string(), token.handle(&scope));
    let reveal = (mine && matches!(token.reveal, Some(Reveal::Pending))).then(|| {
        let dialog = Dialog::Reveal { token: handle.clone(), replaces: None };
        let label = format!("Reveal {name} once");
        view! { <button type="button" class="primary" aria-label=label data-dialog=dialog.attribute()>"Reveal once"</button> }
    });
    let recreate = (!stray).then(|| {
        let dialog = Dialog::Recreate(handle.clone()).attribute();
        let label = format!("Recreate {name}");
        view! { <button type="button" aria-label=label data-dialog=dialog>"Recreate"</button> }
    });
    let delete = Dialog::Delete(handle).attribute();
    view! {
        {reveal}
        {recreate}
        <button type="button" class="delete" aria-label=format!("Delete {name}") data-dialog=delete>"Delete"</button>
    }
    .into_any()
}
