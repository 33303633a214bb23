//! Security headers of every response.

use axum::{
    extract::{Request, State as Extract},
    http::{HeaderMap, HeaderName, HeaderValue, header},
    middleware::Next,
    response::Response,
};
use leptos::{nonce::use_nonce, prelude::use_context};
use leptos_axum::ResponseOptions;

/// Whether people use HTTPS, by the configuration and never by a request.
#[derive(Debug, Clone, Copy)]
pub struct IsHttps(pub bool);

/// Adds missing headers: no caching, no framing, no MIME sniffing, and a content security policy that blocks everything. Over HTTPS, browsers
/// shall use nothing else from then on, also for cookies.
pub async fn secure(
    Extract(IsHttps(is_https)): Extract<IsHttps>,
    request: Request,
    next: Next,
) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    if is_https {
        set_default(
            headers,
            header::STRICT_TRANSPORT_SECURITY,
            "max-age=31536000",
        );
        secure_cookies(headers);
    }
    set_default(headers, header::CACHE_CONTROL, "no-store");
    set_default(
        headers,
        header::CONTENT_SECURITY_POLICY,
        "default-src 'none'; frame-ancestors 'none'; base-uri 'none'",
    );
    set_default(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set_default(headers, header::X_FRAME_OPTIONS, "DENY");
    set_default(headers, header::REFERRER_POLICY, "same-origin");
    set_default(
        headers,
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    );
    set_default(
        headers,
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    );
    response
}

/// Adds `Secure` to cookies that lack it.
fn secure_cookies(headers: &mut HeaderMap) {
    let header::Entry::Occupied(mut cookies) = headers.entry(header::SET_COOKIE) else {
        return;
    };
    for cookie in cookies.iter_mut() {
        let text = cookie.to_str().unwrap_or_default();
        if text.split("; ").all(|part| part != "Secure")
            && let Ok(secure) = HeaderValue::from_str(&format!("{text}; Secure"))
        {
            *cookie = secure;
        }
    }
}

fn set_default(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers
        .entry(name)
        .or_insert(HeaderValue::from_static(value));
}

/// Sets the content security policy of the page being rendered: our own files, and inline scripts with the response's nonce.
pub fn set_page_policy() {
    let (Some(nonce), Some(response)) = (use_nonce(), use_context::<ResponseOptions>()) else {
        return;
    };
    // Debug builds reload pages through a web socket on another port.
    let reload = if std::env::var_os("LEPTOS_WATCH").is_some() {
        " ws:"
    } else {
        ""
    };
    let policy = format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self'; \
         connect-src 'self'{reload}; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    );
    if let Ok(policy) = HeaderValue::from_str(&policy) {
        response.insert_header(header::CONTENT_SECURITY_POLICY, policy);
    }
}

#[cfg(test)]
mod tests {
    use axum::{Router, body::Body, middleware::from_fn_with_state, routing::get};
    use tower::ServiceExt;

    use super::*;

    async fn answer(is_https: bool) -> HeaderMap {
        let cookies = [
            (header::SET_COOKIE, "a=1; Path=/"),
            (header::SET_COOKIE, "__Host-b=1; Path=/; Secure"),
        ];
        let set = async move || {
            let mut response = Response::new(Body::empty());
            for (name, value) in cookies {
                let value = HeaderValue::from_static(value);
                response.headers_mut().append(name, value);
            }
            response
        };
        let app = Router::new()
            .route("/", get(set))
            .layer(from_fn_with_state(IsHttps(is_https), secure));
        let response = app.oneshot(Request::new(Body::empty())).await;
        response.expect("an answer").headers().clone()
    }

    #[tokio::test]
    async fn over_https_browsers_are_told_to_use_nothing_else() {
        let headers = answer(true).await;
        assert_eq!(
            headers[header::STRICT_TRANSPORT_SECURITY],
            "max-age=31536000"
        );
        let cookies: Vec<_> = headers.get_all(header::SET_COOKIE).iter().collect();
        assert_eq!(
            cookies,
            ["a=1; Path=/; Secure", "__Host-b=1; Path=/; Secure"]
        );
        let headers = answer(false).await;
        assert!(!headers.contains_key(header::STRICT_TRANSPORT_SECURITY));
        assert_eq!(headers[header::SET_COOKIE], "a=1; Path=/");
        assert_eq!(headers[header::X_FRAME_OPTIONS], "DENY");
    }
}
