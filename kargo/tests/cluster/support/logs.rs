//! Everything that is logged on this thread, at the finest level. A value must never appear in it, and it shows each request.

use std::{cell::RefCell, io, sync::Once};

use tracing::level_filters::LevelFilter;

thread_local! {
    static CAPTURED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// One subscriber for all threads: tracing asks only one thread whether an event is of interest.
static SUBSCRIBED: Once = Once::new();

struct ThisThreads;

impl io::Write for ThisThreads {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        CAPTURED.with_borrow_mut(|captured| {
            captured
                .as_mut()
                .map(|captured| captured.extend_from_slice(bytes))
        });
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Starts to capture this thread's log anew. A test's runtime has one thread, so its connections log here, too.
pub fn capture() {
    SUBSCRIBED.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_ansi(false)
            .with_writer(|| ThisThreads)
            .init();
    });
    CAPTURED.set(Some(Vec::new()));
}

/// Everything that was logged since. Fails if it contains no request, so that a test can't pass because nothing was captured.
pub fn captured() -> String {
    let bytes = CAPTURED.take().expect("it was captured");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(
        text.contains("requesting"),
        "each request is logged at this level:\n{text}"
    );
    text
}

/// The requests to the API server among what was captured: method and path, without the query.
pub fn requests(captured: &str) -> Vec<String> {
    let request = |line: &str| {
        let (_, fields) = line.split_once(": requesting method=")?;
        let (method, path) = fields.split_once(" path=")?;
        Some(format!("{method} {}", path.trim_matches('"')))
    };
    captured.lines().filter_map(request).collect()
}
