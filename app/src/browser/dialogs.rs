//! The app's one modal dialog: a native `<dialog>` that stays in the page while its content changes, so that the browser itself traps the
//! focus and announces the title.

mod compromise;
mod delete;
mod find_leaked;
mod frame;
pub mod handle;
mod lifetime;
mod new_token;
mod note_fields;
mod notes;
mod recreate;
mod request;
mod restore;
mod retire;
mod reveal;
mod suspend;

use leptos::{ev, html, prelude::*};
use web_sys::HtmlDialogElement;

use self::{
    compromise::CompromiseDialog,
    delete::DeleteDialog,
    find_leaked::FindLeakedDialog,
    handle::{Dialog, Dialogs},
    new_token::NewTokenDialog,
    notes::NotesDialog,
    recreate::{RecreateDialog, RecreateWithDialog},
    restore::RestoreDialog,
    retire::RetireDialog,
    reveal::RevealDialog,
    suspend::SuspendDialog,
};
use super::page::{dom::first_within, focus::focus, press};

/// The dialog, open or not.
#[component]
pub fn DialogHost() -> impl IntoView {
    let dialogs = Dialogs::get();
    let node = NodeRef::<html::Dialog>::new();
    // The element follows the handle. New content takes the focus, so that it is read out.
    Effect::new(move |_| {
        let (Some(element), is_open) = (node.get(), dialogs.is_open()) else {
            return;
        };
        press::note_change();
        if is_open {
            if !element.open() {
                let _ = element.show_modal();
            }
            request_animation_frame(move || focus_content(&element));
        } else {
            if element.open() {
                element.close();
            }
            dialogs.return_focus();
        }
    });
    // Esc is refused at the key as well: browsers close a dialog at the second Esc whatever the cancel event said.
    let on_key = move |event: ev::KeyboardEvent| {
        if event.key() == "Escape" && dialogs.is_guarded() {
            event.prevent_default();
        }
    };
    let on_cancel = move |event: ev::Event| {
        if dialogs.is_guarded() {
            event.prevent_default();
        }
    };
    // The browser closed the dialog: by Esc, or by a gesture of the platform.
    let on_close = move |_| {
        let Some(element) = node.get_untracked().filter(|element| !element.open()) else {
            return;
        };
        if dialogs.is_guarded() {
            let _ = element.show_modal();
        } else if untrack(|| dialogs.is_open()) {
            dialogs.cancel();
        }
    };
    view! {
        <dialog node_ref=node class="dialog" aria-labelledby="dialog-title" on:keydown=on_key on:cancel=on_cancel on:close=on_close>
            {move || dialogs.current().map(content)}
        </dialog>
    }
}

fn focus_content(dialog: &HtmlDialogElement) {
    let first = ["[autofocus]", "h2"]
        .into_iter()
        .find_map(|it| first_within(dialog, it));
    if let Some(first) = first {
        focus(&first);
    }
}

fn content(dialog: Dialog) -> AnyView {
    match dialog {
        Dialog::NewToken { role } => view! { <NewTokenDialog role /> }.into_any(),
        Dialog::Recreate {
            token,
            lifetime,
            successor,
        } => view! { <RecreateDialog token lifetime successor /> }.into_any(),
        Dialog::RecreateWith { token, successor } => {
            view! { <RecreateWithDialog token successor /> }.into_any()
        }
        Dialog::Reveal { token, after } => view! { <RevealDialog token after /> }.into_any(),
        Dialog::Suspend(token) => view! { <SuspendDialog token /> }.into_any(),
        Dialog::Restore(token) => view! { <RestoreDialog token /> }.into_any(),
        Dialog::Retire(token) => view! { <RetireDialog token /> }.into_any(),
        Dialog::Compromise {
            token,
            is_begun,
            can_suspend,
        } => view! { <CompromiseDialog token is_begun can_suspend /> }.into_any(),
        Dialog::Notes { token, texts } => view! { <NotesDialog token texts /> }.into_any(),
        Dialog::Delete(token) => view! { <DeleteDialog token /> }.into_any(),
        Dialog::FindLeaked { system_namespace } => {
            view! { <FindLeakedDialog system_namespace /> }.into_any()
        }
    }
}
