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

/// Says what will happen, then begins. `is_begun`: begins without a question.
#[component]
pub fn CompromiseDialog(token: TokenRef, is_begun: bool) -> impl IntoView {
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
    view! {
        <Header title=title("Is ", name, " compromised?") sentence="If its value is in the wrong hands, one click does all of this:" />
        <div class="body">
            <ol>
                <li>"The token is suspended, or deleted where it can't be suspended. The API server refuses new requests within about 10 seconds. Open streams may go on."</li>
                <li>"A successor with another value is created and revealed to you."</li>
                <li>"After 12 seconds the program checks that the API server refuses the token, then deletes it. This can't be undone."</li>
                <li>"A report lists which other tokens its holder could have read or created."</li>
            </ol>
            <RequestProblem request />
        </div>
        <footer>
            <Cancel autofocus=true />
            <button type="button" class="btn danger" disabled=move || request.is_pending() on:click=move |_| begin()>
                {move || if request.is_pending() { "Suspending…" } else { "Suspend and recreate" }}
            </button>
        </footer>
    }
    .into_any()
}
