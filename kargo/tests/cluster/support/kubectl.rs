//! The real kubectl beside this program: the same files, variables and folder for both.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use kargo::cluster::{Cluster, ConnectOptions, Connector, Environment};
use serde_json::Value as Json;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{control_plane::admin_kubeconfig, proxy::Proxy};

/// A kubeconfig with its surroundings, and what comes of it.
pub struct Case {
    name: String,
    directory: TempDir,
    variables: BTreeMap<String, String>,
    working_folder: PathBuf,
    kubeconfig: Option<String>,
    context: Option<String>,
    proxy: Option<(Proxy, bool)>,
    expected: Expected,
}

/// What comes of a case.
pub enum Expected {
    /// Both act as this user.
    Both(&'static str),
    /// Both refuse, and our words have these parts.
    Neither(&'static [&'static str]),
    /// kubectl refuses because of entries that are not in use. We act as this user.
    Ours(&'static str),
    /// kubectl acts as somebody. We refuse, with these parts.
    Kubectls(&'static [&'static str]),
}

impl Case {
    /// A case in a folder of its own. Both read the file `kubeconfig` there unless the case says otherwise.
    pub fn new(name: &str, expected: Expected) -> Self {
        let directory = TempDir::new().expect("a directory");
        let home = directory.path().display().to_string();
        let path = std::env::var("PATH").expect("a PATH");
        Self {
            name: name.to_owned(),
            working_folder: directory.path().to_owned(),
            variables: [("HOME".to_owned(), home), ("PATH".to_owned(), path)].into(),
            directory,
            kubeconfig: Some("kubeconfig".to_owned()),
            context: None,
            proxy: None,
            expected,
        }
    }

    /// Adds a file. `{folder}` in its content is the case's folder.
    pub fn file(self, path: &str, content: impl ToString) -> Self {
        let folder = self.directory.path().display().to_string();
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, content.to_string().replace("{folder}", &folder)).expect("a file");
        self
    }

    /// Adds a program: a shell script.
    pub fn program(self, path: &str, script: &str) -> Self {
        use std::os::unix::fs::PermissionsExt;
        let this = self.file(path, format!("#!/bin/sh\n{script}\n"));
        let path = this.directory.path().join(path);
        std::fs::set_permissions(path, PermissionsExt::from_mode(0o755)).expect("a mode");
        this
    }

    /// Sets a variable. `{folder}` in its value is the case's folder.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        let folder = self.directory.path().display().to_string();
        self.variables
            .insert(name.to_owned(), value.replace("{folder}", &folder));
        self
    }

    /// Reads what `KUBECONFIG` or the home folder have instead of a named file.
    pub fn without_flag(mut self) -> Self {
        self.kubeconfig = None;
        self
    }

    /// Sets `KUBECONFIG`.
    pub fn list(self, list: &str) -> Self {
        self.without_flag().variable("KUBECONFIG", list)
    }

    /// Chooses a context.
    pub fn context(mut self, name: &str) -> Self {
        self.context = Some(name.to_owned());
        self
    }

    /// Works in a folder below the case's.
    pub fn within(mut self, folder: &str) -> Self {
        self.working_folder = self.directory.path().join(folder);
        self
    }

    /// The proxy must be used by both, or by neither.
    pub fn proxied(mut self, proxy: &Proxy, is_used: bool) -> Self {
        self.proxy = Some((proxy.clone(), is_used));
        self
    }

    /// Runs both. Answers with what is not as expected.
    pub async fn check(self) -> Option<String> {
        let name = &self.name;
        let kubectl = self.ask_kubectl().await;
        let by_kubectl = self.proxy.as_ref().map(|(proxy, _)| proxy.take_count() > 0);
        let ours = self.ask_us().await;
        let by_us = self.proxy.as_ref().map(|(proxy, _)| proxy.take_count() > 0);
        let told = format!("{name}:\n  kubectl {kubectl:?}\n  we      {ours:?}");
        let ours_says = |parts: &[&str]| {
            let error = ours.as_ref().err();
            error.is_some_and(|error| parts.iter().all(|part| error.contains(part)))
        };
        let is_right = match &self.expected {
            Expected::Both(user) => kubectl.as_deref() == Ok(user) && ours.as_deref() == Ok(user),
            Expected::Neither(parts) => kubectl.is_err() && ours_says(parts),
            Expected::Ours(user) => kubectl.is_err() && ours.as_deref() == Ok(user),
            Expected::Kubectls(parts) => kubectl.is_ok() && ours_says(parts),
        };
        let secrets = ["sentinel", "pass:word", "pass%3Aword"];
        let is_quoted = secrets.iter().any(|secret| told.contains(secret));
        let used = self.proxy.as_ref().map(|(_, is_used)| *is_used);
        if is_right && !is_quoted && (by_kubectl, by_us) == (used, used) {
            return None;
        }
        Some(format!("{told}\n  proxy used: {by_kubectl:?} {by_us:?}"))
    }

    async fn ask_kubectl(&self) -> Result<String, String> {
        let mut command = kubectl();
        command
            .args(["auth", "whoami", "-o", "json", "--request-timeout=5s"])
            .env_clear()
            .envs(&self.variables)
            .current_dir(&self.working_folder);
        if let Some(file) = &self.kubeconfig {
            command
                .arg("--kubeconfig")
                .arg(self.directory.path().join(file));
        }
        if let Some(context) = &self.context {
            command.args(["--context", context]);
        }
        let output = command.output().await.expect("kubectl runs");
        if !output.status.success() {
            let error = String::from_utf8_lossy(&output.stderr);
            // kubectl quotes what it can't read.
            return Err(error.replace("sentinel", "***"));
        }
        let review: Json = serde_json::from_slice(&output.stdout).expect("JSON");
        Ok(review["status"]["userInfo"]["username"]
            .as_str()
            .expect("a name")
            .to_owned())
    }

    async fn ask_us(&self) -> Result<String, String> {
        let (_, cluster) = self.load().await?;
        match cluster.whoami().await {
            Ok(identity) => Ok(identity.user),
            Err(error) => Err(error.problem().sentences()),
        }
    }

    /// Our view of the case.
    pub async fn load(&self) -> Result<(Connector, Cluster), String> {
        let options = ConnectOptions {
            kubeconfig: self
                .kubeconfig
                .as_ref()
                .map(|file| self.directory.path().join(file)),
            context: self.context.clone(),
            namespace: "kargo".parse().expect("a name"),
        };
        let variables = self.variables.iter();
        let environment = Environment {
            variables: variables
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
            working_folder: self.working_folder.clone(),
            pod_folder: self.directory.path().join("no-pod"),
            has_terminal: false,
        };
        let loaded = Connector::load_in(&options, environment).await;
        loaded.map_err(|error| format!("{error}"))
    }

    /// The case's folder.
    pub fn folder(&self) -> &Path {
        self.directory.path()
    }
}

/// Whether kubectl, run by the admin as another user, says that a verb on a namespace's resource is allowed.
pub async fn can_i(user: &str, verb: &str, resource: &str, namespace: &str) -> bool {
    // kubectl would read `serviceaccounts/token` as the name of a ServiceAccount.
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let mut command = kubectl();
    command
        .args([
            "auth",
            "can-i",
            verb,
            resource,
            "--subresource",
            subresource,
        ])
        .args(["--namespace", namespace])
        .args(["--as", user, "--kubeconfig"])
        .arg(admin_kubeconfig());
    let output = command.output().await.expect("kubectl runs");
    match output.stdout.trim_ascii() {
        b"yes" => true,
        b"no" => false,
        _ => panic!("{}", String::from_utf8_lossy(&output.stderr)),
    }
}

/// kubectl, which reads nothing from the terminal.
fn kubectl() -> Command {
    let cluster = std::env::var_os("KARGO_TOKENS_CLUSTER_BIN").expect("set by tools/control-plane");
    let mut command = Command::new(Path::new(&cluster).with_file_name("kubectl"));
    command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true);
    command
}

/// `kubectl proxy`: a plain HTTP address that signs all requests as the admin.
pub struct KubectlProxy {
    /// Address and port.
    pub address: SocketAddr,
    _process: Child,
}

impl KubectlProxy {
    pub async fn start(kubeconfig: &Path) -> Self {
        use tokio::io::{AsyncBufReadExt, BufReader};
        let mut process = kubectl()
            .args(["proxy", "--port=0", "--accept-hosts=.*", "--kubeconfig"])
            .arg(kubeconfig)
            .spawn()
            .expect("kubectl runs");
        let mut said = BufReader::new(process.stdout.take().expect("piped")).lines();
        let line = tokio::time::timeout(Duration::from_secs(20), said.next_line()).await;
        let line = line.expect("in time").expect("text").expect("a line");
        let address = line.rsplit(' ').next().expect("an address");
        Self {
            address: address.parse().expect("an address"),
            _process: process,
        }
    }
}
