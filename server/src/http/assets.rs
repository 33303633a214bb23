//! Built files: precompressed, with a content hash in their name, so browsers cache them permanently.

use std::path::Path;

use axum::{
    Router,
    http::{HeaderValue, header::CACHE_CONTROL},
};
use tower::ServiceBuilder;
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
    Router::new()
        .nest_service(
            "/pkg",
            ServiceBuilder::new()
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
