//! `/sign-in?key=…`: the target of a one-time link. Without a key, the request falls through to the sign-in page.

use app::{base_path::at, sign_in::Refusal};
use axum::{
    extract::{Query, Request, State as Extract},
    http::{Method, StatusCode},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};

use super::{
    State,
    audit::Note,
    sign_in::{hop, refuse, with_cookies},
};
use crate::sessions::Credential;

#[derive(serde::Deserialize)]
struct Key {
    key: String,
}

/// Exchanges a key for a cookie, then opens the token list.
///
/// Opens the list through an HTML page instead of a redirect: after a redirect, a browser that came from another site (such as a web
/// terminal) would not send the `SameSite=Strict` cookie.
pub async fn exchange(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    let is_asked_for = matches!(*request.method(), Method::GET | Method::HEAD);
    if request.uri().path() != "/sign-in" || !is_asked_for {
        return next.run(request).await;
    }
    let Ok(Query(Key { key })) = Query::try_from_uri(request.uri()) else {
        return next.run(request).await;
    };
    // A prefetch, a preview or an image of another page must not use the address up.
    if !is_navigation(&request) {
        return StatusCode::NO_CONTENT.into_response();
    }
    let cookies = if state.ways.local && state.one_time_addresses.exchange(&key) {
        state.sessions.begin(Credential::Local).ok()
    } else {
        None
    };
    match cookies {
        Some(cookies) => Note::signed_in("local", Credential::Local.person())
            .to(with_cookies(hop(&at("/"), "You are signed in."), cookies)),
        None if state.sessions.of(request.headers()).is_some() => {
            refused().to(Redirect::to(&at("/")).into_response())
        }
        None => refused().to(refuse(Refusal::Key)),
    }
}

/// The key is not the valid one.
fn refused() -> Note {
    Note {
        verb: Some("sign_in"),
        way: Some("local"),
        ..Note::refused("key")
    }
}

/// Whether a person opened the address. Programs other than browsers send none of these headers.
fn is_navigation(request: &Request) -> bool {
    let says = |name: &str, expected: &str| {
        request
            .headers()
            .get(name)
            .is_none_or(|value| value == expected)
    };
    let is_ahead = ["purpose", "sec-purpose", "x-moz"]
        .iter()
        .any(|name| request.headers().contains_key(*name));
    request.method() == Method::GET
        && says("sec-fetch-mode", "navigate")
        && says("sec-fetch-dest", "document")
        && !is_ahead
}

#[cfg(test)]
mod tests {
    use axum::body::Body;

    use super::*;

    #[test]
    fn only_a_navigation_uses_the_address_up() {
        let request = |method: Method, headers: &[(&str, &str)]| {
            let mut request = Request::builder().method(method).uri("/sign-in?key=x");
            for (name, value) in headers {
                request = request.header(*name, *value);
            }
            request.body(Body::empty()).expect("a request")
        };
        let navigation = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
        ];
        assert!(is_navigation(&request(Method::GET, &navigation)));
        assert!(is_navigation(&request(Method::GET, &[])));
        for (method, headers) in [
            (Method::HEAD, vec![]),
            (
                Method::GET,
                vec![("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "image")],
            ),
            (
                Method::GET,
                vec![("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")],
            ),
            (
                Method::GET,
                [&navigation[..], &[("sec-purpose", "prefetch")]].concat(),
            ),
            (Method::GET, vec![("purpose", "prefetch")]),
        ] {
            assert!(!is_navigation(&request(method, &headers)), "{headers:?}");
        }
    }
}
