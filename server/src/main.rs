//! The program `kargo-tokens`: reads the configuration, connects to the cluster, and serves the app or runs one sweep. Only wiring lives
//! here.

mod audit;
mod background;
mod check;
mod config;
mod connections;
mod exporter;
mod http;
mod identities;
mod log;
mod manual;
mod metrics;
mod oidc;
mod one_time_address;
mod recent;
mod sessions;
mod site;
mod sweep;
#[cfg(test)]
mod test_cluster;
mod tls;
mod version;

use std::{
    io::{self, Write},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::{CommandFactory, Parser};
use config::{Command, Config, StartError};
use connections::listen;
use exporter::Exporter;
use kargo::{
    cluster::{Cluster, Connector},
    identity::ServiceAccountRef,
    impersonation::{ImpersonationForm, ImpersonationRoles},
    name::ProjectName,
    scope::Scope,
};
use mimalloc::MiMalloc;
use one_time_address::OneTimeAddresses;
use tokio_util::sync::CancellationToken;
use zeroizing_alloc::ZeroAlloc;

/// Clears all memory that is freed: copies of a value in buffers of requests and answers don't outlive it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<MiMalloc> = ZeroAlloc(MiMalloc);

#[tokio::main]
#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "prints the one-time address and start errors to the terminal"
)]
async fn main() -> ExitCode {
    let config = Config::parse();
    log::init(&config.cluster.log);
    match run(config).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kargo-tokens: {error}");
            ExitCode::FAILURE
        }
    }
}

/// The objects that let the program act as ServiceAccounts.
fn roles(
    program: &ServiceAccountRef,
    accounts: Vec<ServiceAccountRef>,
    mut namespaces: Vec<ProjectName>,
    legacy: bool,
) -> String {
    namespaces.extend(accounts.iter().map(|account| account.namespace.clone()));
    let roles = ImpersonationRoles {
        program: program.user(),
        form: if legacy {
            ImpersonationForm::Legacy
        } else {
            ImpersonationForm::Constrained
        },
    };
    roles.all(
        &accounts.into_iter().collect(),
        &namespaces.into_iter().collect(),
    )
}

/// Prints what was asked for. A reader that closes the output has seen enough.
fn put(text: impl AsRef<[u8]>) -> ExitCode {
    let _ = io::stdout().write_all(text.as_ref());
    ExitCode::SUCCESS
}

async fn run(config: Config) -> Result<ExitCode, StartError> {
    let connect = config.cluster.connect_options();
    match config.command {
        Some(Command::Sweep { dry_run, project }) => {
            let (_, cluster) = Connector::load(&connect).await?;
            Ok(sweep::run(&cluster, project.map(Scope::Project), dry_run, io::stdout()).await)
        }
        Some(Command::Roles {
            program,
            accounts,
            namespaces,
            legacy,
        }) => Ok(put(roles(&program, accounts, namespaces, legacy))),
        Some(Command::Exporter {
            metrics_listen,
            metrics_token_names,
        }) => {
            let (_, cluster) = Connector::load(&connect).await?;
            let exporter = Exporter::new(cluster, metrics_token_names);
            exporter::run(exporter, metrics_listen, shutdown_signal()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Some(Command::Check { output }) => Ok(check::run(&config, output, &mut io::stdout()).await),
        Some(Command::Metrics) => Ok(put(metrics::table::markdown())),
        Some(Command::Completions { shell }) => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Config::command(), "kargo-tokens", &mut script);
            Ok(put(script))
        }
        Some(Command::Man { command }) => {
            manual::print(command.as_deref(), &mut io::stdout())?;
            Ok(ExitCode::SUCCESS)
        }
        None => {
            app::base_path::set(config.base_path());
            config.check()?;
            let (_, cluster) = Connector::load(&connect).await?;
            config.check_server(&cluster.endpoint().server)?;
            serve(&config, cluster).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[allow(
    clippy::print_stdout,
    reason = "prints the one-time address to the terminal"
)]
async fn serve(config: &Config, cluster: Cluster) -> Result<(), StartError> {
    let (listener, address) = listen(config.listen, "--listen").await?;
    let metrics_listener = match config.operations.metrics_listen {
        Some(address) => Some(listen(address, "--metrics-listen").await?.0),
        None => None,
    };
    let operations = http::Operations::default();
    cluster.connector().observe(operations.metrics.clone());
    let mut sessions = config.sessions(address)?;
    let oidc = config.oidc(address)?.map(Arc::new);
    let tasks = background::Tasks::default();
    if let Some(at) = &config.revocations {
        let shared = sessions.share(cluster.clone(), at.clone()).await;
        tasks.run(shared.map_err(|error| Config::revocations_error(at.clone(), &error))?);
    }
    if config.forgets_sign_outs() {
        tracing::warn!(
            "after a restart, cookies of signed-out sessions are valid again, because --session-keys outlives the program; name a ConfigMap for sign-outs with --revocations (docs/SIGN_IN.md)"
        );
    }
    let tls = config.tls()?;
    if let Some(tls) = tls.clone() {
        tasks.run(tls.follow());
    }
    let (one_time_addresses, mut addresses) = OneTimeAddresses::new(config.address(address));
    // Whoever started it sees at once that the cluster can't be used.
    let first = cluster.clone();
    tokio::spawn(async move {
        if let Err(error) = first.whoami().await {
            let problem = error.problem().sentences();
            tracing::warn!(%problem, "the cluster doesn't accept this program's requests yet");
        }
    });
    if let Some(oidc) = oidc.clone() {
        tasks.run(async move { oidc.look().await });
    }
    let audit = config.audit()?.counting(operations.metrics.clone());
    if config.audit_log.is_some() {
        tasks.run(audit.clone().reopen_at_signals());
    }
    let services = http::Services {
        cluster,
        sessions: Arc::new(sessions),
        one_time_addresses: Arc::new(one_time_addresses),
        oidc,
        tasks: tasks.clone(),
        audit: audit.clone(),
        operations: operations.clone(),
    };
    let http::Served {
        app,
        operations: port,
    } = http::router(config, address, services);
    // Ends last: until then it says that the program is ending.
    let is_over = CancellationToken::new();
    let port = metrics_listener.map(|listener| {
        let ended = is_over.clone().cancelled_owned();
        let proxies = http::TrustedProxies::default();
        let patience = Duration::from_secs(1);
        tokio::spawn(connections::serve(
            listener, None, proxies, port, ended, patience,
        ))
    });

    if config.ways().local {
        // Print the first one-time address now, and a new one each time an address has been used.
        tokio::spawn(async move {
            loop {
                println!("Kargo Tokens: {}", addresses.borrow_and_update().as_str());
                if addresses.changed().await.is_err() {
                    break;
                }
            }
        });
    } else {
        println!("Kargo Tokens: {}", config.address(address));
    }
    let proxies = http::TrustedProxies(config.trusted_proxies.as_slice().into());
    let shutdown = async {
        shutdown_signal().await;
        operations.ending.cancel();
        tokio::time::sleep(config.operations.shutdown_delay()).await;
    };
    tokio::select! {
        () = connections::serve(listener, tls, proxies, app, shutdown, REQUESTS_END_WITHIN) => {}
        () = second_shutdown_signal() => {}
    }
    tasks.shutdown(CHANGES_END_WITHIN).await;
    audit.close();
    is_over.cancel();
    if let Some(port) = port {
        let _ = port.await;
    }
    Ok(())
}

/// How long a change whose browser is gone may go on after all connections have ended.
const CHANGES_END_WITHIN: Duration = Duration::from_secs(5);

/// How long unfinished requests delay the exit after the first shutdown signal; a reveal takes at most 10 seconds.
const REQUESTS_END_WITHIN: Duration = Duration::from_secs(15);

/// Resolves at the second shutdown signal: whoever sends it doesn't want to wait.
async fn second_shutdown_signal() {
    shutdown_signal().await;
    shutdown_signal().await;
}

/// Resolves at SIGTERM or SIGINT.
async fn shutdown_signal() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate = signal(SignalKind::terminate())
        .expect("installing a SIGTERM handler never fails inside the runtime");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}

#[cfg(test)]
mod tests {
    /// `.cargo/config.toml` sets this when the allocator is compiled.
    #[test]
    #[cfg(target_os = "linux")]
    fn allocator_turns_huge_pages_off() {
        let status = std::fs::read_to_string("/proc/self/status").expect("Linux");

        assert!(status.contains("THP_enabled:\t0\n"), "{status}");
    }
}
