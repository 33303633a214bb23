//! The API server's time: the page's own, plus the time since the page was read.

use std::cell::Cell;

use super::dom;
use crate::browser::platform::milliseconds;

thread_local! {
    /// The page's time in seconds since 1970, and when it was read by the browser's clock.
    static READ: Cell<(i64, f64)> = const { Cell::new((0, 0.0)) };
}

/// Reads the page's time: once at the start, then after each update of the page.
pub fn read() {
    READ.set((dom::context().now, milliseconds()));
}

/// Seconds since 1970 by the API server's clock.
pub fn now() -> i64 {
    let (page, read) = READ.get();
    #[allow(
        clippy::cast_possible_truncation,
        reason = "seconds since a page was read"
    )]
    let passed = ((milliseconds() - read) / 1000.0) as i64;
    page + passed
}
