//! The program's flags, each also an environment variable `KARGO_TOKENS_*`, and what can be wrong with them.

mod duration;

use std::{io, net::SocketAddr, path::PathBuf};

use app::api::Policy;
use clap::{Args, Parser, Subcommand};
use kargo::{
    cluster::{ConnectError, ConnectOptions},
    name::ProjectName,
};
use thiserror::Error;

/// The web dashboard for Kargo's API tokens. Without a command it serves the dashboard.
#[derive(Debug, Parser)]
#[command(name = "kargo-tokens", version, args_override_self = true)]
pub struct Config {
    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Which cluster, as whom.
    #[command(flatten)]
    pub cluster: ClusterFlags,

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
    #[arg(
        long,
        env = "KARGO_TOKENS_KARGO_ADDRESS",
        value_name = "URL",
        value_parser = web_address
    )]
    pub kargo_address: Option<String>,

    /// Where the built pages' files are.
    #[arg(
        long,
        env = "KARGO_TOKENS_SITE",
        value_name = "FOLDER",
        default_value = "target/site"
    )]
    pub site: PathBuf,

    /// How long a deletion can be undone, such as 30s or 5m; 1h at most. 0: a deletion is confirmed instead, and done at once.
    #[arg(
        long,
        env = "KARGO_TOKENS_UNDO_WINDOW",
        value_name = "TIME",
        default_value = "30s",
        value_parser = duration::undo_window
    )]
    undo_window: u64,

    /// How long a new token may live at most, such as 90d or 12h. Otherwise tokens may live for ever, as Kargo's own do.
    #[arg(
        long,
        env = "KARGO_TOKENS_MAX_LIFETIME",
        value_name = "TIME",
        value_parser = duration::max_lifetime
    )]
    max_lifetime: Option<u64>,
}

/// What the program does besides serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Deletes the tokens whose deletion, retirement or expiry is due, and compromised ones that have a successor, once. Run it every few
    /// minutes, such as from a cron job.
    Sweep {
        /// Only tell what would be deleted.
        #[arg(long)]
        dry_run: bool,
    },
}

/// The flags of every command: before or after its name.
#[derive(Debug, Args)]
pub struct ClusterFlags {
    /// The kubeconfig to use; otherwise $KUBECONFIG, ~/.kube/config, or the pod's own ServiceAccount.
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_KUBECONFIG",
        value_name = "FILE"
    )]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig; otherwise its current one.
    #[arg(long, global = true, env = "KARGO_TOKENS_CONTEXT", value_name = "NAME")]
    context: Option<String>,

    /// The namespace that Kargo runs in, where its system roles are.
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_NAMESPACE",
        value_name = "NAME",
        default_value = "kargo"
    )]
    namespace: ProjectName,

    /// What is logged, as tracing's env filter reads it: `info`, `kargo=debug` …
    #[arg(
        long,
        global = true,
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
        "there are no built pages in {0}. `make run` builds them, into target/site of the source tree; elsewhere, name their folder with --site."
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

/// An address as a browser has it: it becomes a part of what people paste into their shells.
fn web_address(text: &str) -> Result<String, String> {
    let is_one = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte))
        })
    });
    if is_one {
        Ok(text.to_owned())
    } else {
        Err("not an address such as https://kargo.example.com".to_owned())
    }
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

    /// What the dashboard's users are bound to.
    pub fn policy(&self) -> Policy {
        Policy {
            undo_window: self.undo_window,
            max_lifetime: self.max_lifetime,
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

impl ClusterFlags {
    /// Which cluster, as whom.
    pub fn connect_options(&self) -> ConnectOptions {
        ConnectOptions {
            kubeconfig: self.kubeconfig.clone(),
            context: self.context.clone(),
            namespace: self.namespace.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    fn parse(arguments: &[&str]) -> Result<Config, clap::Error> {
        Config::try_parse_from(["kargo-tokens"].iter().chain(arguments))
    }

    #[test]
    fn the_flags_fit_together() {
        Config::command().debug_assert();
    }

    #[test]
    fn without_a_command_it_serves_with_half_a_minute_to_undo() {
        let config = parse(&[]).expect("no flag is needed");
        assert!(config.command.is_none());
        assert_eq!(
            config.policy(),
            Policy {
                undo_window: 30,
                max_lifetime: None
            }
        );
        let config = parse(&["--undo-window", "0", "--max-lifetime=90d"]).expect("flags");
        assert_eq!(
            config.policy(),
            Policy {
                undo_window: 0,
                max_lifetime: Some(90 * 86_400)
            }
        );
    }

    #[test]
    fn kargos_address_is_one() {
        let address = |text| parse(&["--kargo-address", text]).map(|config| config.kargo_address);
        for good in ["https://kargo.example.com", "http://127.0.0.1:8080/kargo"] {
            assert_eq!(address(good).expect("one").as_deref(), Some(good));
        }
        for bad in ["kargo", "https://", "https://a'; rm -rf ~", "ftp://kargo"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_bad_time_is_answered_with_how_to_write_one() {
        let error = parse(&["--undo-window", "soon"]).expect_err("no time");
        let text = error.to_string();
        assert!(
            text.contains("--undo-window") && text.contains("such as 30s"),
            "{text}"
        );
    }

    #[test]
    fn the_cluster_is_named_before_or_after_a_command() {
        for arguments in [
            &[
                "--namespace",
                "other",
                "--context",
                "c",
                "sweep",
                "--dry-run",
            ][..],
            &["sweep", "--namespace", "other", "--dry-run", "--context=c"],
            &[
                "--namespace=first",
                "sweep",
                "--namespace=other",
                "--context=c",
                "--dry-run",
            ],
        ] {
            let config = parse(arguments).expect("flags");
            assert!(matches!(
                config.command,
                Some(Command::Sweep { dry_run: true })
            ));
            let options = config.cluster.connect_options();
            assert_eq!(
                (options.namespace.as_str(), options.context.as_deref()),
                ("other", Some("c")),
                "{arguments:?}"
            );
        }
    }
}
