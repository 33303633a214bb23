//! Command-line flags, each also an environment variable `KARGO_TOKENS_*`, and the errors that prevent a start.

mod duration;

use std::{io, net::SocketAddr, path::PathBuf};

use app::policy::TokenPolicy;
use clap::{Args, Parser, Subcommand};
use kargo::{
    cluster::{ConnectError, ConnectOptions},
    name::ProjectName,
};
use thiserror::Error;

/// Web dashboard for Kargo's API tokens. Serves the dashboard if no command is given.
#[derive(Debug, Parser)]
#[command(name = "kargo-tokens", version, args_override_self = true)]
pub struct Config {
    /// Command to run instead of serving.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// Cluster and identity.
    #[command(flatten)]
    pub cluster: ClusterFlags,

    /// Address to serve on. Port 0 selects a free port.
    #[arg(
        long,
        env = "KARGO_TOKENS_LISTEN",
        value_name = "ADDRESS:PORT",
        default_value = "127.0.0.1:3000"
    )]
    pub listen: SocketAddr,

    /// Allow an address that other machines can reach. Anyone with the one-time address then acts as the kubeconfig's user, over plain HTTP.
    #[arg(long, env = "KARGO_TOKENS_ALLOW_REMOTE")]
    allow_remote: bool,

    /// Additional HOST or HOST:PORT that browsers may request, as shown in the address bar. Can be repeated.
    #[arg(
        long,
        env = "KARGO_TOKENS_ALLOW_HOST",
        value_name = "HOST",
        value_delimiter = ','
    )]
    pub allow_host: Vec<String>,

    /// Address of Kargo's API. The dashboard inserts it into the commands shown with a new token.
    #[arg(
        long,
        env = "KARGO_TOKENS_KARGO_ADDRESS",
        value_name = "URL",
        value_parser = http_url
    )]
    pub kargo_address: Option<String>,

    /// Folder with the built site.
    #[arg(
        long,
        env = "KARGO_TOKENS_SITE",
        value_name = "FOLDER",
        default_value = "target/site"
    )]
    pub site: PathBuf,

    /// Time in which a deletion can be undone, such as 30s or 5m; at most 1h. With 0, the dashboard asks for confirmation and deletes at once.
    #[arg(
        long,
        env = "KARGO_TOKENS_UNDO_WINDOW",
        value_name = "TIME",
        default_value = "30s",
        value_parser = duration::undo_window
    )]
    undo_window: u64,

    /// Maximum lifetime of a new token, such as 90d or 12h. Unlimited by default, as in Kargo itself.
    #[arg(
        long,
        env = "KARGO_TOKENS_MAX_LIFETIME",
        value_name = "TIME",
        value_parser = duration::max_lifetime
    )]
    max_lifetime: Option<u64>,
}

/// Commands other than serving.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Deletes tokens whose deletion, retirement or expiry is due, and compromised tokens that have a successor. Runs once; schedule it
    /// every few minutes, for example with a cron job.
    Sweep {
        /// Print what would be deleted, without deleting.
        #[arg(long)]
        dry_run: bool,

        /// Sweep the tokens of this project only. Default: the system's and those of all projects.
        #[arg(long, value_name = "NAME")]
        project: Option<ProjectName>,
    },
}

/// Flags of every command, accepted before or after its name.
#[derive(Debug, Args)]
pub struct ClusterFlags {
    /// Kubeconfig file. Default: $KUBECONFIG, ~/.kube/config, or the pod's ServiceAccount.
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_KUBECONFIG",
        value_name = "FILE"
    )]
    kubeconfig: Option<PathBuf>,

    /// Kubeconfig context. Default: the current context.
    #[arg(long, global = true, env = "KARGO_TOKENS_CONTEXT", value_name = "NAME")]
    context: Option<String>,

    /// Namespace that Kargo runs in; its system roles are there.
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_NAMESPACE",
        value_name = "NAME",
        default_value = "kargo"
    )]
    namespace: ProjectName,

    /// Log filter, in the syntax of tracing's `EnvFilter`: `info`, `kargo=debug` …
    #[arg(
        long,
        global = true,
        env = "KARGO_TOKENS_LOG",
        value_name = "FILTER",
        default_value = "info"
    )]
    pub log: String,
}

/// Errors that prevent a start or end the server. Each message says what to do.
#[derive(Debug, Error)]
pub enum StartError {
    /// The address isn't a loopback address, and `--allow-remote` is missing.
    #[error(
        "{0} can be reached from other machines. Use 127.0.0.1, or add --allow-remote to allow this."
    )]
    Remote(SocketAddr),
    /// The site folder doesn't exist.
    #[error(
        "no built site in {0}. `make run` builds one in target/site of the source tree; set --site to use another folder."
    )]
    Site(PathBuf),
    /// The file with the content hashes of the site doesn't exist.
    #[error("no hash.txt beside the program. Build both with `make`, and move them together.")]
    Hashes,
    /// Binding the listener failed.
    #[error(
        "can't serve on {0}: {1}. Choose another address with --listen, for example --listen 127.0.0.1:0 for a free port."
    )]
    Bind(SocketAddr, String),
    /// Connecting to the cluster failed.
    #[error(transparent)]
    Connect(#[from] ConnectError),
}

/// Parses an HTTP URL. Restricts the characters, because people paste commands with this URL into shells.
fn http_url(text: &str) -> Result<String, String> {
    let is_valid = ["https://", "http://"].iter().any(|scheme| {
        text.strip_prefix(scheme).is_some_and(|rest| {
            !rest.is_empty()
                && rest
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-._~:/[]%".contains(&byte))
        })
    });
    if is_valid {
        Ok(text.to_owned())
    } else {
        Err("expected a URL such as https://kargo.example.com".to_owned())
    }
}

impl Config {
    /// Checks the listen address and the site folder at start, rather than on the first page.
    pub fn check(&self) -> Result<(), StartError> {
        if !self.listen.ip().is_loopback() && !self.allow_remote {
            return Err(StartError::Remote(self.listen));
        }
        // Site files have a content hash in their name. The build writes the hashes to a file beside the program.
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

    /// Returns the limits on tokens and deletions that the flags set.
    pub fn policy(&self) -> TokenPolicy {
        TokenPolicy {
            undo_window: self.undo_window,
            max_lifetime: self.max_lifetime,
        }
    }

    /// Explains why binding the listener failed.
    pub fn bind_error(&self, error: &io::Error) -> StartError {
        let reason = match error.kind() {
            io::ErrorKind::AddrInUse => "another program uses this port".to_owned(),
            _ => error.to_string(),
        };
        StartError::Bind(self.listen, reason)
    }
}

impl ClusterFlags {
    /// Returns the cluster and identity to connect with.
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
    fn the_flag_definitions_are_consistent() {
        Config::command().debug_assert();
    }

    #[test]
    fn defaults_serve_with_an_undo_window_of_30_seconds() {
        let config = parse(&[]).expect("no flag is needed");
        assert!(config.command.is_none());
        assert_eq!(
            config.policy(),
            TokenPolicy {
                undo_window: 30,
                max_lifetime: None
            }
        );
        let config = parse(&["--undo-window", "0", "--max-lifetime=90d"]).expect("flags");
        assert_eq!(
            config.policy(),
            TokenPolicy {
                undo_window: 0,
                max_lifetime: Some(90 * 86_400)
            }
        );
    }

    #[test]
    fn kargo_address_accepts_http_urls_only() {
        let address = |text| parse(&["--kargo-address", text]).map(|config| config.kargo_address);
        for good in ["https://kargo.example.com", "http://127.0.0.1:8080/kargo"] {
            assert_eq!(address(good).expect("a URL").as_deref(), Some(good));
        }
        for bad in ["kargo", "https://", "https://a'; rm -rf ~", "ftp://kargo"] {
            assert!(address(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn an_invalid_duration_error_names_the_flag_and_the_format() {
        let error = parse(&["--undo-window", "soon"]).expect_err("not a duration");
        let text = error.to_string();
        assert!(
            text.contains("--undo-window") && text.contains("such as 30s"),
            "{text}"
        );
    }

    #[test]
    fn cluster_flags_are_accepted_before_or_after_a_command() {
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
                Some(Command::Sweep {
                    dry_run: true,
                    project: None
                })
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
