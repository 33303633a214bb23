//! Connections to an API server for one client certificate, or for none. Headers with credentials are added by whoever sends a request.

mod dial;
mod p521;
mod service;
mod tls;
mod watching;

use std::{sync::Arc, time::Duration};

use http::Response;
use hyper_util::{
    client::legacy::Client,
    rt::{TokioExecutor, TokioTimer},
};
use rustls::sign::CertifiedKey;
use tower::{BoxError, ServiceExt};

use super::way::Way;
use dial::{Dialer, Offer};
use service::{Service, service};
use watching::Watching;

pub(in crate::cluster) use service::Body;
pub(super) use {service::Sent, tls::client_certificate};

/// Connections to an API server. Clones share them.
#[derive(Clone)]
pub(super) struct Transport {
    dialer: Arc<Dialer>,
    service: Service,
    watching: Arc<Watching>,
}

/// Marks a request that opens a watch: it goes over connections of its own, which many watches share where the server speaks HTTP/2.
#[derive(Debug, Clone, Copy)]
pub(super) struct IsWatch;

/// Time after which an idle connection is closed.
const IDLE: Duration = Duration::from_secs(10);
/// Idle connections that are kept.
const KEPT: usize = 4;

impl Transport {
    /// Sets connections up, and opens none yet.
    pub fn new(way: &Way, client: Option<Arc<CertifiedKey>>) -> Result<Self, rustls::Error> {
        let dialer = Dialer::new(way, tls::config(&way.trust, client)?);
        Ok(Self::by(Arc::new(dialer), way))
    }

    /// Other connections, with the same TLS settings and certificates.
    pub fn apart(&self, way: &Way) -> Self {
        Self::by(Arc::clone(&self.dialer), way)
    }

    fn by(dialer: Arc<Dialer>, way: &Way) -> Self {
        // Each identity has connections of its own, so idle ones would use up the files that the program may open.
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(KEPT);
        Self {
            service: service(&builder, &dialer, Offer::Http1, way),
            watching: Arc::new(Watching::new(&dialer, way)),
            dialer,
        }
    }

    /// Sends a request.
    pub async fn send(&self, request: Sent) -> Result<Response<Body>, BoxError> {
        if request.extensions().get::<IsWatch>().is_some() {
            return self.watching.send(request).await;
        }
        self.service.clone().oneshot(request).await
    }
}
