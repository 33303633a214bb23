//! The issuer: what its discovery document says, and its keys.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::{
    FutureExt,
    future::{BoxFuture, Shared},
};
use openidconnect::{DiscoveryError, IssuerUrl, ProviderMetadataWithLogout};
use tokio::time::{Instant, timeout};

use super::{
    error::OidcError,
    fetch::{Fetch, FetchError},
};

/// The discovery document, with the keys.
pub type Metadata = ProviderMetadataWithLogout;

/// What a reading of the document leads to.
type Answer = Result<Arc<Metadata>, OidcError>;

/// Age up to which the document and the keys are used.
const FRESH_FOR: Duration = Duration::from_mins(10);
/// Shortest time between two readings for ID tokens that no known key has signed: anybody can make such tokens.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Time for a reading of the document and the keys.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time for which a failure is the answer: people who try again at once don't each wait for an issuer that doesn't answer.
const FAILED_FOR: Duration = Duration::from_secs(5);

/// An issuer of ID tokens.
pub struct Issuer {
    address: IssuerUrl,
    fetch: Fetch,
    known: Arc<Mutex<Known>>,
}

#[derive(Default)]
struct Known {
    /// When the document was read, and what it says.
    read: Option<(Instant, Arc<Metadata>)>,
    /// When the last reading has failed, and why.
    failed: Option<(Instant, OidcError)>,
    /// When it was last read because of an unknown key.
    again: Option<Instant>,
    /// The reading that goes on. All who wait share its answer.
    reading: Option<Shared<BoxFuture<'static, Answer>>>,
}

impl Issuer {
    pub fn new(address: IssuerUrl, fetch: Fetch) -> Self {
        Self {
            address,
            fetch,
            known: Arc::default(),
        }
    }

    pub fn fetch(&self) -> &Fetch {
        &self.fetch
    }

    /// What was read last, however long ago.
    pub fn known(&self) -> Option<Arc<Metadata>> {
        let known = lock(&self.known);
        known
            .read
            .as_ref()
            .map(|(_, metadata)| Arc::clone(metadata))
    }

    /// The document and the keys.
    pub async fn metadata(&self) -> Answer {
        let reading = {
            let mut known = lock(&self.known);
            match &known.read {
                Some((read, metadata)) if read.elapsed() < FRESH_FOR => {
                    return Ok(Arc::clone(metadata));
                }
                _ => self.read(&mut known)?,
            }
        };
        reading.await
    }

    /// The document and the keys, read again for an ID token that no known key has signed.
    pub async fn again(&self) -> Answer {
        let reading = {
            let mut known = lock(&self.known);
            match &known.read {
                Some((_, metadata))
                    if known.again.is_some_and(|last| last.elapsed() < AGAIN_AFTER) =>
                {
                    return Ok(Arc::clone(metadata));
                }
                _ => {
                    known.again = Some(Instant::now());
                    self.read(&mut known)?
                }
            }
        };
        reading.await
    }

    /// The reading that goes on, or a new one: in a task of its own, because whoever asked first may go away. Fails if the last one has just
    /// failed.
    fn read(&self, known: &mut Known) -> Result<Shared<BoxFuture<'static, Answer>>, OidcError> {
        if let Some(reading) = &known.reading {
            return Ok(reading.clone());
        }
        if let Some((time, error)) = &known.failed
            && time.elapsed() < FAILED_FOR
        {
            return Err(error.clone());
        }
        let (address, fetch) = (self.address.clone(), self.fetch.clone());
        let all = Arc::clone(&self.known);
        let task = tokio::spawn(async move {
            let answer = read(address, &fetch).await;
            let mut known = lock(&all);
            known.reading = None;
            match &answer {
                Ok(metadata) => {
                    known.read = Some((Instant::now(), Arc::clone(metadata)));
                    known.failed = None;
                }
                Err(error) => known.failed = Some((Instant::now(), error.clone())),
            }
            answer
        });
        let answer = task.map(|answer| {
            answer.unwrap_or_else(|_| Err(OidcError::Unreachable("the program ends".to_owned())))
        });
        let reading = answer.boxed().shared();
        known.reading = Some(reading.clone());
        Ok(reading)
    }
}

fn lock(known: &Mutex<Known>) -> MutexGuard<'_, Known> {
    known.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn read(address: IssuerUrl, fetch: &Fetch) -> Answer {
    let read = timeout(PATIENCE, Metadata::discover_async(address, fetch)).await;
    let read = read.map_err(|_| {
        OidcError::Unreachable(format!("no answer within {} seconds", PATIENCE.as_secs()))
    })?;
    read.map(Arc::new).map_err(discovery_error)
}

fn discovery_error(error: DiscoveryError<FetchError>) -> OidcError {
    match error {
        DiscoveryError::Request(error @ FetchError::TooLarge) => {
            OidcError::BadAnswer(error.to_string())
        }
        DiscoveryError::Request(error) => OidcError::Unreachable(error.to_string()),
        DiscoveryError::Response(status, ..) => OidcError::BadAnswer(format!(
            "its discovery document answers with status {status}"
        )),
        DiscoveryError::Parse(_) => {
            OidcError::BadAnswer("its discovery document can't be read".to_owned())
        }
        error => OidcError::BadAnswer(error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use futures::future::join_all;
    use tokio::{
        io::{AsyncReadExt, AsyncWriteExt},
        net::TcpListener,
        time::advance,
    };

    use super::*;

    async fn issuer() -> (TcpListener, Issuer) {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let address = IssuerUrl::new(format!("http://{address}")).expect("a URL");
        let issuer = Issuer::new(address, Fetch::new(None, true).expect("a client"));
        (listener, issuer)
    }

    #[tokio::test(start_paused = true)]
    async fn people_who_sign_in_while_the_issuer_hangs_wait_once() {
        let (_listener, issuer) = issuer().await;
        let begun = Instant::now();
        let first = tokio::time::timeout(Duration::from_secs(3), issuer.metadata()).await;
        assert!(first.is_err(), "a browser that went away");
        let all = join_all((0..8).map(|_| issuer.metadata())).await;
        assert!(all.iter().all(Result::is_err));
        assert!(begun.elapsed() < PATIENCE + Duration::from_secs(1));
        // Whoever comes a little later is told at once, and a sign-out never waits.
        let later = Instant::now();
        assert!(issuer.metadata().await.is_err());
        assert!(issuer.known().is_none());
        assert!(later.elapsed() < Duration::from_millis(100));
        advance(FAILED_FOR).await;
        assert!(issuer.metadata().await.is_err());
        assert!(later.elapsed() >= PATIENCE, "asked again");
    }

    #[tokio::test]
    async fn what_was_read_is_known_also_while_the_issuer_is_away() {
        let (listener, issuer) = issuer().await;
        let address = issuer.address.as_str().to_owned();
        let server = tokio::spawn(async move {
            for _ in 0..2 {
                let (mut stream, _) = listener.accept().await.expect("a connection");
                let mut request = vec![0; 4096];
                let length = stream.read(&mut request).await.expect("a request");
                let body = if request[..length].starts_with(b"GET /keys") {
                    r#"{"keys":[]}"#.to_owned()
                } else {
                    format!(
                        r#"{{"issuer":"{address}","authorization_endpoint":"{address}/a","token_endpoint":"{address}/t","jwks_uri":"{address}/keys","response_types_supported":["code"],"subject_types_supported":["public"],"id_token_signing_alg_values_supported":["RS256"]}}"#
                    )
                };
                let head = format!(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {}\r\n\r\n",
                    body.len()
                );
                let answer = head + &body;
                stream.write_all(answer.as_bytes()).await.expect("sent");
            }
        });
        let all = join_all((0..8).map(|_| issuer.metadata())).await;
        assert!(all.iter().all(Result::is_ok), "one reading for all");
        server.await.expect("two requests");
        assert!(issuer.again().await.is_err(), "the issuer is away");
        assert!(issuer.known().is_some());
        assert!(issuer.metadata().await.is_ok(), "fresh enough");
    }
}
