//! The HTTP router. Each submodule handles one concern.

mod api;
mod assets;
mod cookies;
mod gate;
mod headers;
mod one_time_link;
mod pages;
mod probes;

use std::{net::SocketAddr, sync::Arc};

use app::{policy::TokenPolicy, session::Addresses};
use axum::{Router, middleware};
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
        .layer(middleware::from_fn_with_state(
            state.clone(),
            gate::require_sign_in,
        ))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            one_time_link::exchange,
        ))
        .layer(CompressionLayer::new());
    let probes = probes::routes(&state);
    Router::new()
        .merge(private)
        .merge(assets::routes(&config.site))
        .layer(middleware::from_fn(gate::require_same_origin))
        .layer(middleware::from_fn_with_state(
            state,
            gate::require_allowed_host,
        ))
        .merge(probes)
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(headers::secure))
}
