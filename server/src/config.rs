//! The program's flags, each also an environment variable `KARGO_TOKENS_*`, and what can be wrong with them.

use std::{io, net::SocketAddr, path::PathBuf};

use clap::Parser;
use kargo::{
    cluster::{ConnectError, ConnectOptions},
    name::ProjectName,
};
use thiserror::Error;

/// The web dashboard for Kargo's API tokens.
#[derive(Debug, Parser)]
#[command(name = "kargo-tokens", version, args_override_self = true)]
pub struct Config {
    /// The kubeconfig to use; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own ServiceAccount.
    #[arg(long, env = "KARGO_TOKENS_KUBECONFIG", value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig; otherwise its current one.
    #[arg(long, env = "KARGO_TOKENS_CONTEXT", value_name = "NAME")]
    context: Option<String>,

    /// The namespace that Kargo runs in, where its system roles are.
    #[arg(
        long,
        env = "KARGO_TOKENS_NAMESPACE",
        value_name = "NAME",
        default_value = "kargo"
    )]
    namespace: ProjectName,

    /// The address to serve on; port 0 takes a free one.
    #[arg(
        long,
        env = "KARGO_TOKENS_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: SocketAddr,

    /// Serve on an address that other machines reach. Whoever has the one-time address then acts as the kubeconfig's user, over plain HTTP.
    #[arg(long, env = "KARGO_TOKENS_ALLOW_REMOTE")]
    allow_remote: bool,

    /// A further HOST or HOST:PORT that browsers may use in the address, as their address bar shows it; repeat for more.
    #[arg(
        long,
        env = "KARGO_TOKENS_ALLOW_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub allow_host: Vec<String>,

    /// Kargo's own API address, to fill in what a new token's user pastes.
    #[arg(long, env = "KARGO_TOKENS_KARGO_ADDRESS", value_name = "URL")]
    pub kargo_address: Option<String>,

    /// Where the built pages' files are.
    #[arg(
        long,
        env = "KARGO_TOKENS_SITE",
        value_name = "FOLDER",
        default_value = "target/site"
    )]
    pub site: PathBuf,

    /// What is logged, as tracing's env filter reads it: `info`, `kargo=debug` …
    #[arg(
        long,
        env = "KARGO_TOKENS_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log: String,
}

/// Why the program did not start, and what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// Not a loopback address, and nobody allowed that.
    #[error(
        "{0} can be reached from other machines. Use 127.0.0.1, or add --allow-remote if that is what you want."
    )]
    Remote(SocketAddr),
    /// The pages' files are not there.
    #[error(
        "there are no built pages in {0}. Build them with `make`, or name their folder with --site."
    )]
    Site(PathBuf),
    /// What names the pages' files is not there.
    #[error(
        "there is no hash.txt beside the program. Build both with `make`, and keep them together when you move them."
    )]
    Hashes,
    /// The address can't be served on.
    #[error(
        "can't serve on {0}: {1}. Choose another address with --listen, for example --listen 127.0.0.1:0 for any free port."
    )]
    Bind(SocketAddr, String),
    /// The cluster can't be connected to.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The server broke down.
    #[error("the HTTP server stopped: {0}")]
    Serve(io::Error),
}

impl Config {
    /// Looks for what would only show later, on the first page.
    pub fn check(&self) -> Result<(), StartError> {
        if !self.listen.ip().is_loopback() && !self.allow_remote {
            return Err(StartError::Remote(self.listen));
        }
        // The pages' files carry their hash in their name; which one, the build wrote beside the program.
        let hashes = std::env::current_exe()
            .ok()
            .and_then(|exe| Some(exe.parent()?.join("hash.txt")));
        if !hashes.is_some_and(|file| file.is_file()) {
            return Err(StartError::Hashes);
        }
        if !self.site.join("pkg").is_dir() {
            return Err(StartError::Site(self.site.clone()));
        }
        Ok(())
    }

    /// Which cluster, as whom.
    pub fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
        }
    }

    /// Why the address can't be had, in words.
    pub fn bind_error(&self, error: &io::Error) -> StartError {
        let why = match error.kind() {
            io::ErrorKind::AddrInUse => "another program uses this port".to_owned(),
            _ => error.to_string(),
        };
        StartError::Bind(self.listen, why)
    }
}
