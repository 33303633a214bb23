//! Flags for whoever runs the program.

use std::{net::SocketAddr, time::Duration};

use clap::Args;

use super::duration;

/// Flags for whoever runs the program.
#[derive(Debug, Args)]
pub struct OperationsFlags {
    /// Address of a second port with /metrics, /healthz and /readyz, in plain HTTP and without a sign-in. Other machines may reach it, whatever
    /// --allow-remote says: metrics hold no secret, no person and no name of a token. Off by default.
    #[arg(long, env = "KARGO_TOKENS_METRICS_LISTEN", value_name = "ADDRESS:PORT")]
    pub metrics_listen: Option<SocketAddr>,

    /// Time after SIGTERM in which requests are still answered, such as 5s; at most 1m. /readyz says 503 meanwhile, so that whatever spreads
    /// requests over replicas stops to send them here.
    #[arg(
        long,
        env = "KARGO_TOKENS_SHUTDOWN_DELAY",
        value_name = "TIME",
        default_value = "0",
        value_parser = duration::shutdown_delay
    )]
    shutdown_delay: u64,
}

impl OperationsFlags {
    /// Time after SIGTERM in which requests are still answered.
    pub fn shutdown_delay(&self) -> Duration {
        Duration::from_secs(self.shutdown_delay)
    }
}
