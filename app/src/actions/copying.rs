//! Copies what a page shows: a button's attribute `data-copy` selects the element whose text is copied.

use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::Element;

use super::{browser, notice::Notice};

/// Listens for such buttons, as long as its owner lives.
pub fn listen(notice: Notice) {
    let clicks = window_event_listener(ev::click, move |event| {
        let text = event
            .target()
            .and_then(|target| target.dyn_into::<Element>().ok())
            .and_then(|target| target.closest("[data-copy]").ok().flatten())
            .and_then(|button| button.get_attribute("data-copy"))
            .and_then(|selector| document().query_selector(&selector).ok().flatten())
            .and_then(|element| element.text_content());
        let (Some(text), Some(body)) = (text, document().body()) else {
            return;
        };
        spawn_local(async move {
            notice.say(if browser::copy(&text, &body).await {
                "Copied."
            } else {
                "The browser refused to copy: select the text and copy it by hand."
            });
        });
    });
    on_cleanup(move || clicks.remove());
}
