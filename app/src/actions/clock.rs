//! Counts down what ends soon: elements with the attribute `data-until`, in seconds since 1970. When one has ended, the page is read again.

use std::{cell::Cell, time::Duration};

use leptos::prelude::*;

use super::{page::elements, refresh::refresh};

/// After its end, until the page is read again: the API server needs a moment.
const GRACE: i64 = 3;

thread_local! {
    /// When the page was last read again because something had ended, in seconds.
    static LAST: Cell<i64> = const { Cell::new(0) };
}

/// Starts counting, once a second.
pub fn start() {
    set_interval(tick, Duration::from_secs(1));
}

fn tick() {
    let now = js_sys::Date::now();
    let mut has_ended = false;
    for element in elements("[data-until]") {
        let attribute = |name: &str| {
            element
                .get_attribute(name)
                .and_then(|text| text.parse::<i64>().ok())
        };
        // The browser's clock may be wrong: what counts is how long ago the server made the page.
        let (Some(until), Some(made)) = (attribute("data-until"), attribute("data-now")) else {
            continue;
        };
        let began = element
            .get_attribute("data-began")
            .and_then(|text| text.parse::<f64>().ok());
        let began = began.unwrap_or_else(|| {
            let _ = element.set_attribute("data-began", &now.to_string());
            now
        });
        #[allow(
            clippy::cast_possible_truncation,
            reason = "seconds since a page was opened"
        )]
        let passed = ((now - began) / 1000.0) as i64;
        let left = until - made - passed;
        element.set_text_content(Some(&words(left)));
        has_ended |= left < -GRACE;
    }
    #[allow(clippy::cast_possible_truncation, reason = "seconds since 1970")]
    let second = (now / 1000.0) as i64;
    if has_ended && second - LAST.get() > 2 * GRACE {
        LAST.set(second);
        refresh();
    }
}

/// What is said of the seconds that are left.
fn words(left: i64) -> String {
    match left {
        ..=0 => "any moment".to_owned(),
        1..=90 => format!("{left} s left"),
        _ => format!("{} min left", left / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_left_is_told_in_words() {
        assert_eq!(words(-1), "any moment");
        assert_eq!(words(30), "30 s left");
        assert_eq!(words(600), "10 min left");
    }
}
