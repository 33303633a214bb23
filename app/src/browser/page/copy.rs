//! Buttons that copy what a page shows: the attribute [`COPY`].

use leptos::{ev, prelude::*, task::spawn_local};

use super::dom::{closest, target};
use crate::{browser::platform, protocol::COPY};

/// Listens for clicks on elements with [`COPY`]. `copied`: told whether the clipboard has the text.
pub fn listen(copied: impl Fn(bool) + Copy + 'static) {
    let clicks = window_event_listener(ev::click, move |event| {
        let text = target(&event)
            .and_then(|it| closest(&it, &format!("[{COPY}]")))
            .and_then(|button| button.get_attribute(COPY))
            .and_then(|text| match text.strip_prefix('#') {
                Some(id) => document().get_element_by_id(id)?.text_content(),
                None => Some(text),
            });
        if let (Some(text), Some(body)) = (text, document().body()) {
            spawn_local(async move { copied(platform::copy(&text, &body).await) });
        }
    });
    on_cleanup(move || clicks.remove());
}
