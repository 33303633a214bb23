//! The one island: everything on a page that does something. The rest of a page is plain HTML. What it is made of has the folder of
//! this name.
//!
//! A button anywhere on the page opens the dialog that its attribute `data-dialog` describes ([`Dialog`] as JSON).

mod browser;
mod delete;
mod dialogs;
mod format;
mod new_token;
mod notice;
mod recreate;
mod refresh;
mod reveal;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement};

pub use dialogs::Dialog;

use self::{
    delete::DeleteDialog,
    dialogs::Dialogs,
    new_token::NewTokenDialog,
    notice::{Notice, NoticeLine},
    recreate::RecreateDialog,
    reveal::RevealDialog,
};

/// The app's one modal dialog and its notice line. The dialog is a native `<dialog>` that stays in the page while what is in it
/// changes, so that focus is trapped, restored and announced by the browser itself.
#[island]
pub fn Actions() -> impl IntoView {
    let (dialogs, notice) = (Dialogs::provide(), Notice::provide());
    let node = NodeRef::<html::Dialog>::new();

    let clicks = window_event_listener(ev::click, move |event| {
        let target = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok());
        let button = target.and_then(|target| target.closest("[data-dialog]").ok().flatten());
        let dialog = button.and_then(|button| button.get_attribute("data-dialog"));
        if let Some(dialog) = dialog.and_then(|text| serde_json::from_str::<Dialog>(&text).ok()) {
            notice.clear();
            dialogs.open(dialog);
        }
    });
    on_cleanup(move || clicks.remove());
    // Tells style sheets and tests that buttons work from now on.
    Effect::new(|| {
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute("data-hydrated", "");
        }
    });

    // The element follows the signal. A new content takes the focus, so that it is read out.
    Effect::new(move |_| {
        let (Some(element), is_open) = (node.get(), dialogs.is_open()) else {
            return;
        };
        if is_open {
            if !element.open() {
                let _ = element.show_modal();
            }
            request_animation_frame(move || {
                let first = ["[autofocus]", "h2"]
                    .into_iter()
                    .find_map(|it| element.query_selector(it).ok().flatten());
                if let Some(first) = first.and_then(|first| first.dyn_into::<HtmlElement>().ok()) {
                    let _ = first.focus();
                }
            });
        } else if element.open() {
            element.close();
        }
    });

    // Esc is refused at the key as well: browsers close a dialog at the second Esc whatever its cancel event said.
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
    // Closed by the browser: Esc, or a key of the platform's.
    let on_close = move |_| {
        if !dialogs.is_guarded() {
            dialogs.close();
        } else if let Some(element) = node.get_untracked() {
            let _ = element.show_modal();
        }
    };

    view! {
        <NoticeLine />
        <dialog node_ref=node class="dialog" aria-labelledby="dialog-title" on:keydown=on_key on:cancel=on_cancel on:close=on_close>
            {move || {
                dialogs.current().map(|dialog| match dialog {
                    Dialog::NewToken { scope, roles, role } => view! { <NewTokenDialog scope roles role /> }.into_any(),
                    Dialog::Recreate(token) => view! { <RecreateDialog token /> }.into_any(),
                    Dialog::Reveal { token, replaces } => view! { <RevealDialog token replaces /> }.into_any(),
                    Dialog::Delete(token) => view! { <DeleteDialog token /> }.into_any(),
                })
            }}
        </dialog>
    }
}
