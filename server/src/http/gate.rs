//! Which requests are let through: for a known host, written from our own pages, by somebody who signed in.

use std::{net::SocketAddr, sync::Arc};

use app::api::ApiError;
use axum::{
    body::Body,
    extract::{Request, State as Extract},
    http::{
        HeaderMap, Method, StatusCode,
        header::{HOST, ORIGIN},
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{State, api::problem};

/// The hosts that browsers may name: this machine's own names with our port, and those that were configured.
/// Everything else could be another site's name that was made to lead here (DNS rebinding).
pub fn hosts(address: SocketAddr, more: &[String]) -> Arc<[String]> {
    let port = address.port();
    let own = [
        address.to_string(),
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
    ];
    own.into_iter()
        .chain(more.iter().cloned())
        .map(|host| host.to_ascii_lowercase())
        .collect()
}

/// Refuses requests for other hosts.
pub async fn only_known_hosts(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let host = host(request.headers());
    if host.is_some_and(|host| state.hosts.contains(&host)) {
        return next.run(request).await;
    }
    let text = "This address is not answered here. Use the one that kargo-tokens printed, or start it with --allow-host.\n";
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

fn host(headers: &HeaderMap) -> Option<String> {
    headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map(str::to_ascii_lowercase)
}

/// Refuses requests that could change something unless our own pages made them. A browser always says so on a POST.
pub async fn only_same_origin_writes(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) || is_same_origin(request.headers())
    {
        return next.run(request).await;
    }
    let text =
        "This request was not made by one of Kargo Tokens' own pages, so nothing was done.\n";
    (StatusCode::FORBIDDEN, text).into_response()
}

fn is_same_origin(headers: &HeaderMap) -> bool {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let site = text("sec-fetch-site");
    let origin = text(ORIGIN.as_str());
    let own = host(headers).map(|host| format!("http://{host}"));
    match (site, origin) {
        // Only the browser itself can set it, and it knows the scheme, which a proxy in front of us may have changed.
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => Some(origin.to_ascii_lowercase()) == own,
        (None, None) => false,
    }
}

/// Lets nobody in who has not signed in: pages lead to the sign-in page, server functions answer 401.
pub async fn only_signed_in(
    Extract(state): Extract<State>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if state.sign_in.is_signed_in(request.headers()) {
        request.extensions_mut().insert(state.cluster.clone());
        next.run(request).await
    } else if path == "/sign-in" {
        next.run(request).await
    } else if path.starts_with("/api/") {
        problem(&ApiError::signed_out())
    } else {
        Redirect::to("/sign-in").into_response()
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let own = ("host", "127.0.0.1:3000");
        pairs
            .iter()
            .chain([&own])
            .map(|(name, value)| {
                (
                    HeaderName::from_static(name),
                    HeaderValue::from_static(value),
                )
            })
            .collect()
    }

    #[test]
    fn our_own_pages_may_write() {
        assert!(is_same_origin(&headers(&[
            ("origin", "http://127.0.0.1:3000"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(
            is_same_origin(&headers(&[("origin", "http://127.0.0.1:3000")])),
            "older browsers"
        );
        assert!(
            is_same_origin(&headers(&[
                ("origin", "https://127.0.0.1:3000"),
                ("sec-fetch-site", "same-origin")
            ])),
            "behind a proxy that speaks HTTPS"
        );
    }

    #[test]
    fn nobody_else_may() {
        for pairs in [
            &[
                ("origin", "http://evil.example"),
                ("sec-fetch-site", "cross-site"),
            ][..],
            &[
                ("origin", "http://127.0.0.1:4000"),
                ("sec-fetch-site", "same-site"),
            ],
            &[("origin", "http://127.0.0.1:4000")],
            &[("origin", "https://127.0.0.1:3000")],
            &[("origin", "null")],
            &[("sec-fetch-site", "none")],
            &[
                ("origin", "http://127.0.0.1:3000"),
                ("sec-fetch-site", "cross-site"),
            ],
            &[],
        ] {
            assert!(!is_same_origin(&headers(pairs)), "{pairs:?}");
        }
    }

    #[test]
    fn known_hosts_are_the_machines_own_and_the_configured() {
        let hosts = hosts(([127, 0, 0, 1], 3000).into(), &["Tokens.corp".to_owned()]);
        for host in [
            "127.0.0.1:3000",
            "localhost:3000",
            "[::1]:3000",
            "tokens.corp",
        ] {
            assert!(hosts.contains(&host.to_owned()), "{host}");
        }
        assert!(!hosts.contains(&"127.0.0.1".to_owned()));
    }
}
