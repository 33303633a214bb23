//! Access checks on requests: allowed host, same origin for writes, signed-in user.

use std::{net::SocketAddr, sync::Arc};

use app::{api::ApiError, base_path::at, protocol::AUTOMATIC, sign_in::Refusal};
use axum::{
    body::Body,
    extract::{Request, State as Extract},
    http::{
        HeaderMap, Method, StatusCode,
        header::{HOST, ORIGIN, SET_COOKIE},
    },
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{State, audit::Note, error::error_response, peer::Peer, sign_in::with_cookies};

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
    let without_port = names.iter().filter(|_| matches!(port, 80 | 443)).cloned();
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
    if request.headers().get_all(HOST).iter().count() > 1 {
        // Something before us may have judged the other one.
        let text = "The request has more than one Host header.\n";
        return Note::refused("other_host").to((StatusCode::BAD_REQUEST, text).into_response());
    }
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
    Note::refused("other_host").to((StatusCode::MISDIRECTED_REQUEST, text).into_response())
}

fn host(headers: &HeaderMap) -> Option<String> {
    headers
        .get(HOST)
        .and_then(|host| host.to_str().ok())
        .map(str::to_ascii_lowercase)
}

/// Refuses writes unless our own pages sent them. Browsers add `Origin` or `Sec-Fetch-Site` to every POST.
pub async fn require_same_origin(
    Extract(state): Extract<State>,
    request: Request,
    next: Next,
) -> Response {
    let peer = request.extensions().get::<Peer>();
    let is_https = peer.is_some_and(|peer| peer.is_https);
    let external = state.external_origin.as_deref();
    if matches!(*request.method(), Method::GET | Method::HEAD)
        || is_same_origin(request.headers(), is_https, external)
    {
        return next.run(request).await;
    }
    let text = "Nothing was changed: the request did not come from a page of Kargo Tokens.\n";
    Note::refused("other_site").to((StatusCode::FORBIDDEN, text).into_response())
}

fn is_same_origin(headers: &HeaderMap, is_https: bool, external: Option<&str>) -> bool {
    let text = |name: &str| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or_default())
    };
    let site = text("sec-fetch-site");
    let origin = text(ORIGIN.as_str());
    let scheme = if is_https { "https" } else { "http" };
    let own = host(headers).map(|host| format!("{scheme}://{host}"));
    match (site, origin) {
        // Only browsers can set `Sec-Fetch-Site`. It takes the scheme into account, which a proxy in front of us may have changed.
        (Some(site), _) => site == "same-origin",
        (None, Some(origin)) => {
            let origin = origin.to_ascii_lowercase();
            Some(origin.as_str()) == own.as_deref() || Some(origin.as_str()) == external
        }
        (None, None) => false,
    }
}

/// Requires a session: pages redirect to the sign-in page, server functions answer 401. Keeps a session in use from ending as idle.
pub async fn require_session(
    Extract(state): Extract<State>,
    mut request: Request<Body>,
    next: Next,
) -> Response {
    let session = state.sessions.of(request.headers());
    let session = session.filter(|session| session.credential.is_offered(&state.ways));
    let person = session
        .as_ref()
        .and_then(|session| state.identities.of(session));
    let path = request.uri().path();
    if let (Some(mut session), Some(person)) = (session, person) {
        // An open page asks by itself: that keeps no session from ending as idle.
        let cookies = if is_automatic(&request) {
            vec![]
        } else {
            state.sessions.renewed(&mut session)
        };
        let note = Note {
            person: Some(person.name().to_owned()),
            ..Note::default()
        };
        request.extensions_mut().insert(person);
        request.extensions_mut().insert(Arc::new(session));
        let mut response = next.run(request).await;
        // A response that ends the session has cookies of its own.
        if !response.headers().contains_key(SET_COOKIE) {
            response = with_cookies(response, cookies);
        }
        note.to(response)
    } else if path == "/sign-in" {
        next.run(request).await
    } else if path.starts_with("/api/") || path == "/events" {
        error_response(&ApiError::signed_out())
    } else {
        let address = if state.sessions.has_cookie(request.headers()) {
            Refusal::Ended.address()
        } else {
            at("/sign-in")
        };
        Note::refused("unauthenticated").to(Redirect::to(&address).into_response())
    }
}

/// Whether a page sent the request by itself, because something has changed in the cluster.
fn is_automatic(request: &Request) -> bool {
    request.uri().path() == "/events" || request.headers().contains_key(AUTOMATIC)
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
        assert!(is_same_origin(
            &headers(&[
                ("origin", "http://127.0.0.1:3000"),
                ("sec-fetch-site", "same-origin")
            ]),
            false,
            None
        ));
        assert!(
            is_same_origin(
                &headers(&[("origin", "http://127.0.0.1:3000")]),
                false,
                None
            ),
            "older browsers send no Sec-Fetch-Site"
        );
        let secure = headers(&[("origin", "https://127.0.0.1:3000")]);
        assert!(is_same_origin(&secure, true, None));
        let external = Some("https://127.0.0.1:3000");
        assert!(is_same_origin(&secure, false, external));
        let plain = headers(&[("origin", "http://127.0.0.1:3000")]);
        assert!(!is_same_origin(&plain, true, None));
        assert!(
            is_same_origin(
                &headers(&[
                    ("origin", "https://127.0.0.1:3000"),
                    ("sec-fetch-site", "same-origin")
                ]),
                false,
                None
            ),
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
            assert!(!is_same_origin(&headers(pairs), false, None), "{pairs:?}");
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
