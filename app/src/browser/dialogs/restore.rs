//! Confirms that a token was never compromised, before it works again.

use kargo::token::TokenRef;
use leptos::prelude::*;

use super::{
    frame::{Cancel, Header, title},
    handle::Dialogs,
    request::{Request, RequestProblem},
};
use crate::browser::{notice::Notice, operations, wording};

/// Asks, then restores.
#[component]
pub fn RestoreDialog(token: TokenRef) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let request = Request::new();
    let name = token.name.clone();
    let on_restore = move |_| {
        let done = wording::is_restored(&token.name);
        request.send(operations::restore(token.clone(), true), move |()| {
            dialogs.done();
            notice.show(done);
        });
    };
    view! {
        <Header title=title("Restore ", name, "?") sentence="Somebody reported that its value is in the wrong hands." />
        <div class="body">
            <p>"A restored token is not deleted. Whoever has its value can use it at once. Restore it only if this was a false alarm."</p>
            <RequestProblem request />
        </div>
        <footer>
            <Cancel autofocus=true />
            <button type="button" class="btn danger" aria-disabled=move || request.aria_disabled() on:click=on_restore>
                {move || if request.is_pending() { "Restoring…" } else { "Restore token" }}
            </button>
        </footer>
    }
}
