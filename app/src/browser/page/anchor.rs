//! Keeps what a person is at in its place while the page around it changes: the row under the pointer, or the one with the focus.

use std::cell::Cell;

use leptos::{ev, prelude::*};
use web_sys::Element;

use super::dom::row_of;

thread_local! {
    /// Where the pointer is in the window; `None` before it moved.
    static POINTER: Cell<Option<(f32, f32)>> = const { Cell::new(None) };
}

/// Follows the pointer.
#[expect(clippy::cast_precision_loss, reason = "pixels of a window")]
pub fn listen() {
    let moves = window_event_listener(ev::pointermove, |event| {
        POINTER.set(Some((event.client_x() as f32, event.client_y() as f32)));
    });
    on_cleanup(move || moves.remove());
}

/// A row and where it was in the window.
pub struct Anchor(Option<(Element, f64)>);

impl Anchor {
    /// Remembers the place of the row that the person is at.
    pub fn set() -> Self {
        let focused = document().active_element().and_then(|it| row_of(&it));
        let row = focused.or_else(|| {
            let (x, y) = POINTER.get()?;
            row_of(&document().element_from_point(x, y)?)
        });
        Self(row.map(|row| {
            let top = top(&row);
            (row, top)
        }))
    }

    /// Scrolls so that the row is where it was. A row that is gone moves nothing.
    pub fn hold(self) {
        if let Some((row, before)) = self.0
            && row.is_connected()
        {
            let moved = top(&row) - before;
            if moved != 0.0 {
                window().scroll_by_with_x_and_y(0.0, moved);
            }
        }
    }
}

fn top(row: &Element) -> f64 {
    row.get_bounding_client_rect().top()
}
