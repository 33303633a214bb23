//! Reading for a page: begins at once, so that all parts of a page read side by side, and ends before the page is sent.

use futures::channel::oneshot;
use leptos::prelude::*;

/// Begins to read. The answer resolves when the reading is done.
pub fn start<T: Send + 'static>(
    reading: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let (send, receive) = oneshot::channel();
    leptos::task::spawn(async move {
        // Nobody waits any more when the browser has closed the connection.
        let _ = send.send(reading.await);
    });
    async move {
        match receive.await {
            Ok(answer) => answer,
            // The task panicked, or the program is ending: the response is dropped with this future.
            Err(_) => std::future::pending().await,
        }
    }
}

/// A part of a page that is drawn from what was read.
pub fn when_read<T: Send + 'static, V: IntoView + Send + 'static>(
    reading: impl Future<Output = T> + Send + 'static,
    draw: impl FnOnce(T) -> V + Send + 'static,
) -> impl IntoView {
    let reading = start(reading);
    Suspend::new(async move { draw(reading.await).into_any() })
}

/// Gives the page an entity tag, by which the browser's code asks whether anything has changed.
pub fn tag(entity_tag: &str) {
    use leptos::server_fn::http_export::{HeaderValue, header::ETAG};
    if let (Some(response), Ok(tag)) = (
        use_context::<leptos_axum::ResponseOptions>(),
        HeaderValue::from_str(entity_tag),
    ) {
        response.insert_header(ETAG, tag);
    }
}
