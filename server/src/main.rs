//! The program `kargo-tokens`: reads the configuration, connects to the cluster, and serves the app or runs one sweep. Only wiring lives
//! here.

mod background;
mod config;
mod connections;
mod http;
mod identities;
mod sign_in;
mod sweep;

use std::{
    alloc::System,
    io::{self, IsTerminal},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use config::{Command, Config, StartError};
use kargo::{
    cluster::{Cluster, Connector},
    scope::Scope,
};
use sign_in::SignIn;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;
use zeroizing_alloc::ZeroAlloc;

/// Clears all memory that is freed: copies of a value in buffers of requests and answers don't outlive it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

#[tokio::main]
#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "prints the one-time address and start errors to the terminal"
)]
async fn main() -> ExitCode {
    let config = Config::parse();
    tracing_subscriber::fmt()
        .with_env_filter(log_filter(&config.cluster.log))
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal())
        .init();
    match run(config).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("kargo-tokens: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(config: Config) -> Result<ExitCode, StartError> {
    let connect = config.cluster.connect_options();
    match config.command {
        Some(Command::Sweep { dry_run, project }) => {
            let (_, cluster) = Connector::load(&connect).await?;
            Ok(sweep::run(&cluster, project.map(Scope::Project), dry_run, io::stdout()).await)
        }
        None => {
            config.check()?;
            let (_, cluster) = Connector::load(&connect).await?;
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
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| config.bind_error(&error))?;
    let address = listener
        .local_addr()
        .map_err(|error| config.bind_error(&error))?;
    let (sign_in, mut addresses) = SignIn::new(address);
    // Whoever started it sees at once that the cluster can't be used.
    let first = cluster.clone();
    tokio::spawn(async move {
        if let Err(error) = first.whoami().await {
            let problem = error.problem().sentences();
            tracing::warn!(%problem, "the cluster doesn't accept this program's requests yet");
        }
    });
    let tasks = background::Tasks::default();
    let app = http::router(config, address, cluster, Arc::new(sign_in), tasks.clone());

    // Print the first one-time address now, and a new one each time an address has been used.
    tokio::spawn(async move {
        loop {
            println!("Kargo Tokens: {}", addresses.borrow_and_update().as_str());
            if addresses.changed().await.is_err() {
                break;
            }
        }
    });
    tokio::select! {
        () = connections::serve(listener, app, shutdown_signal(), REQUESTS_END_WITHIN) => {}
        () = second_shutdown_signal() => {}
    }
    tasks.shutdown(CHANGES_END_WITHIN).await;
    Ok(())
}

/// The log filter. kube logs each failed connection as an error that names neither address nor request; our own errors do.
fn log_filter(filter: &str) -> EnvFilter {
    EnvFilter::new(format!("kube_client::client::builder=off,{filter}"))
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
