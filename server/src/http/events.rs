//! `GET /events?scope=…`: tells open pages that something has changed, as server-sent events. An event names a scope and a position in the log
//! of its changes, and nothing of its tokens: a page that shows another position asks for itself again. So a stream needs no memory of what it
//! has sent, and a page that missed events catches up with the first one of the next stream.
//!
//! `GET /events.js`: the worker that keeps one stream for all tabs of a browser.

use std::{convert::Infallible, time::Duration};

use app::protocol::LiveEvent;
use axum::{
    Extension, Router,
    extract::Query,
    http::{
        HeaderName, HeaderValue, StatusCode,
        header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE},
    },
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures::{
    Stream, StreamExt,
    stream::{select_all, unfold},
};
use kargo::{
    cluster::{Error, Position, TokenChanges, Viewer},
    scope::Scope,
};
use tokio::time::sleep;

use crate::identities::Person;

/// Scopes that one stream tells of: the tabs of a browser.
const SCOPES: usize = 50;
/// Time without an event after which a comment shows that the stream is alive.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// A stream ends after so much time; the browser opens the next one. So nobody keeps one beyond the end of a session for long.
const LONGEST: Duration = Duration::from_mins(5);
/// Time after which a browser opens the next stream.
const AGAIN: Duration = Duration::from_secs(1);
/// Time after which a scope that can't be read is tried again.
const UNREADABLE: Duration = Duration::from_secs(30);

/// Routes for requests with a session.
pub fn routes() -> Router {
    Router::new()
        .route("/events", get(events))
        .route("/events.js", get(worker))
}

/// The script of the worker. Its policy lets it open the stream, and nothing else.
async fn worker() -> impl IntoResponse {
    let headers = [
        (CONTENT_TYPE, "text/javascript; charset=utf-8"),
        (CACHE_CONTROL, "no-cache"),
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; connect-src 'self'",
        ),
    ];
    (headers, include_str!("events/worker.js"))
}

async fn events(
    Extension(person): Extension<Person>,
    Query(asked): Query<Vec<(String, String)>>,
) -> Response {
    let scopes: Option<Vec<Scope>> = asked
        .iter()
        .map(|(name, scope)| (name == "scope").then(|| scope.parse().ok())?)
        .collect();
    let Some(scopes) = scopes.filter(|scopes| (1..=SCOPES).contains(&scopes.len())) else {
        let text = "Name up to 50 scopes: /events?scope=system&scope=projects/NAME\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let Some(place) = person.stream() else {
        let text = "This session has too many streams of events open. Close some tabs.\n";
        return (StatusCode::TOO_MANY_REQUESTS, text).into_response();
    };
    let end = person.end();
    let streams = scopes
        .into_iter()
        .map(|scope| changes(person.viewer.clone(), scope).boxed());
    let first = Event::default().retry(AGAIN).comment("changes");
    let events = futures::stream::once(async { first })
        .chain(select_all(streams))
        .take_until(async move {
            tokio::select! {
                () = end.cancelled() => {}
                () = sleep(LONGEST) => {}
            }
        })
        .map(move |event| {
            let _held = &place;
            Ok::<_, Infallible>(event)
        });
    // nginx would keep the events until its buffer is full.
    let unbuffered = (
        HeaderName::from_static("x-accel-buffering"),
        HeaderValue::from_static("no"),
    );
    let events = Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT));
    ([unbuffered], events).into_response()
}

/// What is known of a scope between two events.
enum Known {
    Nothing,
    /// It could not be read.
    Failed,
    Position(Box<TokenChanges>, Position),
}

/// The events of one scope: its position at once, and each new one.
fn changes(viewer: Viewer, scope: Scope) -> impl Stream<Item = Event> + Send {
    unfold(
        (viewer, scope, Known::Nothing),
        |(viewer, scope, known)| async {
            let next = match known {
                Known::Nothing => begin(&viewer, &scope).await,
                Known::Failed => {
                    sleep(UNREADABLE).await;
                    begin(&viewer, &scope).await
                }
                Known::Position(mut changes, position) => {
                    let next = Box::pin(changes.next(position)).await;
                    next.map(|(_, position)| (changes, position))
                }
            };
            let (event, known) = match next {
                Ok((changes, position)) => {
                    let event = event(&scope, Some(position), changes.is_behind());
                    (event, Known::Position(changes, position))
                }
                Err(_) => (event(&scope, None, true), Known::Failed),
            };
            Some((event, (viewer, scope, known)))
        },
    )
}

async fn begin(viewer: &Viewer, scope: &Scope) -> Result<(Box<TokenChanges>, Position), Error> {
    let cluster = viewer.to_read(scope).await?;
    let (snapshot, changes) = Box::pin(cluster.follow_inventory(scope)).await?;
    Ok((Box::new(changes), snapshot.position()))
}

fn event(scope: &Scope, position: Option<Position>, is_behind: bool) -> Event {
    let event = LiveEvent {
        scope: scope.to_string(),
        position: position.map(|position| position.to_string()),
        is_behind,
    };
    Event::default()
        .json_data(&event)
        .unwrap_or_else(|_| Event::default())
}
