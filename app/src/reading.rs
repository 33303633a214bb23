//! Reading for a page: begins at once, so that all parts of a page read side by side, and ends before the page is sent.

use std::pin::pin;

use futures::{
    channel::oneshot,
    future::{Either, select},
};
use leptos::prelude::*;

/// Begins to read. The answer resolves when the reading is done. The reading stops when nobody waits for its answer any more, because the
/// browser has closed the connection.
///
/// # Panics
/// Where the reading panicked, so that the request is answered with 500.
pub fn start<T: Send + 'static>(
    reading: impl Future<Output = T> + Send + 'static,
) -> impl Future<Output = T> + Send {
    let (mut send, receive) = oneshot::channel();
    leptos::task::spawn(async move {
        let answer = match select(pin!(reading), send.cancellation()).await {
            Either::Left((answer, _)) => answer,
            Either::Right(_) => return,
        };
        let _ = send.send(answer);
    });
    async move { receive.await.expect("the reading of a page panicked") }
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
