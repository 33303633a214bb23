//! Menus of rows: `<details class="menu">`. A click elsewhere or on a command closes a menu, and so does Esc.

use leptos::{ev, prelude::*};
use web_sys::Element;

use super::{
    dom::{closest, elements, first_within, target},
    focus::focus,
};

/// Listens for clicks and for Esc.
pub fn listen() {
    let clicks = window_event_listener(ev::click, |event| {
        if let Some(clicked) = target(&event) {
            close_others(&clicked);
        }
    });
    let keys = window_event_listener(ev::keydown, |event| {
        if event.key() == "Escape" {
            close_all();
        }
    });
    on_cleanup(move || {
        clicks.remove();
        keys.remove();
    });
}

/// Closes every menu but the one that was clicked into. A click on one of a menu's buttons closes that menu, too.
fn close_others(clicked: &Element) {
    let is_button = closest(clicked, "button").is_some();
    for menu in elements("details.menu[open]") {
        if is_button || !menu.contains(Some(clicked)) {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// Closes the open menu and gives the focus back to the control that opened it.
fn close_all() {
    for menu in elements("details.menu[open]") {
        let _ = menu.remove_attribute("open");
        if let Some(summary) = first_within(&menu, "summary") {
            focus(&summary);
        }
    }
}
