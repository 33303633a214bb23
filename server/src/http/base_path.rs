//! Takes the base path of `--external-url` from requests, so that nothing behind it knows of one. Addresses get it from [`app::base_path`].

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{StatusCode, Uri, uri::PathAndQuery},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use tower::ServiceBuilder;

/// Serves `app` below the base path. Only the kubelet's probes know no base path.
pub fn below(base_path: &str, app: Router) -> Router {
    if base_path.is_empty() {
        return app;
    }
    let base_path: Arc<str> = base_path.into();
    let take = middleware::from_fn_with_state(base_path, take);
    // A layer of `app` itself would run after its routing.
    Router::new().fallback_service(ServiceBuilder::new().layer(take).service(app))
}

async fn take(State(base_path): State<Arc<str>>, mut request: Request, next: Next) -> Response {
    if !["/healthz", "/readyz"].contains(&request.uri().path()) {
        let Some(uri) = within(&base_path, request.uri()) else {
            let text = format!(
                "Kargo Tokens is at {base_path}/ of this host. A proxy in front of it must pass paths on as they are.\n"
            );
            return (StatusCode::NOT_FOUND, text).into_response();
        };
        *request.uri_mut() = uri;
    }
    next.run(request).await
}

/// The address without the base path; `None` if it is not below it.
fn within(base_path: &str, uri: &Uri) -> Option<Uri> {
    let rest = uri.path_and_query()?.as_str().strip_prefix(base_path)?;
    let rest = match rest.chars().next() {
        None => "/".to_owned(),
        Some('/') => rest.to_owned(),
        Some('?') => format!("/{rest}"),
        Some(_) => return None,
    };
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(rest.parse::<PathAndQuery>().ok()?);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_below_the_base_path_is_taken() {
        for (address, expected) in [
            ("/a/b", Some("/")),
            ("/a/b?c=/a/b", Some("/?c=/a/b")),
            ("/a/b/", Some("/")),
            ("/a/b/system?x", Some("/system?x")),
            ("/a/b//evil.example/x", Some("//evil.example/x")),
            ("/a/bc", None),
            ("/a", None),
            ("/", None),
            ("/x/a/b/system", None),
            ("/A/b/system", None),
        ] {
            let uri = within("/a/b", &address.parse().expect("an address"));
            let found = uri.map(|uri| uri.to_string());
            assert_eq!(found.as_deref(), expected, "{address}");
        }
    }
}
