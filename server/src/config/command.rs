//! Commands that run instead of serving, and their flags.

use std::net::SocketAddr;

use clap::{Subcommand, ValueEnum};
use clap_complete::Shell;
use kargo::{identity::ServiceAccountRef, name::ProjectName};

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
    /// Prints the Kubernetes objects that let the program's ServiceAccount act for people who sign in with OIDC, as YAML for kubectl apply.
    /// Sends nothing to a cluster.
    Roles {
        /// ServiceAccount of the program.
        #[arg(long, value_name = "NAMESPACE/NAME", default_value = "kargo-tokens/kargo-tokens", value_parser = account)]
        program: ServiceAccountRef,

        /// ServiceAccount that people act as: a role of Kargo. Can be repeated.
        #[arg(long = "account", value_name = "NAMESPACE/NAME", required = true, value_parser = account)]
        accounts: Vec<ServiceAccountRef>,

        /// Further namespaces with tokens. Those of the ServiceAccounts are included.
        #[arg(long, value_name = "NAME", value_delimiter = ',')]
        namespaces: Vec<ProjectName>,

        /// For Kubernetes before 1.36, which can't limit what the program does as a ServiceAccount.
        #[arg(long)]
        legacy: bool,
    },
    /// Serves metrics about tokens, under an identity of its own: that of the kubeconfig, or of the pod's ServiceAccount. It needs the verbs
    /// list and watch on Secrets, and list on ServiceAccounts and Namespaces; it reads metadata only, never a value.
    Exporter {
        /// Address with /metrics, /healthz and /readyz, in plain HTTP. Other machines may reach it: metrics hold no secret.
        #[arg(
            long,
            env = "KARGO_TOKENS_METRICS_LISTEN",
            value_name = "ADDRESS:PORT",
            default_value = "127.0.0.1:9090"
        )]
        metrics_listen: SocketAddr,

        /// Add metrics for each token, with its name and role as labels.
        #[arg(long, env = "KARGO_TOKENS_METRICS_TOKEN_NAMES")]
        metrics_token_names: bool,
    },
    /// Tells what will work and what won't, for the cluster, the identity and the options given. Changes nothing. The options are those of
    /// serving: put the command at the end of the command line that serves, such as kargo-tokens --sign-in token check.
    ///
    /// Exit code: 0 if everything is as it should be, 1 if there are warnings, 2 if there is a problem.
    Check {
        /// How to print the result.
        #[arg(long, value_name = "FORMAT", default_value = "text")]
        output: Output,
    },
    /// Prints the list of all metrics, as Markdown.
    Metrics,
    /// Prints a script that completes options in a shell.
    Completions {
        /// The shell.
        shell: Shell,
    },
    /// Prints a page for man.
    Man {
        /// Command that the page is about. Default: kargo-tokens itself.
        command: Option<String>,
    },
}

/// How a result is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// For people.
    Text,
    /// For programs.
    Json,
}

/// Parses a ServiceAccount: `NAMESPACE/NAME`.
fn account(text: &str) -> Result<ServiceAccountRef, String> {
    let parts = text.split_once('/').and_then(|(namespace, name)| {
        Some(ServiceAccountRef {
            namespace: namespace.parse().ok()?,
            name: name.parse().ok()?,
        })
    });
    parts.ok_or_else(|| "expected a namespace and a name, such as kargo/kargo-admin".to_owned())
}
