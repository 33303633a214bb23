//! Serves the site: precompressed, and cached by browsers permanently where names have a content hash.

use axum::{
    Router,
    extract::{Path, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, VARY},
    },
    response::{IntoResponse, Response},
    routing::get,
};

use crate::site::Site;

/// Compressed forms of a file, the smallest first: the name in headers, and the end of the file's name.
const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

/// Routes of `/pkg/…` and the icon.
pub fn routes(site: Site) -> Router {
    let icon = async |State(site): State<Site>, headers: HeaderMap| {
        answer(&site, "favicon.svg", &headers, "public, max-age=3600")
    };
    let pkg = async |State(site): State<Site>, Path(name): Path<String>, headers: HeaderMap| {
        let path = format!("pkg/{name}");
        answer(
            &site,
            &path,
            &headers,
            "public, max-age=31536000, immutable",
        )
    };
    Router::new()
        .route("/pkg/{name}", get(pkg))
        .route("/favicon.svg", get(icon))
        .with_state(site)
}

fn answer(site: &Site, path: &str, headers: &HeaderMap, cache: &'static str) -> Response {
    let Some(content_type) = content_type(path) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let compressed = ENCODINGS
        .iter()
        .filter(|(name, _)| accepts(headers, name))
        .find_map(|(name, end)| Some((*name, site.read(&format!("{path}{end}"))?)));
    let (encoding, content) = match compressed {
        Some((name, content)) => (Some(name), content),
        None => match site.read(path) {
            Some(content) => (None, content),
            None => return StatusCode::NOT_FOUND.into_response(),
        },
    };
    let mut response = content.into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(VARY, HeaderValue::from_static("accept-encoding"));
    if let Some(name) = encoding {
        headers.insert(CONTENT_ENCODING, HeaderValue::from_static(name));
    }
    response
}

/// The media type of a file that the site can have.
fn content_type(path: &str) -> Option<&'static str> {
    let (_, extension) = path.rsplit_once('.')?;
    Some(match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        _ => return None,
    })
}

/// Whether a browser accepts a compressed form. A weight of 0 refuses it.
fn accepts(headers: &HeaderMap, encoding: &str) -> bool {
    headers
        .get_all(ACCEPT_ENCODING)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|part| {
            let (name, weight) = part.split_once(';').unwrap_or((part, ""));
            let weight = weight.trim().strip_prefix("q=").unwrap_or("1");
            name.trim().eq_ignore_ascii_case(encoding)
                && weight.parse::<f32>().is_ok_and(|weight| weight > 0.0)
        })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use axum::{body::Body, http::Request};
    use http_body_util::BodyExt;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_browser_gets_the_smallest_form_that_it_accepts() {
        let folder = tempfile::tempdir().expect("a folder");
        fs::create_dir(folder.path().join("pkg")).expect("a folder");
        for name in ["a.1.js", "a.1.js.br", "a.1.js.gz", "b.1.wasm"] {
            fs::write(folder.path().join("pkg").join(name), name).expect("a file");
        }
        let routes = routes(Site::new(Some(folder.path().to_owned())));
        let get = async |path: &str, accepted: &str| {
            let request = Request::get(path)
                .header(ACCEPT_ENCODING, accepted)
                .body(Body::empty())
                .expect("a request");
            let response = routes.clone().oneshot(request).await.expect("an answer");
            let (parts, body) = response.into_parts();
            let body = body.collect().await.expect("a body").to_bytes();
            let text = String::from_utf8_lossy(&body).into_owned();
            (parts.status.as_u16(), text, parts.headers)
        };
        for (accepted, expected, encoding) in [
            ("gzip, deflate, br", "a.1.js.br", Some("br")),
            ("gzip;q=1.0, br;q=0", "a.1.js.gz", Some("gzip")),
            ("GZIP", "a.1.js.gz", Some("gzip")),
            ("br;q=nonsense", "a.1.js", None),
            ("", "a.1.js", None),
        ] {
            let (status, body, headers) = get("/pkg/a.1.js", accepted).await;
            assert_eq!((status, body.as_str()), (200, expected), "{accepted}");
            let sent = headers.get(CONTENT_ENCODING).map(HeaderValue::as_bytes);
            assert_eq!(sent, encoding.map(str::as_bytes), "{accepted}");
            assert_eq!(headers[CONTENT_TYPE], "text/javascript; charset=utf-8");
        }
        assert_eq!(get("/pkg/b.1.wasm", "br").await.1, "b.1.wasm");
        let long = format!("/pkg/{}.js", "a".repeat(300));
        for absent in [
            "/pkg/a.1.js.br",
            "/pkg/none.js",
            "/pkg/..%2Fpkg%2Fa.1.js",
            &long,
        ] {
            let (status, _, headers) = get(absent, "br").await;
            assert_eq!(
                (status, headers.get(CACHE_CONTROL)),
                (404, None),
                "{absent}"
            );
        }
    }
}
