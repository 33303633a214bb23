//! The program `kargo-tokens`: reads its configuration, connects to the cluster, serves the app or sweeps once. Only wiring lives here.

mod config;
mod http;
mod sign_in;
mod sweep;

use std::{
    io::{self, IsTerminal},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use clap::Parser;
use config::{Command, Config, StartError};
use kargo::cluster::{Cluster, Connector};
use sign_in::SignIn;
use tokio::net::TcpListener;

#[tokio::main]
#[allow(
    clippy::print_stdout,
    clippy::print_stderr,
    reason = "the address to open and errors at start are for the person at the terminal"
)]
async fn main() -> ExitCode {
    let config = Config::parse();
    tracing_subscriber::fmt()
        .with_env_filter(&config.cluster.log)
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
        Some(Command::Sweep { dry_run }) => {
            let (_, cluster) = Connector::load(&connect).await?;
            Ok(sweep::run(&cluster, dry_run, io::stdout()).await)
        }
        None => {
            config.check()?;
            let (_, cluster) = Connector::load(&connect).await?;
            serve(&config, cluster).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[allow(clippy::print_stdout, reason = "the address to open")]
async fn serve(config: &Config, cluster: Cluster) -> Result<(), StartError> {
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| config.bind_error(&error))?;
    let address = listener
        .local_addr()
        .map_err(|error| config.bind_error(&error))?;
    let (sign_in, mut addresses) = SignIn::new(address);
    let app = http::router(config, address, cluster, Arc::new(sign_in));

    // Each one-time address is printed when it becomes valid: the first now, the next whenever one has been used.
    tokio::spawn(async move {
        loop {
            println!("Kargo Tokens: {}", addresses.borrow_and_update().as_str());
            if addresses.changed().await.is_err() {
                break;
            }
        }
    });
    let serving = axum::serve(listener, app).with_graceful_shutdown(stopped());
    tokio::select! {
        served = serving.into_future() => served.map_err(StartError::Serve),
        () = patience_ended() => Ok(()),
    }
}

/// Resolves some time after the program was asked to end, or when it is asked again: a client that never finishes its request must
/// not keep it. A reveal takes 10 seconds at most.
async fn patience_ended() {
    stopped().await;
    tokio::select! {
        () = tokio::time::sleep(Duration::from_secs(15)) => {}
        () = stopped() => {}
    }
}

/// Resolves when the program is asked to end.
async fn stopped() {
    use tokio::signal::unix::{SignalKind, signal};
    let mut terminate =
        signal(SignalKind::terminate()).expect("SIGTERM can always be listened for");
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = terminate.recv() => {}
    }
}
