//! Single keys: `/` goes to the search, `?` shows the list of shortcuts. Off where the person has turned them off, while they type, and while a
//! dialog is open.

use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, HtmlInputElement};

use super::page::dom::{closest, elements, target};
use crate::protocol::{HAS_SHORTCUTS, SEARCH, SHORTCUTS};

/// Listens for keys.
pub fn listen() {
    let keys = window_event_listener(ev::keydown, |event| {
        let has_modifier = event.ctrl_key() || event.alt_key() || event.meta_key();
        let is_typed = target(&event)
            .is_some_and(|it| closest(&it, "input, textarea, select, [contenteditable]").is_some());
        if has_modifier || is_typed || is_off() || !elements("dialog[open]").is_empty() {
            return;
        }
        let is_done = match event.key().as_str() {
            "/" => search(),
            "?" => list(),
            _ => return,
        };
        if is_done.is_some() {
            event.prevent_default();
        }
    });
    on_cleanup(move || keys.remove());
}

fn is_off() -> bool {
    let html = document().document_element();
    html.and_then(|html| html.get_attribute(HAS_SHORTCUTS))
        .is_none_or(|word| word != "keys")
}

fn search() -> Option<()> {
    let field = document().get_element_by_id(SEARCH)?;
    let field = field.dyn_into::<HtmlInputElement>().ok()?;
    field.focus().ok()?;
    field.select();
    Some(())
}

fn list() -> Option<()> {
    let list = document().get_element_by_id(SHORTCUTS)?;
    list.dyn_into::<HtmlElement>().ok()?.show_popover().ok()
}
