//! Writes the audit log: one line for each request that changes or reveals something, for each sign-in and sign-out, and for each attempt that
//! is refused, wherever it is refused.
//!
//! [`record`] stands before all other checks and writes what they refuse. [`act`] stands right before the server functions: it knows the person
//! and the token, and writes the line also if the browser doesn't wait for the answer.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering::Relaxed},
};

use app::api::ApiError;
use axum::{
    body::{Body, to_bytes},
    extract::{Request, State as Extract},
    http::{HeaderName, HeaderValue, Method, StatusCode, header::CONTENT_LENGTH},
    middleware::Next,
    response::Response,
};
use kargo::{cluster::ActedAs, problem::Kind};

use super::{State, error::error_response, limits, peer::Peer};
use crate::{
    audit::{Audit, Record, SIGN_IN, TokenFields},
    identities::Person,
    metrics::Reveals,
    sessions::random_id,
};

/// Server functions that change or reveal something. All others read.
const ACTS: [&str; 13] = [
    "compromise_token",
    "confirm_token",
    "create_token",
    "delete_token",
    "finish_compromise",
    "finish_token",
    "note_token",
    "recreate_token",
    "restore_token",
    "retire_token",
    "reveal_token",
    "suspend_token",
    "test_token",
];
/// A dry run: no act, so it is not written down. It is a POST because a note must not stand in an address.
const REHEARSES: &str = "rehearse_creation";
/// Sends a value.
const REVEAL: &str = "reveal_token";
/// Outcome of what was done.
const OK: &str = "ok";
/// Outcome of what nobody waited for.
const ABANDONED: &str = "abandoned";
/// Answers with the token that was created.
const CREATES: &str = "create_token";
/// Answer with the token that was created in the place of the one that they are about.
const REPLACE: [&str; 2] = ["compromise_token", "recreate_token"];

/// What a handler knows of an act. Added to its response.
#[derive(Debug, Clone, Default)]
pub struct Note {
    /// Where the address doesn't tell.
    pub verb: Option<&'static str>,
    /// The way of a sign-in.
    pub way: Option<&'static str>,
    /// Who was signed in.
    pub person: Option<String>,
    /// As whom the person chose to act.
    pub acting_as: Option<String>,
    /// Why it was refused.
    pub refused: Option<&'static str>,
}

impl Note {
    /// A request that was refused.
    pub fn refused(kind: &'static str) -> Self {
        Self {
            refused: Some(kind),
            ..Self::default()
        }
    }

    /// A sign-in of a person.
    pub fn signed_in(way: &'static str, person: String) -> Self {
        Self {
            verb: Some(SIGN_IN),
            way: Some(way),
            person: Some(person),
            ..Self::default()
        }
    }

    /// Adds it to a response. What is known already stays.
    pub fn to(self, mut response: Response) -> Response {
        let note = response.extensions_mut().get_or_insert_default::<Self>();
        note.verb = note.verb.or(self.verb);
        note.way = note.way.or(self.way);
        note.person = note.person.take().or(self.person);
        note.acting_as = note.acting_as.take().or(self.acting_as);
        note.refused = note.refused.or(self.refused);
        response
    }
}

/// The line of a request, before it is written.
#[derive(Clone)]
struct Draft {
    audit: Audit,
    record: Record,
    is_written: Arc<AtomicBool>,
}

impl Draft {
    fn write(&self, record: &Record) {
        if !self.is_written.swap(true, Relaxed) {
            self.audit.write(record);
        }
    }
}

/// Gives the request a name, and writes the line of what no server function has written itself.
pub async fn record(Extract(audit): Extract<Audit>, mut request: Request, next: Next) -> Response {
    let id = random_id();
    let verb = verb(request.method(), request.uri().path());
    let record = Record {
        request: id.clone(),
        verb: verb.unwrap_or_default(),
        address: request.extensions().get::<Peer>().map(|peer| peer.address),
        ..Record::default()
    };
    let draft = Draft {
        audit,
        record,
        is_written: Arc::default(),
    };
    request.extensions_mut().insert(draft.clone());
    let mut response = next.run(request).await;
    let note = response.extensions_mut().remove::<Note>();
    let note = note.unwrap_or_default();
    if let Some(verb) = note.verb.or(verb) {
        let is_nobody = verb == SIGN_IN && note.person.is_none();
        let outcome = match note.refused {
            Some(kind) => kind.to_owned(),
            None => outcome(response.status()),
        };
        let record = Record {
            verb,
            way: note.way,
            person: note.person,
            acting_as: note.acting_as,
            // Whatever answered it: nobody was signed in.
            outcome: if is_nobody && outcome == OK {
                "refused".to_owned()
            } else {
                outcome
            },
            ..draft.record.clone()
        };
        draft.write(&record);
    }
    if let Ok(id) = HeaderValue::from_str(&id) {
        let name = HeaderName::from_static("x-request-id");
        response.headers_mut().insert(name, id);
    }
    response
}

/// What a request asks for, if it is written into the log.
fn verb(method: &Method, path: &str) -> Option<&'static str> {
    if method != Method::POST {
        return None;
    }
    match path {
        "/sign-in" => Some(SIGN_IN),
        "/sign-out" => Some("sign_out"),
        "/acting-as" => Some("act_as"),
        _ => {
            let function = path.strip_prefix("/api/")?;
            if function == REHEARSES {
                return None;
            }
            let known = ACTS.into_iter().find(|act| *act == function);
            Some(known.unwrap_or("unknown"))
        }
    }
}

/// The outcome that a status tells: each kind of a problem has its own.
fn outcome(status: StatusCode) -> String {
    if status.is_success() || status.is_redirection() {
        return OK.to_owned();
    }
    Kind::of_status(status.as_u16())
        .and_then(|kind| serde_json::to_value(kind).ok()?.as_str().map(str::to_owned))
        .unwrap_or_else(|| format!("http_{}", status.as_u16()))
}

/// Writes the line of a server function. Acts run to completion even if the browser closes the connection between two writes. A reveal stops
/// then: a value that no browser receives must stay unrevealed.
pub async fn act(Extract(state): Extract<State>, mut request: Request, next: Next) -> Response {
    let draft = request.extensions().get::<Draft>().cloned();
    let is_act = |draft: &Draft| !draft.record.verb.is_empty();
    let (Some(draft), &Method::POST) = (draft.filter(is_act), request.method()) else {
        return next.run(request).await;
    };
    let acted_as = ActedAs::default();
    let person = request.extensions_mut().get_mut::<Person>().map(|person| {
        person.viewer = person.viewer.noting(&acted_as);
        person.clone()
    });
    let (request, token) = match with_token(request).await {
        Ok(read) => read,
        Err(refused) => return refused,
    };
    let verb = draft.record.verb;
    let mut line = Line {
        record: Record {
            person: person.as_ref().map(|person| person.name().to_owned()),
            token,
            outcome: ABANDONED.to_owned(),
            ..draft.record.clone()
        },
        draft,
        person,
        acted_as,
        reveals: (verb == REVEAL).then(|| state.reveals.clone()),
    };
    let answered = async move {
        let response = next.run(request).await;
        line.answered(response).await
    };
    if verb == REVEAL {
        answered.await
    } else {
        state.tasks.run_to_completion(answered).await
    }
}

/// Writes its line when it is dropped: at the end of the act, or when nobody waits for the answer any more.
struct Line {
    draft: Draft,
    record: Record,
    person: Option<Person>,
    acted_as: ActedAs,
    /// Looks later whether the value was saved; `None` for what isn't a reveal.
    reveals: Option<Reveals>,
}

impl Line {
    /// Takes over what the answer tells.
    async fn answered(&mut self, response: Response) -> Response {
        let status = response.status();
        let verb = self.record.verb;
        let is_replaced = REPLACE.contains(&verb);
        let (response, created) = if status.is_success() && (verb == CREATES || is_replaced) {
            created(response).await
        } else {
            (response, None)
        };
        match created {
            Some(successor) if is_replaced => self.record.successor = Some(successor),
            Some(token) => self.record.token = token,
            None => {}
        }
        self.record.outcome = outcome(status);
        response
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        let account = self.acted_as.account().map(|account| account.user());
        let known = || self.person.as_ref()?.viewer.known_user();
        self.record.acting_as = account.or_else(known);
        let may_have_sent = [OK, ABANDONED].contains(&self.record.outcome.as_str());
        if let (Some(reveals), Some(person)) = (&self.reveals, &self.person)
            && may_have_sent
            && let Some(token) = self.record.token.target()
        {
            reveals.watch(token, person.viewer.clone(), &person.background);
        }
        self.draft.write(&self.record);
    }
}

/// Reads the fields that name a token from a form, and leaves the form as it is.
async fn with_token(request: Request) -> Result<(Request, TokenFields), Response> {
    let length = request.headers().get(CONTENT_LENGTH);
    let length = length.and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: usize| length > limits::BODY) {
        // What limits bodies refuses it unread.
        return Ok((request, TokenFields::default()));
    }
    let (parts, body) = request.into_parts();
    let form = to_bytes(body, limits::BODY)
        .await
        .map_err(|_| error_response(&ApiError::invalid("The request is too large or too slow.")))?;
    let token = serde_urlencoded::from_bytes::<TokenFields>(&form).unwrap_or_default();
    Ok((
        Request::from_parts(parts, Body::from(form)),
        token.cleaned(),
    ))
}

/// Reads the created token from an answer, and leaves the answer as it is.
async fn created(response: Response) -> (Response, Option<TokenFields>) {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, limits::BODY).await.unwrap_or_default();
    let created = serde_json::from_slice::<TokenFields>(&body).ok();
    (
        Response::from_parts(parts, Body::from(body)),
        created.map(TokenFields::cleaned),
    )
}

#[cfg(test)]
mod tests;
