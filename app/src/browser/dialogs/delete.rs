//! The confirmation before a token is deleted permanently.

use kargo::token::TokenRef;
use leptos::prelude::*;

use super::{
    frame::{Cancel, Header, title},
    handle::Dialogs,
    request::{Request, RequestProblem},
};
use crate::browser::{
    notice::Notice,
    operations,
    wording::{self, REFUSED_SOON},
};

/// Asks, then deletes.
#[component]
pub fn DeleteDialog(token: TokenRef) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let request = Request::new();
    let (name, role) = (token.name.clone(), token.role.clone());
    let on_delete = move |_| {
        let done = wording::is_deleted(&token.name);
        let delete = operations::delete_permanently(token.clone());
        request.send(delete, move |()| {
            dialogs.done();
            notice.show(done);
        });
    };
    view! {
        <Header title=title("Delete ", name, " permanently?") sentence="This can't be undone." />
        <div class="body">
            <p>"Whatever still uses this token of " <strong>{role}</strong> " stops working. " {REFUSED_SOON}</p>
            <RequestProblem request />
        </div>
        <footer>
            <Cancel autofocus=true />
            <button type="button" class="btn danger" aria-disabled=move || request.aria_disabled() on:click=on_delete>
                {move || if request.is_pending() { "Deleting…" } else { "Delete permanently" }}
            </button>
        </footer>
    }
}
