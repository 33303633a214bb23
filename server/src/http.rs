//! The HTTP server: which request is let through, and to whom it goes. One concern a file below.

mod api;
mod assets;
mod gate;
mod headers;
mod pages;
mod signing;

use std::{net::SocketAddr, sync::Arc};

use app::api::{Addresses, Policy};
use axum::{
    Router,
    extract::State as Extract,
    http::StatusCode,
    middleware,
    response::{IntoResponse, Response},
    routing::get,
};
use kargo::cluster::Cluster;
use leptos::config::LeptosOptions;
use tower_http::{catch_panic::CatchPanicLayer, compression::CompressionLayer};

use crate::{config::Config, sign_in::SignIn};

/// What requests need.
#[derive(Clone)]
pub struct State {
    /// The identity that everybody signed in here acts as.
    cluster: Cluster,
    sign_in: Arc<SignIn>,
    addresses: Addresses,
    policy: Policy,
    /// Values of the `Host` header that are answered.
    hosts: Arc<[String]>,
    leptos: LeptosOptions,
}

/// The whole server, for the listener at `address`.
pub fn router(
    config: &Config,
    address: SocketAddr,
    cluster: Cluster,
    sign_in: Arc<SignIn>,
) -> Router {
    let leptos = LeptosOptions::builder()
        .output_name("kargo-tokens")
        .site_root(config.site.to_string_lossy().into_owned())
        .hash_files(true)
        .build();
    let state = State {
        cluster,
        sign_in,
        addresses: Addresses {
            kargo: config.kargo_address.clone(),
        },
        policy: config.policy(),
        hosts: gate::hosts(address, &config.allow_host),
        leptos,
    };
    let private = Router::new()
        .merge(pages::routes(&state))
        .merge(api::routes(&state))
        // For those who signed in: it spends the kubeconfig's credential.
        .route("/readyz", get(ready).with_state(state.clone()))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            gate::only_signed_in,
        ))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            signing::exchange,
        ))
        .layer(CompressionLayer::new());
    Router::new()
        .merge(private)
        .merge(assets::routes(&config.site))
        .route(
            "/healthz",
            get(async || (StatusCode::OK, "ok\n").into_response()),
        )
        .layer(middleware::from_fn(gate::only_same_origin_writes))
        .layer(middleware::from_fn_with_state(
            state,
            gate::only_known_hosts,
        ))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(headers::secure))
}

/// Whether the cluster can be reached: nothing else could keep this program from working.
async fn ready(Extract(state): Extract<State>) -> Response {
    match state.cluster.ready().await {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "the cluster can't be reached\n",
        )
            .into_response(),
    }
}
