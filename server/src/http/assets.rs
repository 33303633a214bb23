//! Built files: precompressed, with a content hash in their name, so browsers cache them permanently.

use std::path::Path;

use axum::{
    Router,
    http::{HeaderValue, StatusCode, header::CACHE_CONTROL},
};
use tower::{ServiceBuilder, util::MapResponseLayer};
use tower_http::{
    services::{ServeDir, ServeFile},
    set_header::SetResponseHeaderLayer,
};

/// Routes of `/pkg/…` and the icon.
pub fn routes(site: &Path) -> Router {
    let cache_control = |value: &'static str| {
        SetResponseHeaderLayer::overriding(
            CACHE_CONTROL,
            move |response: &axum::http::Response<_>| {
                response
                    .status()
                    .is_success()
                    .then_some(HeaderValue::from_static(value))
            },
        )
    };
    let pkg = ServeDir::new(site.join("pkg"))
        .precompressed_br()
        .precompressed_gzip();
    // A name that the file system refuses, because it is too long, is the name of no file.
    let not_found = MapResponseLayer::new(|response: axum::http::Response<_>| {
        let is_failure = response.status().is_server_error();
        let (mut parts, body) = response.into_parts();
        if is_failure {
            parts.status = StatusCode::NOT_FOUND;
        }
        axum::http::Response::from_parts(parts, body)
    });
    Router::new()
        .nest_service(
            "/pkg",
            ServiceBuilder::new()
                .layer(not_found)
                .layer(cache_control("public, max-age=31536000, immutable"))
                .service(pkg),
        )
        .route_service(
            "/favicon.svg",
            ServiceBuilder::new()
                .layer(cache_control("public, max-age=3600"))
                .service(ServeFile::new(site.join("favicon.svg"))),
        )
}
