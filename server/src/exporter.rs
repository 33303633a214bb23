//! `kargo-tokens exporter`: metrics about the tokens of all scopes, under an identity of its own. Numbers come from inventories, which are listed
//! once and then watched; of Secrets, only the metadata is read.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::Router;
use futures::{StreamExt, stream};
use kargo::{
    cluster::{Cluster, Error, TokensSnapshot},
    measures::{Measures, STATES, seconds, state_word},
    name::RoleName,
    scope::Scope,
};
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::{
    config::StartError,
    connections::{self, listen},
    http::{TrustedProxies, operations, probes::Readiness},
    metrics::{Gauge, Metrics, Shown, number, table},
    recent::Recent,
};

/// Most scopes. Each is a watch of the API server.
const MOST_SCOPES: usize = 2000;
/// Scopes that are measured at the same time.
const AT_ONCE: usize = 8;
/// Time for all scopes together: less than the usual 10 seconds of a scrape. What isn't measured by then counts as not readable.
const WITHIN: Duration = Duration::from_secs(8);
/// Age up to which numbers are given again, for several scrapers.
const FRESH_FOR: Duration = Duration::from_secs(2);

/// Measures tokens when it is scraped.
pub struct Exporter {
    cluster: Cluster,
    metrics: Arc<Metrics>,
    with_names: bool,
    measured: Recent<String>,
}

/// Serves the metrics until `shutdown` resolves.
///
/// # Errors
/// The address can't be listened on.
pub async fn run(
    exporter: Exporter,
    address: SocketAddr,
    shutdown: impl Future<Output = ()>,
) -> Result<(), StartError> {
    let (listener, address) = listen(address, "--metrics-listen").await?;
    tracing::info!(%address, "serving metrics");
    let ending = CancellationToken::new();
    let app = exporter.routes(ending.clone());
    let shutdown = async {
        shutdown.await;
        ending.cancel();
    };
    let proxies = TrustedProxies::default();
    connections::serve(listener, None, proxies, app, shutdown, WITHIN).await;
    Ok(())
}

/// A scope, with its tokens and roles.
type Read = (Scope, Result<TokensSnapshot, Error>, Option<Vec<RoleName>>);

impl Exporter {
    /// `with_names`: shows metrics of each token, too.
    pub fn new(cluster: Cluster, with_names: bool) -> Self {
        let metrics = Arc::new(Metrics::default());
        cluster.connector().observe(metrics.clone());
        Self {
            cluster: cluster.with_most_inventories(MOST_SCOPES),
            metrics,
            with_names,
            measured: Recent::new(FRESH_FOR),
        }
    }

    /// What the exporter serves.
    pub fn routes(self, ending: CancellationToken) -> Router {
        let readiness = Readiness::new(self.cluster.clone(), ending);
        let exporter = Arc::new(self);
        let text = move || {
            let exporter = Arc::clone(&exporter);
            async move { exporter.text().await }
        };
        operations::routes(text, readiness)
    }

    async fn text(&self) -> String {
        let tokens = self.measured.get(self.measure()).await;
        let facts = self.cluster.connector().inventory_facts();
        self.metrics.text(facts, None) + &tokens
    }

    /// Measures all scopes anew: a scope that is gone leaves nothing behind.
    async fn measure(&self) -> String {
        let began = Instant::now();
        let projects = timeout(WITHIN, self.cluster.known_projects()).await;
        let projects = projects.ok().and_then(Result::ok);
        let shown = Tokens::default();
        shown
            .projects_readable
            .set(&[], Some(flag(projects.is_some())));
        let mut scopes = vec![Scope::System];
        scopes.extend(projects.into_iter().flatten().map(Scope::Project));
        for scope in &scopes {
            shown.scope_readable.set(&[&scope.to_string()], Some(0.0));
        }
        let mut read = std::pin::pin!(
            stream::iter(scopes)
                .map(|scope| async move { self.read(scope).await })
                .buffer_unordered(AT_ONCE)
        );
        let all = async {
            while let Some(read) = read.next().await {
                shown.add(&read, self.with_names);
            }
        };
        let left = WITHIN.saturating_sub(began.elapsed());
        if timeout(left, all).await.is_err() {
            tracing::warn!("not all scopes could be measured in time");
        }
        shown.shown.text()
    }

    async fn read(&self, scope: Scope) -> Read {
        let (tokens, roles) = futures::join!(
            Box::pin(self.cluster.inventory(&scope)),
            Box::pin(self.cluster.known_role_names(&scope))
        );
        if let Err(error) = &tokens {
            tracing::warn!(%scope, %error, "the tokens of a scope can't be measured");
        }
        (scope, tokens, roles.ok())
    }
}

fn flag(is_so: bool) -> f64 {
    if is_so { 1.0 } else { 0.0 }
}

/// Metrics about tokens.
struct Tokens {
    shown: Shown,
    all: Gauge,
    next_expiry_seconds: Gauge,
    oldest_age_seconds: Gauge,
    never_used: Gauge,
    unused_90_days: Gauge,
    unmanaged: Gauge,
    of_no_role: Gauge,
    deletions_due: Gauge,
    scope_readable: Gauge,
    projects_readable: Gauge,
    token_info: Gauge,
    token_expiry_seconds: Gauge,
}

impl Default for Tokens {
    fn default() -> Self {
        let mut shown = Shown::default();
        Self {
            all: shown.gauge(&table::TOKENS),
            next_expiry_seconds: shown.gauge(&table::NEXT_EXPIRY_SECONDS),
            oldest_age_seconds: shown.gauge(&table::OLDEST_AGE_SECONDS),
            never_used: shown.gauge(&table::NEVER_USED),
            unused_90_days: shown.gauge(&table::UNUSED_90_DAYS),
            unmanaged: shown.gauge(&table::UNMANAGED),
            of_no_role: shown.gauge(&table::OF_NO_ROLE),
            deletions_due: shown.gauge(&table::DELETIONS_DUE),
            scope_readable: shown.gauge(&table::SCOPE_READABLE),
            projects_readable: shown.gauge(&table::PROJECTS_READABLE),
            token_info: shown.gauge(&table::TOKEN_INFO),
            token_expiry_seconds: shown.gauge(&table::TOKEN_EXPIRY_SECONDS),
            shown,
        }
    }
}

impl Tokens {
    /// Adds a scope that was read.
    fn add(&self, (scope, tokens, roles): &Read, with_names: bool) {
        let scope = scope.to_string();
        let of = [scope.as_str()];
        let Ok(known) = tokens else { return };
        self.scope_readable.set(&of, Some(flag(!known.is_behind())));
        let (all, now) = (known.tokens(), known.now());
        let measures = Measures::of(&all[..], roles.as_deref(), now);
        for (state, count) in STATES.iter().zip(measures.states) {
            self.all.set(&[&scope, state], Some(number(count)));
        }
        for (gauge, count) in [
            (&self.next_expiry_seconds, measures.next_expiry),
            (&self.oldest_age_seconds, measures.oldest),
            (&self.never_used, Some(measures.never_used)),
            (&self.unused_90_days, Some(measures.unused)),
            (&self.unmanaged, Some(measures.unmanaged)),
            (&self.of_no_role, measures.of_no_role),
            (&self.deletions_due, Some(measures.due)),
        ] {
            gauge.set(&of, count.map(number));
        }
        for token in all.iter().filter(|_| with_names) {
            let (role, name) = (token.role.as_str(), token.name.as_str());
            let info = [&scope, role, name, state_word(token)];
            self.token_info.set(&info, Some(1.0));
            if let Some(end) = token.expires {
                let left = seconds(now, end).unwrap_or_default();
                self.token_expiry_seconds
                    .set(&[&scope, role, name], Some(number(left)));
            }
        }
    }
}

#[cfg(test)]
mod tests;
