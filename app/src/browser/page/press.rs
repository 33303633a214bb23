//! Presses that a person didn't mean: the second half of a double click that hits a control which has just appeared, and the repetitions
//! of a key that is held.

use std::cell::{Cell, RefCell};

use leptos::prelude::window;
use wasm_bindgen::{JsCast, prelude::Closure};
use web_sys::{Element, KeyboardEvent, MouseEvent};

use super::dom::{closest, target};
use crate::{browser::platform::milliseconds, protocol::COMMAND};

/// A control ignores presses for this many milliseconds after another control was pressed in the same place, or after it took that
/// control's place.
const PAUSE: f64 = 700.0;
/// Pixels that a pointer moves within a double click, at most.
const SAME_PLACE: i32 = 12;

/// A press of a button or link.
struct Press {
    time: f64,
    at: (i32, i32),
    control: Element,
    command: Option<String>,
}

impl Press {
    /// Whether `later` hits another control, or another command of the same one, in the same place, too soon. `changed`: when the page
    /// has changed last.
    fn is_followed_by(&self, later: &Self, changed: f64) -> bool {
        is_same_place(self.at, later.at)
            && is_too_soon(self.time, changed, later.time)
            && (self.control != later.control || self.command != later.command)
    }
}

fn is_too_soon(pressed: f64, changed: f64, now: f64) -> bool {
    now - pressed.max(changed) < PAUSE
}

fn is_same_place(a: (i32, i32), b: (i32, i32)) -> bool {
    (a.0 - b.0).abs() <= SAME_PLACE && (a.1 - b.1).abs() <= SAME_PLACE
}

thread_local! {
    static LAST: RefCell<Option<Press>> = const { RefCell::new(None) };
    static CHANGED: Cell<f64> = const { Cell::new(0.0) };
}

/// Notes that controls may have taken the place of others.
pub fn note_change() {
    CHANGED.set(milliseconds());
}

/// Stops unintended presses (see the module) before other listeners see them.
pub fn listen() {
    let on_click = Closure::<dyn FnMut(MouseEvent)>::new(|event: MouseEvent| {
        // A click without a count comes from the keyboard or from a script.
        if event.detail() == 0 {
            return;
        }
        let Some(control) = target(&event).and_then(|it| closest(&it, "button, a, summary")) else {
            return;
        };
        let press = Press {
            time: milliseconds(),
            at: (event.client_x(), event.client_y()),
            command: ["formaction", COMMAND]
                .into_iter()
                .find_map(|name| control.get_attribute(name)),
            control,
        };
        LAST.with_borrow_mut(|last| {
            if last
                .as_ref()
                .is_some_and(|last| last.is_followed_by(&press, CHANGED.get()))
            {
                event.prevent_default();
                event.stop_immediate_propagation();
            } else {
                *last = Some(press);
            }
        });
    });
    let on_key = Closure::<dyn FnMut(KeyboardEvent)>::new(|event: KeyboardEvent| {
        let is_text = target(&event).is_some_and(|it| it.tag_name() == "TEXTAREA");
        if event.repeat() && event.key() == "Enter" && !is_text {
            event.prevent_default();
        }
    });
    // Captured at the window: before every other listener.
    for (name, listener) in [
        ("click", on_click.into_js_value()),
        ("keydown", on_key.into_js_value()),
    ] {
        let _ = window().add_event_listener_with_callback_and_bool(
            name,
            listener.unchecked_ref(),
            true,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_double_click_stays_in_its_place() {
        assert!(is_same_place((100, 100), (104, 96)));
        assert!(!is_same_place((100, 100), (100, 120)));
        assert!(!is_same_place((100, 100), (130, 100)));
    }

    #[test]
    fn the_pause_begins_with_the_press_or_with_the_change() {
        assert!(is_too_soon(1000.0, 0.0, 1600.0));
        assert!(!is_too_soon(1000.0, 0.0, 1800.0));
        assert!(is_too_soon(1000.0, 1500.0, 1800.0));
        assert!(!is_too_soon(1000.0, 1500.0, 2300.0));
    }
}
