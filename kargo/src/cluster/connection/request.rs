//! One request to the API server: sent unchanged, answered with bytes, always within a deadline. Reads are repeated after a transient
//! failure. Writes are never repeated: nobody knows whether the first one took effect.

use std::{error::Error as StdError, io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Full, Limited};
use jiff::{Timestamp, fmt::rfc2822};
use kube::core::request::Error as BuildError;
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time::{sleep, timeout};

use super::{
    Cluster,
    access::Access,
    credential::Credential,
    error::Error,
    refusal::Status,
    transport::{IsWatch, Sent},
};

pub(in crate::cluster) use super::transport::Body;

/// Time from sending a request to the end of its answer, repeats included. A sign-in command's time doesn't count: it has its own limit.
const DEADLINE: Duration = Duration::from_secs(10);
/// Waits before the second and the third try of a read.
const BACKOFF: [Duration; 2] = [Duration::from_millis(200), Duration::from_millis(800)];
/// Longest wait that the API server may ask for before a read is tried again.
const LONGEST_WAIT: Duration = Duration::from_secs(4);
/// Largest answer that is read. Lists of tokens come in pages, so real answers are far smaller.
const BODY_LIMIT: usize = 16 * 1024 * 1024;
/// Largest explanation of an error that is read.
const STATUS_LIMIT: usize = 64 * 1024;

/// A request as kube's builders make it.
pub(in crate::cluster) type Built = Result<Request<Vec<u8>>, BuildError>;

/// Ends the connection after the answer, because the buffers of a kept connection would go on holding the value in the answer.
pub(in crate::cluster) fn with_value_in_answer(request: Built) -> Built {
    let mut request = request?;
    let close = HeaderValue::from_static("close");
    request.headers_mut().insert(header::CONNECTION, close);
    Ok(request)
}

/// An answer of the API server.
pub(in crate::cluster) struct ApiResponse {
    body: Bytes,
    /// Time by the API server's clock; by the local clock if the answer has no `Date`.
    pub now: Timestamp,
}

impl ApiResponse {
    /// Reads the body as JSON. The error doesn't say what is wrong: serde quotes what it can't use, which may be a value.
    pub fn parse<T: DeserializeOwned>(&self, access: &Access) -> Result<T, Error> {
        serde_json::from_slice(&self.body).map_err(|error| {
            tracing::debug!(%access, line = error.line(), column = error.column(), "the answer can't be parsed");
            Error::BadAnswer(access.clone())
        })
    }
}

/// A list of objects, as the API server answers it.
#[derive(Deserialize)]
pub(in crate::cluster) struct List<T> {
    pub metadata: ListMetadata,
    /// `null` for an empty list of metadata.
    items: Option<Vec<T>>,
}

/// Metadata of a list.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cluster) struct ListMetadata {
    /// Version from which a watch misses nothing after this list.
    pub resource_version: String,
    /// Start of the next page.
    pub r#continue: Option<String>,
}

impl<T> List<T> {
    /// The objects of the list.
    pub fn items(self) -> Vec<T> {
        self.items.unwrap_or_default()
    }
}

/// An open watch.
pub(in crate::cluster) struct Watch {
    /// Events, one JSON object a line.
    pub lines: Lines,
    /// Time of its start, by the API server's clock.
    pub started: Timestamp,
}

/// One event of a watch.
#[derive(Deserialize)]
#[serde(tag = "type", content = "object", rename_all = "UPPERCASE")]
pub(in crate::cluster) enum Event<O> {
    Added(O),
    Modified(O),
    Deleted(O),
    /// Everything up to this version was sent.
    Bookmark(Bookmark),
    Error(WatchError),
}

#[derive(Deserialize)]
pub(in crate::cluster) struct Bookmark {
    metadata: BookmarkMetadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BookmarkMetadata {
    resource_version: String,
}

impl Bookmark {
    /// Version from which another watch misses nothing.
    pub fn version(self) -> String {
        self.metadata.resource_version
    }
}

/// The error that ends a watch.
#[derive(Deserialize)]
pub(in crate::cluster) struct WatchError {
    #[serde(default)]
    code: u16,
    #[serde(flatten)]
    status: Status,
}

impl WatchError {
    /// The error, with the access that the watch took.
    pub fn error(&self, access: &Access) -> Error {
        Error::of_answer(access.clone(), self.code, &self.status)
    }
}

/// Largest event of a watch that is read: one object.
const EVENT_LIMIT: usize = 4 * 1024 * 1024;

/// Lines of an answer as they come in. Reading takes time that is linear in what comes, however many lines come at once.
pub(in crate::cluster) struct Lines<B = Body> {
    body: B,
    buffer: Vec<u8>,
    /// Where the next line begins.
    start: usize,
}

impl<B: hyper::body::Body<Data = Bytes> + Unpin> Lines<B> {
    fn of(body: B) -> Self {
        Self {
            body,
            buffer: Vec::new(),
            start: 0,
        }
    }

    /// The next line; `None` at the end.
    pub async fn next(&mut self, access: &Access) -> Result<Option<&[u8]>, Error> {
        let mut searched = self.start;
        loop {
            let end = self.buffer[searched..]
                .iter()
                .position(|byte| *byte == b'\n');
            if let Some(end) = end {
                let line = self.start..searched + end;
                self.start = line.end + 1;
                return Ok(Some(&self.buffer[line]));
            }
            // Only an unfinished line is ever moved.
            self.buffer.drain(..std::mem::take(&mut self.start));
            searched = self.buffer.len();
            if searched > EVENT_LIMIT {
                return Err(Error::BadAnswer(access.clone()));
            }
            let Some(Ok(frame)) = self.body.frame().await else {
                return Ok(None);
            };
            if let Some(data) = frame.data_ref() {
                self.buffer.extend_from_slice(data);
            }
        }
    }
}

/// A failed try, and whether another try may succeed.
struct Failure {
    error: Error,
    is_transient: bool,
}

impl Cluster {
    /// Sends a request that changes nothing.
    pub(in crate::cluster) async fn read(
        &self,
        access: &Access,
        request: Built,
    ) -> Result<ApiResponse, Error> {
        // Boxed: it would be a large part of every operation.
        Box::pin(self.signed(access, request, &BACKOFF)).await
    }

    /// Sends a request that changes something, exactly once.
    pub(in crate::cluster) async fn write(
        &self,
        access: &Access,
        request: Built,
    ) -> Result<ApiResponse, Error> {
        Box::pin(self.signed(access, request, &[])).await
    }

    /// Opens a watch. The caller reads its events and keeps its deadline.
    pub(in crate::cluster) async fn watch(
        &self,
        access: &Access,
        request: Built,
    ) -> Result<Watch, Error> {
        let mut request = request.map_err(|_| Error::Invalid(access.clone()))?;
        request.extensions_mut().insert(IsWatch);
        let credential = self.credential().await?;
        let mut opened = self.send(access, request.clone(), &credential).await;
        if is_unauthenticated(opened.as_ref().err())
            && let Some(renewed) = self.signer.renewed(&credential).await
        {
            opened = self.send(access, request, &renewed).await;
        }
        let response = opened.map_err(|failure| self.explained(failure.error))?;
        Ok(Watch {
            started: date(&response).unwrap_or_else(Timestamp::now),
            lines: Lines::of(response.into_body()),
        })
    }

    /// The credential now.
    pub(super) async fn credential(&self) -> Result<Arc<Credential>, Error> {
        let credential = self.signer.current().await;
        credential.map_err(|error| Error::Credential(Box::new(error)))
    }

    /// Sends a request with the credential as it is now. If the API server doesn't accept the credential, and another one can be had, the
    /// request is sent once more: what was refused in this way took no effect.
    async fn signed(
        &self,
        access: &Access,
        request: Built,
        waits: &[Duration],
    ) -> Result<ApiResponse, Error> {
        let request = request.map_err(|_| Error::Invalid(access.clone()))?;
        let credential = self.credential().await?;
        let mut answer = self.tries(access, &request, waits, &credential).await;
        if matches!(answer, Err(Error::Unauthenticated))
            && let Some(renewed) = self.signer.renewed(&credential).await
        {
            answer = self.tries(access, &request, waits, &renewed).await;
        }
        answer.map_err(|error| self.explained(error))
    }

    /// Names the cause of an error. What is kept for an identity ends when the API server doesn't accept its credential.
    fn explained(&self, error: Error) -> Error {
        let is_refused = matches!(error, Error::Unauthenticated);
        let error = self.signer.explain(error);
        if is_refused {
            self.kept.refuse(&error);
        }
        error
    }

    /// Sends a request, and again after each of the waits while the failure may pass.
    async fn tries(
        &self,
        access: &Access,
        request: &Request<Vec<u8>>,
        waits: &[Duration],
        credential: &Credential,
    ) -> Result<ApiResponse, Error> {
        let tries = async {
            let mut waits = waits.iter();
            loop {
                let answer = self.exchange(access, request.clone(), credential).await;
                let failure = match answer {
                    Ok(answer) => return Ok(answer),
                    Err(failure) => failure,
                };
                let asked = match &failure.error {
                    Error::TooMany { wait, .. } => *wait,
                    _ => Duration::ZERO,
                };
                match waits.next() {
                    Some(wait) if failure.is_transient && asked <= LONGEST_WAIT => {
                        sleep(asked.max(*wait)).await;
                    }
                    _ => return Err(failure.error),
                }
            }
        };
        timeout(DEADLINE, tries)
            .await
            .unwrap_or_else(|_| Err(Error::Timeout(access.clone())))
    }

    async fn exchange(
        &self,
        access: &Access,
        request: Request<Vec<u8>>,
        credential: &Credential,
    ) -> Result<ApiResponse, Failure> {
        let response = self.send(access, request, credential).await?;
        let now = date(&response).unwrap_or_else(Timestamp::now);
        let body = Limited::new(response.into_body(), BODY_LIMIT)
            .collect()
            .await
            .map_err(|error| {
                if error.is::<http_body_util::LengthLimitError>() {
                    return Failure {
                        error: Error::BadAnswer(access.clone()),
                        is_transient: false,
                    };
                }
                self.disconnected(access, &*error)
            })?;
        Ok(ApiResponse {
            body: body.to_bytes(),
            now,
        })
    }

    async fn send(
        &self,
        access: &Access,
        request: Request<Vec<u8>>,
        credential: &Credential,
    ) -> Result<Response<Body>, Failure> {
        tracing::debug!(method = %request.method(), path = request.uri().path(), "requesting");
        let pending = self.connector.observed().request(access);
        let sent = self.signer.send(credential, self.prepared(request)).await;
        let response = sent.map_err(|error| self.disconnected(access, &*error))?;
        pending.answered(response.status());
        match response.status() {
            status if status.is_success() => Ok(response),
            status => {
                let asked = retry_after(&response);
                let mut failure = self.refused(access, status, &explanation(response).await);
                if let (Error::TooMany { wait, .. }, Some(asked)) = (&mut failure.error, asked) {
                    *wait = asked;
                }
                Err(failure)
            }
        }
    }

    /// Adds the headers of a view that acts as a ServiceAccount.
    fn prepared(&self, request: Request<Vec<u8>>) -> Sent {
        let mut request = request.map(|body| Full::new(body.into()));
        if let Some(acting) = &self.acting_as {
            acting.apply(request.headers_mut());
        }
        request
    }

    /// Meaning of an answer that is an error.
    fn refused(&self, access: &Access, status: StatusCode, explanation: &Status) -> Failure {
        let not_impersonated = match &self.acting_as {
            Some(acting) if status == StatusCode::FORBIDDEN => {
                acting.refused(access, &explanation.message, || self.program_user())
            }
            _ => None,
        };
        Failure {
            error: match not_impersonated {
                Some(refused) => Error::NotImpersonated(Box::new(refused)),
                None => Error::of_answer(access.clone(), status.as_u16(), explanation),
            },
            is_transient: is_transient(status),
        }
    }

    /// Meaning of a failure without an answer.
    fn disconnected(&self, access: &Access, error: &(dyn StdError + 'static)) -> Failure {
        // Only texts of the operating system and of TLS are passed on: they contain nothing that was sent.
        let why = causes(error)
            .filter_map(|error| error.downcast_ref::<io::Error>())
            .last();
        let why = why.map_or_else(
            || "the connection was closed".to_owned(),
            ToString::to_string,
        );
        Failure {
            error: Error::Unreachable {
                server: self.connector().endpoint().server.into(),
                access: access.clone(),
                why: why.into(),
            },
            is_transient: true,
        }
    }
}

/// The explanation of an error; empty if the answer is none of Kubernetes', too long or cut off.
async fn explanation(response: Response<Body>) -> Status {
    let body = Limited::new(response.into_body(), STATUS_LIMIT)
        .collect()
        .await;
    body.ok()
        .and_then(|body| serde_json::from_slice(&body.to_bytes()).ok())
        .unwrap_or_default()
}

fn is_unauthenticated(failure: Option<&Failure>) -> bool {
    failure.is_some_and(|failure| matches!(failure.error, Error::Unauthenticated))
}

/// Whether the same read may succeed soon.
fn is_transient(status: StatusCode) -> bool {
    matches!(status.as_u16(), 429 | 502 | 503 | 504)
}

fn causes<'a>(
    error: &'a (dyn StdError + 'static),
) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    let mut next = Some(error);
    std::iter::from_fn(move || {
        let error = next?;
        next = error.source();
        Some(error)
    })
}

/// Time to wait that an answer asks for: seconds, as the API server writes them.
fn retry_after<B>(response: &Response<B>) -> Option<Duration> {
    let seconds = response.headers().get(header::RETRY_AFTER)?;
    seconds.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

fn date<B>(response: &Response<B>) -> Option<Timestamp> {
    let date = response.headers().get(header::DATE)?.to_str().ok()?;
    rfc2822::parse(date).ok().map(|date| date.timestamp())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_transient_failures_are_retried() {
        let retried: Vec<u16> = (300..600)
            .filter(|code| StatusCode::from_u16(*code).is_ok_and(is_transient))
            .collect();
        assert_eq!(retried, [429, 502, 503, 504]);
    }

    #[test]
    fn every_kind_of_event_is_understood() {
        #[derive(Deserialize)]
        struct Object {}
        for kind in ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"] {
            let line =
                format!(r#"{{"type":"{kind}","object":{{"metadata":{{"resourceVersion":"1"}}}}}}"#);
            assert!(
                serde_json::from_str::<Event<Object>>(&line).is_ok(),
                "{kind}"
            );
        }
        let gone = r#"{"type":"ERROR","object":{"kind":"Status","metadata":{},"code":410}}"#;
        let Ok(Event::<Object>::Error(gone)) = serde_json::from_str(gone) else {
            panic!("an error is understood");
        };
        let access = Access::to("watch", "secrets");
        assert!(matches!(gone.error(&access), Error::ListExpired));
        let behind = json!({
            "message": "Timeout: Too large resource version: 9, current: 8",
            "details": { "causes": [{ "reason": "ResourceVersionTooLarge" }] },
        });
        let behind = serde_json::from_value(behind).expect("a status");
        assert!(matches!(
            Error::of_answer(access, 504, &behind),
            Error::ListExpired
        ));
    }

    #[tokio::test]
    async fn lines_come_whole_however_they_are_cut() {
        let text = "one\n\ntwo and more\nthree\nunfinished";
        for length in 1..text.len() {
            let frames = text.as_bytes().chunks(length).map(|chunk| {
                Ok::<_, io::Error>(hyper::body::Frame::data(Bytes::copy_from_slice(chunk)))
            });
            let body =
                http_body_util::StreamBody::new(futures::stream::iter(frames.collect::<Vec<_>>()));
            let (mut lines, mut read) = (Lines::of(body), Vec::new());
            let access = Access::to("watch", "secrets");
            while let Some(line) = lines.next(&access).await.expect("short lines") {
                read.push(String::from_utf8_lossy(line).into_owned());
            }
            assert_eq!(read, ["one", "", "two and more", "three"], "{length}");
        }
    }

    #[test]
    fn the_wait_comes_from_retry_after() {
        for (header, expected) in [
            ("7", Some(7)),
            ("0", Some(0)),
            ("soon", None),
            ("Tue, 24 Nov 2026 03:04:16 GMT", None),
        ] {
            let response = Response::builder()
                .header(header::RETRY_AFTER, header)
                .body(())
                .expect("a response");
            assert_eq!(retry_after(&response).map(|wait| wait.as_secs()), expected);
        }
    }

    #[test]
    fn the_time_comes_from_the_date_header() {
        let response = Response::builder()
            .header(header::DATE, "Tue, 24 Nov 2026 03:04:16 GMT")
            .body(())
            .expect("a response");
        assert_eq!(
            date(&response).map(|t| t.to_string()).as_deref(),
            Some("2026-11-24T03:04:16Z")
        );
        assert_eq!(date(&Response::new(())), None);
    }
}
