//! A token whose value is in the wrong hands: one click suspends it and creates its successor. The report follows after the reveal.

use kargo::token::TokenRef;
use leptos::prelude::*;

use super::{
    frame::{Cancel, Header, title},
    handle::{AfterReveal, Dialog, Dialogs},
    recreate::Creating,
    request::{Request, RequestProblem},
};
use crate::browser::{operations, page::clock};

/// Steps for a token that can be suspended.
const SUSPENDED: &[&str] = &[
    "The token is suspended. The API server refuses new requests within about 10 seconds. Open streams may go on.",
    "A successor with another value is created and revealed to you.",
    "After 12 seconds the program checks that the API server refuses the token, then deletes it. This can't be undone.",
    "A report lists which other tokens its holder could have read or created.",
];
/// Steps for a token that can't be suspended.
const DELETED: &[&str] = &[
    "The token is deleted at once, because it can't be suspended. This can't be undone.",
    "A successor with another value is created and revealed to you.",
    "A report lists which other tokens its holder could have read or created.",
];

/// Says what will happen, then begins. `is_begun`: begins without a question. `can_suspend`: see [`Dialog::Compromise`].
#[component]
pub fn CompromiseDialog(token: TokenRef, is_begun: bool, can_suspend: bool) -> impl IntoView {
    let dialogs = Dialogs::get();
    let request = Request::new();
    let name = token.name.clone();
    let begin = move || {
        let old = token.clone();
        request.send(operations::compromise(token.clone()), move |token| {
            dialogs.open(Dialog::Reveal {
                token,
                after: AfterReveal::Report {
                    token: old,
                    since: clock::now(),
                },
            });
        });
    };
    if is_begun {
        begin();
        return view! {
            <Header title=title("Replace ", name, "") sentence="" />
            <Creating request again=begin />
        }
        .into_any();
    }
    let (steps, label, pending) = if can_suspend {
        (SUSPENDED, "Suspend and recreate", "Suspending…")
    } else {
        (DELETED, "Delete and recreate", "Deleting…")
    };
    let steps = steps.iter().map(|step| view! { <li>{*step}</li> });
    view! {
        <Header title=title("Is ", name, " compromised?") sentence="If its value is in the wrong hands, one click does all of this:" />
        <div class="body">
            <ol>{steps.collect_view()}</ol>
            <RequestProblem request />
        </div>
        <footer>
            <Cancel autofocus=true />
            <button type="button" class="btn danger" aria-disabled=move || request.aria_disabled() on:click=move |_| begin()>
                {move || if request.is_pending() { pending } else { label }}
            </button>
        </footer>
    }
    .into_any()
}
