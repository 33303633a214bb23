//! `GET /events?scope=…`: tells open pages that something has changed, as server-sent events. An event names a scope, or a token, and a position in the log
//! of its changes, and nothing of its tokens: a page that shows another position asks for itself again. So a stream needs no memory of what it
//! has sent, and a page that missed events catches up with the first one of the next stream.
//!
//! `GET /events.js`: the worker that keeps one stream for all tabs of a browser.

use std::{convert::Infallible, fmt, time::Duration};

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
    cluster::{Changed, Error, Position, TokenChanges, Viewer},
    name::TokenName,
    scope::Scope,
};
use tokio::time::sleep;

use crate::identities::Person;

/// Scopes that one stream tells of: those of all tabs of a browser. No more than inventories of one identity.
const SCOPES: usize = 48;
/// Time without an event after which one without data shows that the stream is alive. A worker that hears nothing for longer says so: a proxy may
/// hold the events back.
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
    let scopes: Option<Vec<Followed>> = asked
        .iter()
        .map(|(name, scope)| (name == "scope").then(|| Followed::parse(scope))?)
        .collect();
    let Some(scopes) = scopes.filter(|scopes| (1..=SCOPES).contains(&scopes.len())) else {
        let text = "Name up to 48 scopes: /events?scope=system&scope=projects/NAME&scope=system/tokens/NAME\n";
        return (StatusCode::BAD_REQUEST, text).into_response();
    };
    let Some(place) = person.stream() else {
        let text = "Too many streams of events are open. Close some windows.\n";
        return (StatusCode::TOO_MANY_REQUESTS, text).into_response();
    };
    let end = person.end();
    let streams = scopes
        .into_iter()
        .map(|followed| changes(person.viewer.clone(), followed).boxed());
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
    let events = Sse::new(events).keep_alive(alive());
    ([unbuffered], events).into_response()
}

/// What shows that the stream is alive.
fn alive() -> KeepAlive {
    let event = Event::default().event("alive").data("");
    KeepAlive::new().interval(HEARTBEAT).event(event)
}

/// What a page shows: the tokens of a scope, or some of them.
#[derive(Debug, PartialEq)]
struct Followed {
    scope: Scope,
    /// Empty: all tokens.
    tokens: Vec<TokenName>,
}

impl Followed {
    /// Parses `system`, `projects/NAME`, or one of them followed by `/tokens/NAME+NAME`.
    fn parse(text: &str) -> Option<Self> {
        let (scope, tokens) = match text.split_once("/tokens/") {
            Some((scope, tokens)) => {
                let tokens = tokens.split('+').map(|name| name.parse().ok());
                (scope, tokens.collect::<Option<_>>()?)
            }
            None => (text, vec![]),
        };
        let scope = scope.parse().ok()?;
        Some(Self { scope, tokens })
    }

    /// Whether what changed is shown. No names: whether the program knows the newest state has changed.
    fn is_concerned(&self, changed: &Changed) -> bool {
        let Changed::Names(names) = changed else {
            return true;
        };
        let lists = [&names.added, &names.changed, &names.removed];
        let mut all = lists.into_iter().flatten().peekable();
        let is_shown = |name: &String| self.tokens.iter().any(|token| token.as_str() == name);
        self.tokens.is_empty() || all.peek().is_none() || all.any(is_shown)
    }
}

impl fmt::Display for Followed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.scope)?;
        for (n, token) in self.tokens.iter().enumerate() {
            let before = if n == 0 { "/tokens/" } else { "+" };
            write!(f, "{before}{token}")?;
        }
        Ok(())
    }
}

/// What is known of a scope between two events.
enum Known {
    Nothing,
    /// It could not be read.
    Failed,
    Position(Box<TokenChanges>, Position),
}

/// The events of what is followed: its position at once, and each new one.
fn changes(viewer: Viewer, followed: Followed) -> impl Stream<Item = Event> + Send {
    unfold(
        (viewer, followed, Known::Nothing),
        |(viewer, followed, known)| async {
            let next = match known {
                Known::Nothing => begin(&viewer, &followed.scope).await,
                Known::Failed => {
                    sleep(UNREADABLE).await;
                    begin(&viewer, &followed.scope).await
                }
                Known::Position(changes, position) => {
                    Box::pin(next(&followed, changes, position)).await
                }
            };
            let (event, known) = match next {
                Ok((changes, position)) => {
                    let event = event(&followed, Some(position), changes.is_behind());
                    (event, Known::Position(changes, position))
                }
                Err(_) => (event(&followed, None, true), Known::Failed),
            };
            Some((event, (viewer, followed, known)))
        },
    )
}

/// Waits until something has changed that is shown.
async fn next(
    followed: &Followed,
    mut changes: Box<TokenChanges>,
    mut position: Position,
) -> Result<(Box<TokenChanges>, Position), Error> {
    loop {
        let (what, now) = changes.next(position).await?;
        position = now;
        if followed.is_concerned(&what) {
            return Ok((changes, position));
        }
    }
}

async fn begin(viewer: &Viewer, scope: &Scope) -> Result<(Box<TokenChanges>, Position), Error> {
    let cluster = viewer.to_read(scope).await?;
    let (snapshot, changes) = Box::pin(cluster.follow_inventory(scope)).await?;
    Ok((Box::new(changes), snapshot.position()))
}

fn event(followed: &Followed, position: Option<Position>, is_behind: bool) -> Event {
    let event = LiveEvent {
        scope: followed.to_string(),
        position: position.map(|position| position.to_string()),
        is_behind,
    };
    Event::default()
        .json_data(&event)
        .unwrap_or_else(|_| Event::default())
}

#[cfg(test)]
mod tests {
    use kargo::cluster::ChangedNames;

    use super::*;

    #[test]
    fn what_is_followed_is_read_as_it_is_written() {
        for text in [
            "system",
            "projects/a",
            "system/tokens/ci",
            "projects/a/tokens/ci+next",
        ] {
            let followed = Followed::parse(text).map(|followed| followed.to_string());
            assert_eq!(followed.as_deref(), Some(text));
        }
        for text in ["", "a", "projects/A", "system/tokens/", "system/tokens/A b"] {
            assert_eq!(Followed::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_token_is_concerned_by_its_own_changes() {
        let names = |added: &[&str], changed: &[&str]| {
            let list = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect();
            Changed::Names(ChangedNames {
                added: list(added),
                changed: list(changed),
                removed: vec![],
            })
        };
        let of = |text| Followed::parse(text).expect("something to follow");
        let (scope, token) = (of("system"), of("system/tokens/next+ci"));
        for (changed, expected) in [
            (names(&["other"], &["more"]), false),
            (names(&["other"], &["ci"]), true),
            (names(&[], &[]), true),
            (Changed::Everything, true),
        ] {
            assert!(scope.is_concerned(&changed));
            assert_eq!(token.is_concerned(&changed), expected, "{changed:?}");
        }
    }
}
