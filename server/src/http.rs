//! The HTTP router. Each submodule handles one concern.

mod api;
mod assets;
mod cookies;
mod gate;
mod headers;
mod one_time_link;
mod pages;

use std::{net::SocketAddr, sync::Arc};

use app::{policy::TokenPolicy, session::Addresses};
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

use crate::{background::Tasks, config::Config, identities::Identities, sign_in::SignIn};

/// State shared by all requests.
#[derive(Clone)]
pub struct State {
    identities: Identities,
    sign_in: Arc<SignIn>,
    tasks: Tasks,
    addresses: Addresses,
    policy: TokenPolicy,
    /// Accepted values of the `Host` header.
    allowed_hosts: Arc<[String]>,
    leptos: LeptosOptions,
}

/// Builds the router for the listener at `address`.
pub fn router(
    config: &Config,
    address: SocketAddr,
    cluster: Cluster,
    sign_in: Arc<SignIn>,
    tasks: Tasks,
) -> Router {
    let leptos = LeptosOptions::builder()
        .output_name("kargo-tokens")
        .site_root(config.site.to_string_lossy().into_owned())
        .hash_files(true)
        .build();
    let state = State {
        identities: Identities::new(cluster, sign_in.clone()),
        sign_in,
        tasks,
        addresses: Addresses {
            kargo: config.kargo_address.clone(),
        },
        policy: config.policy(),
        allowed_hosts: gate::allowed_hosts(address, &config.allow_host),
        leptos,
    };
    let private = Router::new()
        .merge(pages::routes(&state))
        .merge(api::routes(&state))
        // Requires sign-in, because the check uses the kubeconfig's credential.
        .route("/readyz", get(ready).with_state(state.clone()))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            gate::require_sign_in,
        ))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            one_time_link::exchange,
        ))
        .layer(CompressionLayer::new());
    Router::new()
        .merge(private)
        .merge(assets::routes(&config.site))
        .route(
            "/healthz",
            get(async || (StatusCode::OK, "ok\n").into_response()),
        )
        .layer(middleware::from_fn(gate::require_same_origin))
        .layer(middleware::from_fn_with_state(
            state,
            gate::require_allowed_host,
        ))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(headers::secure))
}

/// `GET /readyz`: answers 200 if the cluster is reachable, the program's only dependency.
async fn ready(Extract(state): Extract<State>) -> Response {
    match state.identities.program().ready().await {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(_) => (
            StatusCode::SERVICE_UNAVAILABLE,
            "The cluster is unreachable.\n",
        )
            .into_response(),
    }
}
