//! HTTP requests to the issuer: without redirects, of bounded size and time, over HTTPS except on this machine.

use std::{fs, io, path::Path, time::Duration};

use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use reqwest::{Certificate, Client, redirect::Policy};
use std::{future::Future, pin::Pin};
use thiserror::Error;

/// Time for one request.
const PATIENCE: Duration = Duration::from_secs(10);
/// Time for a connection.
const CONNECT_PATIENCE: Duration = Duration::from_secs(5);
/// Largest answer in bytes.
const LARGEST: usize = 1024 * 1024;

/// Sends requests to the issuer. Proxies are taken from the usual environment variables.
#[derive(Clone)]
pub struct Fetch(Client);

/// Why an answer could not be had.
#[derive(Debug, Error)]
pub enum FetchError {
    /// The request failed.
    #[error("{0}")]
    Failed(String),
    /// The answer is too large.
    #[error("the answer has more than {LARGEST} bytes")]
    TooLarge,
}

/// Why the file with certificate authorities can't be used.
#[derive(Debug, Error)]
pub enum CaError {
    /// The file can't be read.
    #[error("{0}")]
    Unreadable(#[from] io::Error),
    /// The file has no certificate.
    #[error("it has no certificate in PEM")]
    NotPem,
}

impl Fetch {
    /// `authorities`: a PEM file with certificate authorities that are trusted besides the system's. `is_plain`: plain HTTP is allowed.
    pub fn new(authorities: Option<&Path>, is_plain: bool) -> Result<Self, CaError> {
        let mut builder = Client::builder()
            .redirect(Policy::none())
            .connect_timeout(CONNECT_PATIENCE)
            .timeout(PATIENCE)
            .https_only(!is_plain)
            .user_agent(concat!("kargo-tokens/", env!("CARGO_PKG_VERSION")));
        if let Some(file) = authorities {
            let certificates =
                Certificate::from_pem_bundle(&fs::read(file)?).map_err(|_| CaError::NotPem)?;
            if certificates.is_empty() {
                return Err(CaError::NotPem);
            }
            for certificate in certificates {
                builder = builder.add_root_certificate(certificate);
            }
        }
        builder.build().map(Self).map_err(|_| CaError::NotPem)
    }

    async fn send(&self, request: HttpRequest) -> Result<HttpResponse, FetchError> {
        let request = request.try_into().map_err(|error| failed(&error))?;
        let mut answer = self
            .0
            .execute(request)
            .await
            .map_err(|error| failed(&error))?;
        let mut response = axum::http::Response::builder().status(answer.status());
        if let Some(headers) = response.headers_mut() {
            headers.clone_from(answer.headers());
        }
        let mut body = Vec::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| failed(&error))? {
            if body.len() + chunk.len() > LARGEST {
                return Err(FetchError::TooLarge);
            }
            body.extend_from_slice(&chunk);
        }
        response
            .body(body)
            .map_err(|error| FetchError::Failed(error.to_string()))
    }
}

impl<'c> AsyncHttpClient<'c> for Fetch {
    type Error = FetchError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, FetchError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.send(request))
    }
}

/// The cause in words, without the address: it could have a code in it.
fn failed(error: &reqwest::Error) -> FetchError {
    let mut cause: &dyn std::error::Error = error;
    while let Some(deeper) = cause.source() {
        cause = deeper;
    }
    FetchError::Failed(if error.is_timeout() {
        format!("no answer within {} seconds", PATIENCE.as_secs())
    } else if cause.source().is_none() && std::ptr::eq(cause, error as &dyn std::error::Error) {
        "the request can't be sent".to_owned()
    } else {
        let cause = cause.to_string();
        if cause.contains("UnknownIssuer") {
            format!("{cause}; name the authority that signed the certificate with --oidc-ca")
        } else {
            cause
        }
    })
}
