//! A client of the API server: completes addresses, unpacks answers, and signs in to a proxy that reads requests.

use std::{io, sync::Arc};

use bytes::Bytes;
use http::{HeaderValue, Request, Response, Uri, header, uri::PathAndQuery};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};
use hyper_util::client::legacy::{Builder, Error};
use tower::{BoxError, Layer, ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_http::decompression::DecompressionLayer;

use super::super::{proxy::Protocol, way::Way};
use super::dial::{Dialer, Offer, basic};

/// A request whose address is a path.
pub(in crate::cluster) type Sent = Request<Full<Bytes>>;

/// Body of an answer, as it comes in.
pub(in crate::cluster) type Body = UnsyncBoxBody<Bytes, io::Error>;

/// A client.
pub(super) type Service = BoxCloneSyncService<Sent, Response<Body>, BoxError>;

/// A client of the server, with connections of its own.
pub(super) fn service(builder: &Builder, dialer: &Arc<Dialer>, offer: Offer, way: &Way) -> Service {
    let opener = Arc::clone(dialer);
    let connector = service_fn(move |server| Arc::clone(&opener).dial(server, offer));
    let client = builder.build::<_, Full<Bytes>>(connector);
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
    BoxCloneSyncService::new(service)
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
