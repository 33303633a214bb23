//! Counts requests by route: never by path, which has names of projects and tokens.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    extract::{MatchedPath, Request, State as Extract},
    http::Method,
    middleware::Next,
    response::Response,
};

use crate::metrics::Metrics;

/// A request that is being answered. Counted when it is dropped: also if the browser doesn't wait for the answer.
struct Measured {
    metrics: Arc<Metrics>,
    route: String,
    method: &'static str,
    began: Instant,
    status: Option<u16>,
}

impl Drop for Measured {
    fn drop(&mut self) {
        let time: Duration = self.began.elapsed();
        self.metrics
            .http(&self.route, self.method, self.status, time);
    }
}

/// Counts a request, and the time until the head of its answer.
pub async fn measure(
    Extract(metrics): Extract<Arc<Metrics>>,
    request: Request,
    next: Next,
) -> Response {
    let matched = request.extensions().get::<MatchedPath>();
    let mut measured = Measured {
        metrics,
        route: route(matched.map(MatchedPath::as_str), request.uri().path()),
        method: method(request.method()),
        began: Instant::now(),
        status: None,
    };
    let response = next.run(request).await;
    measured.status = Some(response.status().as_u16());
    response
}

/// The route of a request. The app's own router knows its pages; here they are told from the path.
fn route(matched: Option<&str>, path: &str) -> String {
    if path.starts_with("/pkg/") {
        return "/pkg/{file}".to_owned();
    }
    if let Some(matched) = matched {
        return matched.to_owned();
    }
    let mut parts = path.trim_start_matches('/').splitn(4, '/');
    let first = parts.next().unwrap_or_default();
    let (scope, page) = match first {
        "inventory" | "session" => ("", None),
        "system" => ("/system", parts.next()),
        "projects" if parts.next().is_some() => ("/projects/{project}", parts.next()),
        _ => return "other".to_owned(),
    };
    match page {
        _ if scope.is_empty() => format!("/{first}"),
        None => scope.to_owned(),
        Some("tokens") => format!("{scope}/tokens/{{token}}"),
        Some("compromised") => format!("{scope}/compromised/{{token}}"),
        Some(_) => "other".to_owned(),
    }
}

fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        _ => "other",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_route_holds_no_name() {
        for (matched, path, expected) in [
            (None, "/system", "/system"),
            (None, "/system/tokens/ci-1", "/system/tokens/{token}"),
            (None, "/system/compromised/a", "/system/compromised/{token}"),
            (None, "/system/secret", "other"),
            (None, "/projects/demo", "/projects/{project}"),
            (
                None,
                "/projects/demo/tokens/ci-1",
                "/projects/{project}/tokens/{token}",
            ),
            (
                None,
                "/projects/demo/tokens/ci-1/more",
                "/projects/{project}/tokens/{token}",
            ),
            (None, "/projects", "other"),
            (None, "/inventory", "/inventory"),
            (None, "/session", "/session"),
            (None, "/wp-login.php", "other"),
            (None, "//evil.example/a", "other"),
            (Some("/api/{function}"), "/api/x", "/api/{function}"),
            (Some("/"), "/", "/"),
            (Some("/pkg/{*rest}"), "/pkg/a.js", "/pkg/{file}"),
        ] {
            assert_eq!(route(matched, path), expected, "{path}");
        }
    }

    #[test]
    fn methods_are_few() {
        assert_eq!(method(&Method::POST), "POST");
        let invented = Method::from_bytes(b"INVENTED").expect("a method");
        assert_eq!(method(&invented), "other");
    }
}
