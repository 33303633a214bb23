//! The HTTP router. Each submodule handles one concern.

mod api;
mod audit;
mod base_path;
mod cookies;
mod error;
mod events;
mod export;
mod gate;
mod headers;
#[cfg(test)]
mod hostile;
mod limits;
mod measure;
mod oidc;
mod one_time_link;
pub mod operations;
mod pages;
mod peer;
pub mod probes;
mod sign_in;
mod site;

use std::{net::SocketAddr, sync::Arc};

use app::{
    policy::{GlobalNamespaces, TokenPolicy},
    session::Addresses,
    sign_in::Ways,
};
use axum::{Router, middleware};
use kargo::cluster::{Cluster, People};
use leptos::config::LeptosOptions;
use tokio_util::sync::CancellationToken;
use tower_http::{
    CompressionLevel, catch_panic::CatchPanicLayer, compression::CompressionLayer,
    limit::RequestBodyLimitLayer, timeout::RequestBodyTimeoutLayer,
};

use crate::{
    audit::Audit,
    background::Tasks,
    config::Config,
    identities::Identities,
    metrics::{Metrics, Reveals},
    oidc::Oidc,
    one_time_address::OneTimeAddresses,
    sessions::Sessions,
    site::Site,
};
use probes::Readiness;

pub use peer::{Peer, TrustedProxies, network};

/// Compression of pages: a tenth more bytes than at the usual level, in a fifth of the time.
const COMPRESSION: CompressionLevel = CompressionLevel::Precise(1);

/// State shared by all requests.
#[derive(Clone)]
pub struct State {
    identities: Identities,
    sessions: Arc<Sessions>,
    one_time_addresses: Arc<OneTimeAddresses>,
    oidc: Option<Arc<Oidc>>,
    ways: Ways,
    tasks: Tasks,
    addresses: Addresses,
    policy: TokenPolicy,
    global_namespaces: GlobalNamespaces,
    /// Accepted values of the `Host` header.
    allowed_hosts: Arc<[String]>,
    /// Scheme, host and port of the address that people use, where a proxy has another one than we.
    external_origin: Option<Arc<str>>,
    leptos: LeptosOptions,
    site: Site,
    reveals: Reveals,
}

/// What requests are answered with.
pub struct Services {
    /// View of the program's own identity.
    pub cluster: Cluster,
    /// People's sessions.
    pub sessions: Arc<Sessions>,
    /// Addresses of signing in locally.
    pub one_time_addresses: Arc<OneTimeAddresses>,
    /// The issuer that people sign in with.
    pub oidc: Option<Arc<Oidc>>,
    /// What runs on after a request.
    pub tasks: Tasks,
    /// Where acts are written down.
    pub audit: Audit,
    /// What whoever runs the program is told.
    pub operations: Operations,
}

/// What whoever runs the program is told.
#[derive(Clone)]
pub struct Operations {
    /// Where requests are counted.
    pub metrics: Arc<Metrics>,
    /// Looks whether revealed values were saved.
    pub reveals: Reveals,
    /// Cancelled when the program is asked to end.
    pub ending: CancellationToken,
}

impl Default for Operations {
    fn default() -> Self {
        let metrics = Metrics::of_server();
        Self {
            reveals: Reveals::new(Arc::clone(&metrics)),
            metrics,
            ending: CancellationToken::new(),
        }
    }
}

/// What the program serves.
pub struct Served {
    /// The dashboard.
    pub app: Router,
    /// What the port of `--metrics-listen` serves.
    pub operations: Router,
}

/// Builds the routers. `address`: where the dashboard listens.
pub fn router(config: &Config, address: SocketAddr, services: Services) -> Served {
    let Services {
        cluster,
        sessions,
        one_time_addresses,
        oidc,
        tasks,
        audit,
        operations:
            Operations {
                metrics,
                reveals,
                ending,
            },
    } = services;
    let readiness = Readiness::new(cluster.clone(), ending);
    let external = config.external_url.as_ref();
    let hosts: Vec<String> = config
        .allow_host
        .iter()
        .cloned()
        .chain(external.map(|url| url.host.clone()))
        .collect();
    let leptos = LeptosOptions::builder().output_name("kargo-tokens").build();
    let global = config.oidc.global_service_account_namespaces.clone();
    let people = People::new(cluster, global, None);
    let state = State {
        identities: Identities::new(
            people,
            Arc::clone(&sessions),
            tasks.clone(),
            config.session_limits().idle,
        ),
        sessions,
        one_time_addresses,
        oidc: oidc.clone(),
        ways: config.ways(),
        tasks,
        addresses: Addresses {
            kargo: config.kargo_address.clone(),
            kubernetes: config.handout_server.clone(),
        },
        policy: config.policy(),
        global_namespaces: GlobalNamespaces(
            config
                .oidc
                .global_service_account_namespaces
                .as_slice()
                .into(),
        ),
        allowed_hosts: gate::allowed_hosts(address, &hosts),
        external_origin: external.map(|url| url.origin.as_str().into()),
        leptos,
        site: config.site(),
        reveals,
    };
    let identities = state.identities.clone();
    let app = requests(config, state, oidc, audit, readiness.clone()).layer(
        middleware::from_fn_with_state(Arc::clone(&metrics), measure::measure),
    );
    let app = base_path::below(config.base_path(), app).layer(middleware::from_fn_with_state(
        headers::IsHttps(config.is_https()),
        headers::secure,
    ));
    let text = move || {
        let inventory = identities.program().connector().inventory_facts();
        let text = metrics.text(inventory, Some(identities.count()));
        async move { text }
    };
    Served {
        app,
        operations: operations::routes(text, readiness),
    }
}

/// The dashboard's routes, with all that every request passes.
fn requests(
    config: &Config,
    state: State,
    oidc: Option<Arc<Oidc>>,
    audit: Audit,
    readiness: Readiness,
) -> Router {
    let of_person = limits::of_writes_of_a_person(&state.tasks);
    let of_sign_ins = limits::of_sign_ins(&state.tasks);
    let private = Router::new()
        .merge(pages::routes(&state))
        .merge(api::routes(&state, of_person.clone()))
        .merge(events::routes())
        .merge(export::routes(limits::of_exports(&state.tasks)))
        .merge(limited(sign_in::signed_in_routes(&state, of_person)))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            gate::require_session,
        ))
        .merge(limited(sign_in::routes(&state, of_sign_ins.clone())))
        .merge(oidc.map_or_else(Router::new, |oidc| oidc::routes(&state, oidc, of_sign_ins)))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            one_time_link::exchange,
        ))
        .layer(CompressionLayer::new().quality(COMPRESSION));
    let site = state.site.clone();
    Router::new()
        .merge(private)
        .merge(site::routes(site))
        .layer(middleware::from_fn_with_state(
            state.clone(),
            gate::require_same_origin,
        ))
        .layer(middleware::from_fn_with_state(
            state,
            gate::require_allowed_host,
        ))
        .merge(probes::routes(readiness))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn_with_state(audit, self::audit::record))
        .layer(middleware::from_fn_with_state(
            TrustedProxies(config.trusted_proxies.as_slice().into()),
            peer::look_behind_proxies,
        ))
}

/// Bounds the size of request bodies, and the time for them. [`api`] does so itself, because it answers with JSON.
fn limited(routes: Router) -> Router {
    routes
        .layer(RequestBodyLimitLayer::new(limits::BODY))
        .layer(RequestBodyTimeoutLayer::new(limits::BODY_WITHIN))
}
