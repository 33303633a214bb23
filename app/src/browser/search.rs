//! Searches while somebody types: the address gets the words, and the page is brought up to date. Focus and cursor stay. The first key is answered at
//! once; keys that come before its answer are answered together after it.

use std::cell::Cell;

use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{HtmlInputElement, Url};

use super::page::{dom::target, refresh};
use crate::protocol::{SEARCH, SEARCHED};

thread_local! {
    static STATUS: Cell<Status> = const { Cell::new(Status::Idle) };
    /// Whether the address of this search is an entry of the history already: *Back* leads to the page before the first letter.
    static IS_ENTERED: Cell<bool> = const { Cell::new(false) };
}

/// Whether an answer is awaited.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Status {
    Idle,
    Asking,
    /// A key came meanwhile.
    AskingAgain,
}

/// Listens for the field.
pub fn listen() {
    let inputs = window_event_listener(ev::input, |event| {
        let field = target(&event).filter(|field| field.id() == SEARCH);
        if field.is_none() {
            return;
        }
        search_soon();
    });
    // The page shows what was found already: loading it again would only take the focus.
    let submits = window_event_listener(ev::submit, |event| {
        let form = target(&event);
        if form.is_some_and(|form| form.matches("form[role=search]").unwrap_or(false)) {
            event.prevent_default();
            search_soon();
        }
    });
    let moves = window_event_listener(ev::popstate, |_| {
        IS_ENTERED.set(false);
        show_address();
        refresh::refresh();
    });
    on_cleanup(move || {
        inputs.remove();
        submits.remove();
        moves.remove();
    });
}

/// Writes the words of the address into the field.
fn show_address() {
    let address = window()
        .location()
        .href()
        .and_then(|address| Url::new(&address));
    let words = address
        .ok()
        .and_then(|address| address.search_params().get(SEARCHED));
    let field = document().get_element_by_id(SEARCH);
    if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) {
        field.set_value(&words.unwrap_or_default());
    }
}

/// Searches now, or as soon as the answer to an earlier key is shown.
fn search_soon() {
    if STATUS.get() != Status::Idle {
        STATUS.set(Status::AskingAgain);
        return;
    }
    spawn_local(async {
        loop {
            STATUS.set(Status::Asking);
            if write_address() {
                refresh::update().await;
            }
            if STATUS.get() == Status::Asking {
                break;
            }
        }
        STATUS.set(Status::Idle);
    });
}

/// Writes what the field has now into the address. Answers whether that was possible.
fn write_address() -> bool {
    let field = document().get_element_by_id(SEARCH);
    let Some(field) = field.and_then(|field| field.dyn_into::<HtmlInputElement>().ok()) else {
        return false;
    };
    set_address(field.value().trim()).is_ok()
}

fn set_address(words: &str) -> Result<(), JsValue> {
    let address = Url::new(&window().location().href()?)?;
    let parameters = address.search_params();
    parameters.delete("page");
    if words.is_empty() {
        parameters.delete(SEARCHED);
    } else {
        parameters.set(SEARCHED, words);
    }
    let query = parameters.to_string().as_string().unwrap_or_default();
    // An address has no empty parameters: the server would redirect.
    let full = query.split('&').filter(|pair| {
        pair.split_once('=')
            .is_some_and(|(_, value)| !value.is_empty())
    });
    let query = full.collect::<Vec<_>>().join("&");
    // The router of the server reads a plus sign as one.
    address.set_search(&query.replace('+', "%20"));
    if address.href() == window().location().href()? {
        return Ok(());
    }
    let history = window().history()?;
    if IS_ENTERED.replace(true) {
        history.replace_state_with_url(&JsValue::NULL, "", Some(&address.href()))
    } else {
        history.push_state_with_url(&JsValue::NULL, "", Some(&address.href()))
    }
}
