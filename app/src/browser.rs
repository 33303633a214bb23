//! What runs in the browser. The rest of a page is plain HTML that the server renders, and nothing of it is hydrated: [`start`] mounts the
//! app's dialog and the foot with its notice into `<div id="actions">`, and listens on the window for the page's buttons
//! ([`crate::protocol`]).
//!
//! From below: `operations` calls the server functions; `page` reads and updates the page; `notice`, `bulk` and `undo` make the foot;
//! `dialogs` holds one dialog a file; `access` prepares pasted claims; `live` hears of changes; `search` searches while somebody types; `shortcuts` listens for
//! single keys; `dispatch` runs the commands of buttons.

mod access;
mod bulk;
mod dialogs;
mod dispatch;
mod live;
mod notice;
mod operations;
mod page;
mod platform;
mod search;
mod shortcuts;
mod undo;
mod wording;

use leptos::{prelude::*, server_fn::client::set_server_url};
use wasm_bindgen::JsCast;

use self::{
    bulk::{bar::BulkBar, selection::Selection},
    dialogs::{DialogHost, handle::Dialogs},
    dispatch::Dispatcher,
    notice::{Notice, NoticeLine},
    page::{anchor, clock, copy, countdown, dom, press, refresh},
};
use crate::{
    base_path,
    protocol::{BASE_PATH, READY},
};

/// Starts the browser's code. Called once by the page's script.
pub fn start() {
    read_base_path();
    let place = document().get_element_by_id("actions");
    if let Some(place) = place.and_then(|place| place.dyn_into().ok()) {
        leptos::mount::mount_to(place, Browser).forget();
    }
}

/// Takes the base path from the page, for links and for server functions.
fn read_base_path() {
    let html = document().document_element();
    if let Some(path) = html.and_then(|html| html.get_attribute(BASE_PATH)) {
        base_path::set(&path);
        set_server_url(base_path::get());
    }
}

/// The dialog, and the foot of the page: one stack, so that nothing covers anything.
#[component]
fn Browser() -> impl IntoView {
    let (dialogs, notice, selection) =
        (Dialogs::provide(), Notice::provide(), Selection::provide());
    press::listen();
    selection.listen();
    Dispatcher::new(dialogs, notice, selection).listen();
    copy::listen(move |is_copied| {
        notice.show(if is_copied {
            wording::COPIED
        } else {
            wording::COPY_REFUSED
        });
    });
    refresh::hook(
        move || {
            dom::enable_controls();
            selection.show();
            live::read();
        },
        move |problem| notice.add_problem(problem),
    );
    access::listen();
    anchor::listen();
    search::listen();
    shortcuts::listen();
    live::start();
    clock::read();
    countdown::start(refresh::refresh);
    // Tells style sheets and tests that buttons work from now on.
    Effect::new(|| {
        dom::enable_controls();
        if let Some(html) = document().document_element() {
            let _ = html.set_attribute(READY, "");
        }
    });
    view! {
        <DialogHost />
        <div class="foot">
            <BulkBar />
            <NoticeLine undo=move |tokens| undo::undo(notice, tokens) />
        </div>
    }
}
