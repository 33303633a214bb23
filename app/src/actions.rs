//! Everything on a page that does something. The rest of a page is plain HTML. What it is made of has the folder of this name.
//! The server only knows the words that it writes into the page: [`Act`], [`Dialog`], [`Facts`].
//!
//! A button anywhere on the page opens the dialog that its attribute `data-dialog` describes ([`Dialog`] as JSON), or does what its
//! attribute `data-act` says ([`Act`]) to the token of its row (`data-handle`).

mod acts;
mod browser;
mod bulk;
mod clock;
mod compromise;
mod copying;
mod delete;
mod dialogs;
mod format;
mod lifetime;
mod new_token;
mod notes;
mod notice;
mod page;
mod recreate;
mod refresh;
mod restore;
mod retire;
mod reveal;
mod suspend;

use leptos::{ev, html, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlElement, HtmlInputElement};

pub use acts::Act;
pub use dialogs::{Dialog, Then};
pub use page::Facts;

use self::{
    bulk::{BulkBar, Picked},
    compromise::{Aftermath, CompromiseDialog, Finished},
    delete::DeleteDialog,
    dialogs::Dialogs,
    new_token::NewTokenDialog,
    notes::NotesDialog,
    notice::{Notice, NoticeLine},
    recreate::{RecreateDialog, RecreateWithDialog},
    restore::RestoreDialog,
    retire::RetireDialog,
    reveal::RevealDialog,
    suspend::SuspendDialog,
};

/// Starts it all, in the place that the page has for it.
#[cfg(feature = "browser")]
pub fn start() {
    let place = document().get_element_by_id("actions");
    if let Some(place) = place.and_then(|place| place.dyn_into().ok()) {
        leptos::mount::mount_to(place, Actions).forget();
    }
}

/// The app's one modal dialog and its notice line. The dialog is a native `<dialog>` that stays in the page while what is in it
/// changes, so that focus is trapped, restored and announced by the browser itself.
#[component]
pub fn Actions() -> impl IntoView {
    let (dialogs, notice, picked) = (Dialogs::provide(), Notice::provide(), Picked::provide());
    Finished::provide();
    let node = NodeRef::<html::Dialog>::new();

    let clicks = window_event_listener(ev::click, move |event| {
        let target = event.target().and_then(|target| target.dyn_into().ok());
        if let Some(target) = target {
            clicked(&target, event.shift_key(), dialogs, notice, picked);
        }
    });
    on_cleanup(move || clicks.remove());
    let keys = window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
            page::close_all_menus();
        }
    });
    on_cleanup(move || keys.remove());
    refresh::after(move || picked.show());
    copying::listen(notice);
    // Tells style sheets and tests that buttons work from now on.
    Effect::new(|| {
        clock::start();
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
        <BulkBar />
        <dialog node_ref=node class="dialog" aria-labelledby="dialog-title" on:keydown=on_key on:cancel=on_cancel on:close=on_close>
            {move || {
                dialogs.current().map(|dialog| match dialog {
                    Dialog::NewToken { scope, roles, role } => view! { <NewTokenDialog scope roles role /> }.into_any(),
                    Dialog::Recreate { token, lifetime } => view! { <RecreateDialog token lifetime /> }.into_any(),
                    Dialog::RecreateWith(token) => view! { <RecreateWithDialog token /> }.into_any(),
                    Dialog::Reveal { token, then } => view! { <RevealDialog token then /> }.into_any(),
                    Dialog::Suspend(token) => view! { <SuspendDialog token /> }.into_any(),
                    Dialog::Restore(token) => view! { <RestoreDialog token /> }.into_any(),
                    Dialog::Retire(token) => view! { <RetireDialog token /> }.into_any(),
                    Dialog::Compromise { token, is_begun } => view! { <CompromiseDialog token is_begun /> }.into_any(),
                    Dialog::Aftermath { old, before } => view! { <Aftermath old before /> }.into_any(),
                    Dialog::Notes { token, note, contact } => view! { <NotesDialog token note contact /> }.into_any(),
                    Dialog::Delete(token) => view! { <DeleteDialog token /> }.into_any(),
                })
            }}
        </dialog>
    }
}

/// A click anywhere on the page: does what the button says.
fn clicked(target: &Element, with_shift: bool, dialogs: Dialogs, notice: Notice, picked: Picked) {
    page::close_menus(target);
    if let Some(pick) = target.dyn_ref::<HtmlInputElement>()
        && pick.class_list().contains("pick")
    {
        picked.clicked(pick, with_shift);
    }
    let attribute = |name: &str| {
        let button = target.closest(&format!("[{name}]")).ok().flatten()?;
        button.get_attribute(name)
    };
    let dialog = attribute("data-dialog");
    if let Some(dialog) = dialog.and_then(|text| serde_json::from_str::<Dialog>(&text).ok()) {
        notice.clear();
        dialogs.open(dialog);
    }
    let act = attribute("data-act").and_then(|word| Act::from_word(&word));
    if let (Some(act), Some(token)) = (act, page::token_of(target)) {
        notice.clear();
        acts::perform(act, token, dialogs, notice);
    }
}
