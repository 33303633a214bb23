//! One request to the API server: sent unchanged, answered with bytes, always within a deadline. Reads are repeated after a transient
//! failure. Writes are never repeated: nobody knows whether the first one took effect.

use std::{error::Error as StdError, io, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, StatusCode, header};
use http_body_util::{BodyExt, Limited};
use jiff::{Timestamp, fmt::rfc2822};
use kube::{
    client::{AuthError, Body},
    core::request::Error as BuildError,
};
use serde::{Deserialize, de::DeserializeOwned};
use tokio::time::{sleep, timeout};

use super::{Cluster, access::Access, error::Error, refusal::Status};

/// Time from sending a request to the end of its answer, repeats included.
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
    pub body: Body,
    /// Time of its start, by the API server's clock.
    pub started: Timestamp,
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
        let request = request.map_err(|_| Error::Invalid(access.clone()))?;
        let tries = async {
            let mut waits = BACKOFF.iter();
            loop {
                let failure = match self.exchange(access, request.clone()).await {
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

    /// Sends a request that changes something, exactly once.
    pub(in crate::cluster) async fn write(
        &self,
        access: &Access,
        request: Built,
    ) -> Result<ApiResponse, Error> {
        let request = request.map_err(|_| Error::Invalid(access.clone()))?;
        let once = async {
            self.exchange(access, request)
                .await
                .map_err(|failure| failure.error)
        };
        timeout(DEADLINE, once)
            .await
            .unwrap_or_else(|_| Err(Error::Timeout(access.clone())))
    }

    /// Opens a watch. The caller reads its events and keeps its deadline.
    pub(in crate::cluster) async fn watch(
        &self,
        access: &Access,
        request: Built,
    ) -> Result<Watch, Error> {
        let request = request.map_err(|_| Error::Invalid(access.clone()))?;
        let response = self
            .send(access, request)
            .await
            .map_err(|failure| failure.error)?;
        Ok(Watch {
            started: date(&response).unwrap_or_else(Timestamp::now),
            body: response.into_body(),
        })
    }

    async fn exchange(
        &self,
        access: &Access,
        request: Request<Vec<u8>>,
    ) -> Result<ApiResponse, Failure> {
        let response = self.send(access, request).await?;
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
    ) -> Result<Response<Body>, Failure> {
        let sent = self.client.send(request.map(Body::from)).await;
        let response = sent.map_err(|error| self.disconnected(access, &error))?;
        match response.status() {
            status if status.is_success() => Ok(response),
            status => {
                let asked = retry_after(&response);
                let explanation = explanation(response).await;
                let mut error = Error::of_answer(access.clone(), status.as_u16(), &explanation);
                if let (Error::TooMany { wait, .. }, Some(asked)) = (&mut error, asked) {
                    *wait = asked;
                }
                Err(Failure {
                    error,
                    is_transient: is_transient(status),
                })
            }
        }
    }

    /// Meaning of a failure without an answer.
    fn disconnected(&self, access: &Access, error: &(dyn StdError + 'static)) -> Failure {
        if causes(error).any(<dyn StdError>::is::<AuthError>) {
            return Failure {
                error: Error::Credential,
                is_transient: false,
            };
        }
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
    use super::*;

    #[test]
    fn only_transient_failures_are_retried() {
        let retried: Vec<u16> = (300..600)
            .filter(|code| StatusCode::from_u16(*code).is_ok_and(is_transient))
            .collect();
        assert_eq!(retried, [429, 502, 503, 504]);
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
