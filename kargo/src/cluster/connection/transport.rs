//! Connections to an API server for one client certificate, or for none. Headers with credentials are added by whoever sends a request.

mod dial;
mod p521;
mod tls;

use std::{io, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header, uri::PathAndQuery};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper_util::{
    client::legacy::{Client, Error},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::sign::CertifiedKey;
use tower::{BoxError, Layer, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_http::decompression::DecompressionLayer;

use super::{proxy::Protocol, way::Way};
use dial::Dialer;

pub(super) use {dial::basic, tls::client_certificate};

/// Connections to an API server. Clones share them.
#[derive(Clone)]
pub(super) struct Transport {
    dialer: Arc<Dialer>,
    service: BoxCloneSyncService<Sent, Response<Body>, BoxError>,
}

/// A request whose address is a path.
pub(super) type Sent = Request<Full<Bytes>>;

/// Body of an answer, as it comes in.
pub(in crate::cluster) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// Time after which an idle connection is closed.
const IDLE: Duration = Duration::from_secs(10);
/// Idle connections that are kept.
const KEPT: usize = 4;

impl Transport {
    /// Sets connections up, and opens none yet.
    pub fn new(way: &Way, client: Option<Arc<CertifiedKey>>) -> Result<Self, rustls::Error> {
        let dialer = Dialer::new(way, tls::config(&way.trust, client)?);
        Ok(Self::by(Arc::new(dialer), way))
    }

    /// Other connections, with the same TLS settings and certificates.
    pub fn apart(&self, way: &Way) -> Self {
        Self::by(Arc::clone(&self.dialer), way)
    }

    fn by(dialer: Arc<Dialer>, way: &Way) -> Self {
        let opener = Arc::clone(&dialer);
        let connector = service_fn(move |server| Arc::clone(&opener).dial(server));
        // Each identity has connections of its own, so idle ones would use up the files that the program may open.
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(KEPT)
            .build::<_, Full<Bytes>>(connector);
        let decompression = DecompressionLayer::new().gzip(way.compressed);
        let (server, proxy_user) = (way.server.clone(), proxy_user(way));
        let service = decompression
            .layer(client)
            .map_request(move |mut request: Sent| {
                *request.uri_mut() = absolute(&server, request.uri());
                if let Some(user) = &proxy_user {
                    let headers = request.headers_mut();
                    headers.insert(header::PROXY_AUTHORIZATION, user.clone());
                }
                request
            })
            .map_response(|response: Response<_>| {
                response.map(|body| body.map_err(io::Error::other).boxed_unsync())
            })
            .map_err(|error: Error| -> BoxError { Box::new(error) });
        Self {
            dialer,
            service: BoxCloneSyncService::new(service),
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: Sent) -> Result<Response<Body>, BoxError> {
        self.service.clone().oneshot(request).await
    }
}

/// The address of a request: that of the server, which may have a path, and the path of the request.
fn absolute(server: &Uri, request: &Uri) -> Uri {
    let mut parts = server.clone().into_parts();
    let base = server.path().trim_end_matches('/');
    let path = request.path_and_query().map_or("/", PathAndQuery::as_str);
    parts.path_and_query = format!("{base}{path}").parse().ok();
    Uri::from_parts(parts).expect("a server has scheme and host, and a path was added")
}

/// Signs in to a proxy that reads the requests themselves. One that opens a tunnel is told when it is opened.
fn proxy_user(way: &Way) -> Option<HeaderValue> {
    let proxy = way.proxy.as_ref().filter(|_| !way.is_encrypted())?;
    if proxy.protocol == Protocol::Socks5 {
        return None;
    }
    basic(proxy.user.as_ref()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_a_server_comes_before_that_of_a_request() {
        for (server, request, expected) in [
            ("https://a:6443", "/api/v1?x=1", "https://a:6443/api/v1?x=1"),
            ("https://a/", "/api", "https://a/api"),
            (
                "https://a/k8s/clusters/c1",
                "/api",
                "https://a/k8s/clusters/c1/api",
            ),
            ("https://a/k8s/", "/api?a=/b", "https://a/k8s/api?a=/b"),
            ("http://[::1]:8080/k8s", "/", "http://[::1]:8080/k8s/"),
        ] {
            let [server, request]: [Uri; 2] =
                [server, request].map(|text| text.parse().expect("a URI"));
            assert_eq!(absolute(&server, &request).to_string(), expected);
        }
    }
}
