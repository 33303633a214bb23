//! Everything that is logged on this thread, at the finest level: where a value must never be.

use std::{cell::RefCell, io, sync::Once};

use tracing::level_filters::LevelFilter;

thread_local! {
    static CAPTURED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// One subscriber for all threads, since tracing asks a thread without one whether an event is of interest, for all the others too.
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

/// Starts to keep this thread's log, anew. A test's runtime has one thread, so its connections log here too.
pub fn capture() {
    SUBSCRIBED.call_once(|| {
        tracing_subscriber::fmt()
            .with_max_level(LevelFilter::TRACE)
            .with_writer(|| ThisThreads)
            .init();
    });
    CAPTURED.set(Some(Vec::new()));
}

/// All that was logged since; never nothing, so that a test can't pass because nothing was captured.
pub fn captured() -> String {
    let bytes = CAPTURED.take().expect("it was captured");
    let text = String::from_utf8_lossy(&bytes).into_owned();
    assert!(
        text.contains("requesting"),
        "kube logs each request at this level:\n{text}"
    );
    text
}
