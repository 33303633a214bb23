//! One token in a table: what it is, and what can be done to it. What a button does, its attribute `data-act` says; to which token, the
//! row's `data-handle` (see [`crate::actions`]).

use std::sync::Arc;

use kargo::token::{Due, Reveal, TokenState, TokenSummary, day as day_of};
use leptos::prelude::*;

use super::{
    listing::Listing,
    time::{Age, Countdown, Moment, day},
    token_state::{StateWord, stated},
};
use crate::actions::{Act, Dialog, Then};

/// A row. `stray`: its role is none of the scope's, so there is no successor to be had.
#[component]
pub fn TokenRow(listing: Arc<Listing>, token: TokenSummary, stray: bool) -> impl IntoView {
    let now = listing.now;
    let mine = listing.is_mine(&token);
    let last_used = match &token.last_used {
        Some(last) => day(now, last),
        None if token.is_expiring() => "not tracked".to_owned(),
        None => "never".to_owned(),
    };
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
    let handle = token.handle(&listing.scope);
    let address = format!("/{}/tokens/{}", handle.scope, handle.name);
    let handle_json = serde_json::to_string(&handle).unwrap_or_default();
    let name = token.name.to_string();
    let (used, created) = (token.last_used.clone(), token.created);
    let remarks = remarks(&listing, &token);
    let pick = token.is_managed().then(|| {
        view! { <input type="checkbox" class="pick needs-js" aria-label=format!("Select {name}") /> }
    });
    view! {
        <tr data-token=name.clone() data-handle=handle_json>
            <td class="picks">{pick}</td>
            <th scope="row" data-label="Name"><a href=address><code>{name.clone()}</code></a>{remarks}</th>
            <td data-label="State"><State listing=listing.clone() token=token.clone() /></td>
            <td data-label="Last used" title=used>{last_used}</td>
            <td data-label="Age"><Age now then=created /></td>
            <td data-label="Managed">{managed}</td>
            <td data-label="Created by">{by}</td>
            <td class="row-actions"><Actions listing token stray /></td>
        </tr>
    }
    .into_any()
}

/// What else there is to know, a line each: its place in a rotation, its end, and what needs attention.
fn remarks(listing: &Listing, token: &TokenSummary) -> impl IntoView + use<> {
    let now = listing.now;
    let mut quiet = Vec::new();
    let mut loud = Vec::new();
    if let Some(name) = &token.replaces {
        quiet.push(format!("replaces {name}"));
    }
    if let Some(name) = &token.replaced_by {
        match listing.successors.get(name) {
            None => loud.push(format!("its successor {name} is gone")),
            Some(created) => {
                quiet.push(format!("replaced by {name}"));
                // Uses are noted by the day: one on the day of the succession may have been before it.
                if token.was_used_after(&day_of(*created)) {
                    loud.push("still used since its successor is there".to_owned());
                }
            }
        }
    }
    if token.was_tried_since_suspension() {
        loud.push("somebody has tried it since it was suspended".to_owned());
    }
    if token.is_compromised && !matches!(token.state, TokenState::Suspended { .. }) {
        loud.push(
            "compromised, and not refused: delete it, or restore it if that isn't so".to_owned(),
        );
    }
    if token.is_terminating {
        loud.push("being removed by Kubernetes, once its finalizers are done".to_owned());
    }
    if let Some(tool) = &token.kept_by {
        loud.push(format!(
            "kept by {tool}, which may bring it back when it is deleted"
        ));
    }
    if listing.is_own(&token.name) {
        quiet.push("you are signed in with it".to_owned());
    }
    if token.delete_after.is_some() && !matches!(token.state, TokenState::Deleting { .. }) {
        loud.push(
            "was to be deleted, but somebody has lifted its suspension: not deleted".to_owned(),
        );
    }
    let expires = (!matches!(token.state, TokenState::Expired { .. }))
        .then_some(token.expires)
        .flatten()
        .map(|then| view! { <small>"expires " <Moment now then /></small> });
    let retires = token.retire_after.map(|then| {
        if then > now {
            view! { <small>"retires " <Moment now then /></small> }.into_any()
        } else {
            view! { <small class="loud">"its retirement is due"</small> }.into_any()
        }
    });
    let lines = |texts: Vec<String>, class: Option<&'static str>| {
        texts
            .into_iter()
            .map(move |text| view! { <small class=class>{text}</small> })
            .collect_view()
    };
    (
        lines(quiet, None),
        expires,
        retires,
        lines(loud, Some("loud")),
    )
}

#[component]
fn State(listing: Arc<Listing>, token: TokenSummary) -> impl IntoView {
    let now = listing.now;
    let countdown = match token.state {
        TokenState::Deleting { until } if until > now => {
            Some(view! { <small><Countdown now until /></small> })
        }
        _ => None,
    };
    let reason = token
        .suspension
        .as_ref()
        .filter(|s| !s.reason.is_empty() && matches!(token.state, TokenState::Suspended { .. }))
        .map(|s| view! { <small><bdi>{s.reason.clone()}</bdi></small> });
    view! {
        <StateWord stated=stated(&token, now, listing.me.as_deref()) />
        {countdown}
        {reason}
    }
}

/// A button of a row.
fn button(act: Act, text: &'static str, name: &str, class: &'static str) -> AnyView {
    // Without what only eyes understand.
    let label = format!("{} {name}", text.trim_end_matches('…'));
    view! { <button type="button" class=class aria-label=label data-act=act.word()>{text}</button> }
        .into_any()
}

/// The button of the one reveal. What its rotation was begun for comes after it, also when it was interrupted.
fn reveal_button(listing: &Listing, token: &TokenSummary) -> AnyView {
    let then = match listing.replaced.get(&token.name).cloned() {
        None => Then::Nothing,
        Some(old) if old.is_compromised => Then::Delete(old.token),
        Some(old) => Then::Retire(old.token),
    };
    let token = token.handle(&listing.scope);
    let label = format!("Reveal {} once", token.name);
    let dialog = Dialog::Reveal { token, then }.attribute();
    view! { <button type="button" class="primary" aria-label=label data-dialog=dialog>"Reveal once"</button> }
        .into_any()
}

/// What can be done to a token, by those who may.
#[component]
pub fn Actions(listing: Arc<Listing>, token: TokenSummary, stray: bool) -> impl IntoView {
    if !token.is_managed() || token.is_terminating {
        return ().into_any();
    }
    let (can, now) = (&listing.abilities, listing.now);
    let name = token.name.to_string();
    let own = listing.is_own(&token.name);
    let mut row = Vec::new();
    let mut more = Vec::new();

    let is_deleting = matches!(token.state, TokenState::Deleting { .. });
    let due = token.due(now);
    let is_suspended = matches!(token.state, TokenState::Suspended { .. });
    let is_refused = is_suspended || is_deleting;
    let is_compromised = token.is_compromised && is_suspended;
    match due {
        // Without a successor, nothing would do its job any more.
        _ if is_compromised && token.replaced_by.is_none() && can.create && !stray && !own => {
            row.push(button(Act::ReplaceCompromised, "Go on", &name, "primary"));
        }
        _ if !can.delete || own => {}
        _ if is_compromised => row.push(button(Act::FinishCompromise, "Finish", &name, "primary")),
        Some(Due::Expiry) => row.push(button(Act::Finish, "Remove", &name, "primary")),
        Some(_) => row.push(button(Act::Finish, "Finish", &name, "primary")),
        None => {}
    }
    let restore = if token.is_compromised {
        Act::RestoreCompromised
    } else {
        Act::Restore
    };
    if can.patch && (is_deleting || token.delete_after.is_some()) {
        let text = if due.is_some() { "Restore" } else { "Undo" };
        row.push(button(restore, text, &name, ""));
    }
    if listing.is_mine(&token)
        && matches!(token.reveal, Some(Reveal::Pending))
        && !is_refused
        && due.is_none()
    {
        row.push(reveal_button(&listing, &token));
    }
    let has_lifted = token.delete_after.is_some();
    if can.patch && !is_deleting && !has_lifted && (is_suspended || token.is_compromised) {
        row.push(button(restore, "Restore", &name, ""));
    }
    // One that works beside its successor waits for somebody to decide about it.
    let is_replaced = token.replaced_by.is_some() && !own && !is_refused;
    let is_undecided = is_replaced && token.retire_after.is_none();
    if can.create && !stray && !is_deleting && !is_compromised {
        let place = if is_undecided { &mut more } else { &mut row };
        place.push(button(Act::Recreate, "Recreate", &name, ""));
        if can.mint {
            more.push(button(
                Act::RecreateWith,
                "Recreate with another lifetime…",
                &name,
                "",
            ));
        }
    }
    if can.can_suspend() && !is_refused && !token.is_expiring() && !own {
        more.push(button(Act::Suspend, "Suspend…", &name, ""));
    }
    if can.patch && is_replaced {
        let place = if is_undecided { &mut row } else { &mut more };
        place.push(button(Act::Retire, "When it retires…", &name, ""));
    }
    if can.delete && !own && !matches!(due, Some(Due::Deletion | Due::Expiry)) {
        let undo = can.can_suspend()
            && listing.policy.undo_window > 0
            && !token.is_expiring()
            && !token.is_compromised;
        if is_deleting || is_compromised || undo {
            // Takes nothing but the right to delete, whatever somebody has made of the Secret's labels and annotations.
            more.push(button(
                Act::DeleteAtOnce,
                "Delete at once…",
                &name,
                "delete",
            ));
        }
        if !is_deleting && !is_compromised {
            let act = if undo {
                Act::Delete
            } else {
                Act::ConfirmDelete
            };
            row.push(button(act, "Delete", &name, "delete"));
        }
    }
    if can.patch && can.create && !stray && !own && !is_compromised {
        more.push(button(Act::Compromise, "Compromised…", &name, "delete"));
    }
    let more = (!more.is_empty()).then(|| {
        view! {
            <details class="menu needs-js">
                <summary aria-label=format!("More for {name}")>"⋯"</summary>
                <div class="menu-items">{more}</div>
            </details>
        }
    });
    view! { {row} {more} }.into_any()
}
