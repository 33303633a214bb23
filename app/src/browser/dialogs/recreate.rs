//! Recreate: one click creates a successor under a new name, then its reveal begins. The old token works until the person has saved the new
//! value and decided about the old one.

use kargo::token::TokenRef;
use leptos::{ev, prelude::*};

use super::{
    frame::{Cancel, Header, title},
    handle::{AfterReveal, Dialog, Dialogs},
    lifetime::{Lifetime, LifetimeField},
    request::{Request, RequestProblem},
};
use crate::browser::operations;

/// Creates the successor at once; stays open only where that failed. `lifetime`: see [`Dialog::Recreate`].
#[component]
pub fn RecreateDialog(
    token: TokenRef,
    lifetime: Option<u64>,
    successor: Option<String>,
) -> impl IntoView {
    let dialogs = Dialogs::get();
    let request = Request::new();
    let name = token.name.clone();
    // Sent with the first try only: after it, the person knows of another successor.
    let successor = StoredValue::new(successor);
    let recreate = move || {
        let old = token.clone();
        let seen = successor.try_update_value(Option::take).flatten();
        let recreate = operations::recreate(token.clone(), lifetime, seen);
        request.send(recreate, move |token| {
            dialogs.open(Dialog::Reveal {
                token,
                after: AfterReveal::Retire(old),
            });
        });
    };
    recreate();
    view! {
        <Header title=title("Recreate ", name, "") sentence="" />
        <Creating request again=recreate />
    }
}

/// A successor that is being created: the next dialog follows, unless there is a problem.
#[component]
pub fn Creating(request: Request, again: impl Fn() + Clone + Send + 'static) -> impl IntoView {
    view! {
        <div class="body">
            <p role="status">{move || request.is_pending().then_some("Creating its successor…")}</p>
            <RequestProblem request />
        </div>
        <footer>
            {move || {
                let again = again.clone();
                request.problem().map(|_| view! {
                    <Cancel label="Close" />
                    <button type="button" class="btn primary" on:click=move |_| again()>"Try again"</button>
                })
            }}
        </footer>
    }
}

/// Asks for the successor's lifetime, then creates the successor.
#[component]
pub fn RecreateWithDialog(token: TokenRef, successor: Option<String>) -> impl IntoView {
    let dialogs = Dialogs::get();
    let name = token.name.clone();
    // The command is offered to those who may have Kubernetes mint tokens.
    let lifetime = Lifetime::with_mint(token.role.clone());
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if let Ok(seconds) = untrack(|| lifetime.seconds()) {
            dialogs.open(Dialog::Recreate {
                token: token.clone(),
                lifetime: Some(seconds),
                successor: successor.clone(),
            });
        }
    };
    view! {
        <form on:submit=on_submit>
            <Header title=title("Recreate ", name, "") sentence="The old token works until you decide when it retires." />
            <div class="body"><LifetimeField lifetime /></div>
            <footer>
                <Cancel />
                <button type="submit" class="btn primary" disabled=move || lifetime.seconds().is_err()>"Recreate and reveal"</button>
            </footer>
        </form>
    }
}
