//! The control plane that the tests share, and control planes for single tests that stop a part of them.

use std::{
    future::poll_fn,
    path::{Path, PathBuf},
    pin::Pin,
    process::Stdio,
    task::Poll,
    time::Duration,
};

use kargo::cluster::{Cluster, ConnectError, ConnectOptions, Connector};
use kube::{Client, Config, config::KubeConfigOptions};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
    time::{Instant, sleep},
};

fn variable(name: &str) -> PathBuf {
    std::env::var_os(name)
        .unwrap_or_else(|| {
            panic!("{name} is not set. Use `make test`: it starts a control plane first.")
        })
        .into()
}

/// The kubeconfig of the shared control plane's admin, who has a client certificate.
pub fn admin_kubeconfig() -> PathBuf {
    variable("KARGO_TOKENS_TEST_CLUSTER").join("kubeconfig")
}

/// View of the shared control plane's admin.
pub async fn admin() -> Cluster {
    connect(&admin_kubeconfig()).await
}

/// View of one of the seeded users.
pub async fn user(name: &str) -> Cluster {
    connect(
        &variable("KARGO_TOKENS_TEST_CLUSTER")
            .join("users")
            .join(format!("{name}.kubeconfig")),
    )
    .await
}

pub async fn connect(kubeconfig: &Path) -> Cluster {
    load(kubeconfig, None)
        .await
        .expect("a working kubeconfig")
        .1
}

pub async fn load(
    kubeconfig: &Path,
    context: Option<&str>,
) -> Result<(Connector, Cluster), ConnectError> {
    let options = ConnectOptions {
        kubeconfig: Some(kubeconfig.to_owned()),
        context: context.map(str::to_owned),
        namespace: "kargo".parse().expect("a name"),
    };
    Connector::load(&options).await
}

/// kube's own client, to check what the operations say and to act as another tool.
pub async fn kube_client(kubeconfig: &Path) -> Client {
    let kubeconfig = kube::config::Kubeconfig::read_from(kubeconfig).expect("a kubeconfig");
    let config = Config::from_custom_kubeconfig(kubeconfig, &KubeConfigOptions::default()).await;
    Client::try_from(config.expect("a kubeconfig")).expect("a client")
}

/// Waits for a condition that nothing announces.
pub async fn until(within: Duration, what: &str, mut is_so: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + within;
    while !is_so().await {
        assert!(Instant::now() < deadline, "not within {within:?}: {what}");
        sleep(Duration::from_millis(50)).await;
    }
}

/// Polls an operation so many times, from one thing that it waits for to the next. `Some` if it has finished.
pub async fn poll_times<F: Future>(mut operation: Pin<&mut F>, times: usize) -> Option<F::Output> {
    let mut left = times;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        operation.as_mut().poll(context).map(Some)
    })
    .await
}

/// A control plane for one test, removed when dropped.
pub struct Own {
    process: Child,
    directory: TempDir,
}

impl Own {
    pub async fn start() -> Self {
        let directory = TempDir::new().expect("a directory");
        let mut process = Command::new(variable("KARGO_TOKENS_CLUSTER_BIN"))
            .args(["up", "--ephemeral", "--exit-with-parent", "--dir"])
            .arg(directory.path().join("cluster"))
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .expect("the control plane's program starts");
        let mut said = BufReader::new(process.stdout.take().expect("piped")).lines();
        let first = said.next_line().await.expect("its output is text");
        assert!(
            first.is_some_and(|line| line.starts_with("ready ")),
            "the control plane did not become ready"
        );
        Self { process, directory }
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.directory.path().join("cluster/kubeconfig")
    }

    /// Stops the controller that writes the tokens' values.
    pub async fn stop_token_controller(&self) {
        self.signal("USR1", "stopped").await;
    }

    /// Starts it again.
    pub async fn start_token_controller(&self) {
        self.signal("USR2", "running").await;
    }

    async fn signal(&self, signal: &str, state: &str) {
        let pid = self.process.id().expect("it runs");
        let sent = Command::new("sh")
            .args(["-c", &format!("kill -{signal} {pid}")])
            .status()
            .await;
        assert!(sent.expect("a shell").success());
        let file = self.directory.path().join("cluster/token-controller");
        until(
            Duration::from_secs(10),
            "the token controller's state",
            async || std::fs::read_to_string(&file).is_ok_and(|text| text.trim() == state),
        )
        .await;
    }
}
