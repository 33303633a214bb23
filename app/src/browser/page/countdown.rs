//! Counts down what ends soon: elements with the attribute [`UNTIL`]. When one has ended, the page has to be brought up to date.

use std::{cell::Cell, time::Duration};

use leptos::prelude::set_interval;

use super::{clock, dom::elements};
use crate::{browser::wording::remaining, protocol::UNTIL};

/// Seconds after an end before the page is updated: the API server needs a moment.
const GRACE: i64 = 3;

thread_local! {
    /// When the page was last updated because something had ended.
    static LAST: Cell<i64> = const { Cell::new(0) };
}

/// Starts counting, once a second. `on_end`: called when something has ended.
pub fn start(on_end: impl Fn() + 'static) {
    tick();
    set_interval(
        move || {
            let now = clock::now();
            if tick() && now - LAST.get() > 2 * GRACE {
                LAST.set(now);
                on_end();
            }
        },
        Duration::from_secs(1),
    );
}

/// Writes the remaining times. Answers whether something has ended.
pub fn tick() -> bool {
    let now = clock::now();
    let mut has_ended = false;
    for element in elements(&format!("[{UNTIL}]")) {
        let until = element
            .get_attribute(UNTIL)
            .and_then(|text| text.parse::<i64>().ok());
        let Some(until) = until else {
            continue;
        };
        let text = remaining(until - now);
        if element.text_content().as_ref() != Some(&text) {
            element.set_text_content(Some(&text));
        }
        has_ended |= until - now < -GRACE;
    }
    has_ended
}
