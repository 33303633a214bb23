//! Access checks on requests: allowed host, same origin for writes, signed-in user.

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

use super::{State, api::error_response};

/// Returns the accepted hosts: loopback names with our port, and the configured hosts. The check prevents DNS rebinding, in which another
/// site's name resolves to this server.
pub fn allowed_hosts(address: SocketAddr, configured: &[String]) -> Arc<[String]> {
    let port = address.port();
    let names = [
        address.ip().to_string(),
        "localhost".to_owned(),
        "127.0.0.1".to_owned(),
        "[::1]".to_owned(),
    ];
    let with_port = names.iter().map(|name| format!("{name}:{port}"));
    // Browsers leave the default port out.
    let without_port = names.iter().filter(|_| port == 80).cloned();
    with_port
        .chain(without_port)
        .chain([address.to_string()])
        .chain(configured.iter().cloned())
        .map(|host| host.to_ascii_lowercase())
        .collect()
}

/// Refuses requests for other hosts.
pub async fn require_allowed_host(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let host = host(request.headers());
    if host
        .as_ref()
        .is_some_and(|host| state.allowed_hosts.contains(host))
    {
        return next.run(request).await;
    }
    // The host is repeated only in the form that hosts have.
    let flag = host
        .filter(|host| {
            host.len() < 256
                && host
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b"-.:[]_".contains(&b))
        })
        .map_or("--allow-host HOST:PORT".to_owned(), |host| {
            format!("--allow-host {host}")
        });
    let text = format!(
        "Unknown host. Use the address that kargo-tokens printed, or start it with: {flag}\n"
    );
    (StatusCode::MISDIRECTED_REQUEST, text).into_response()
}

fn host(headers: &HeaderMap) -> Option<String> {
    headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map(str::to_ascii_lowercase)
}

/// Refuses writes unless our own pages sent them. Browsers add `Origin` or `Sec-Fetch-Site` to every POST.
pub async fn require_same_origin(request: Request, next: Next) -> Response {
    if matches!(*request.method(), Method::GET | Method::HEAD) || is_same_origin(request.headers())
    {
        return next.run(request).await;
    }
    let text = "Nothing was changed: the request did not come from a page of Kargo Tokens.\n";
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
        // Only browsers can set `Sec-Fetch-Site`. It takes the scheme into account, which a proxy in front of us may have changed.
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => Some(origin.to_ascii_lowercase()) == own,
        (None, None) => false,
    }
}

/// Requires sign-in: pages redirect to the sign-in page, server functions answer 401.
pub async fn require_sign_in(
    Extract(state): Extract<State>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let path = request.uri().path();
    if let Some(cluster) = state.identities.for_request(request.headers()) {
        request.extensions_mut().insert(cluster);
        next.run(request).await
    } else if path == "/sign-in" {
        next.run(request).await
    } else if path.starts_with("/api/") {
        error_response(&ApiError::signed_out())
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
    fn same_origin_writes_are_allowed() {
        assert!(is_same_origin(&headers(&[
            ("origin", "http://127.0.0.1:3000"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(
            is_same_origin(&headers(&[("origin", "http://127.0.0.1:3000")])),
            "older browsers send no Sec-Fetch-Site"
        );
        assert!(
            is_same_origin(&headers(&[
                ("origin", "https://127.0.0.1:3000"),
                ("sec-fetch-site", "same-origin")
            ])),
            "behind an HTTPS proxy"
        );
    }

    #[test]
    fn writes_from_other_origins_are_refused() {
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
    fn loopback_names_and_configured_hosts_are_allowed() {
        let hosts = allowed_hosts(([127, 0, 0, 1], 3000).into(), &["Tokens.corp".to_owned()]);
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
