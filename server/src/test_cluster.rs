//! The control plane that tests of this crate share with those of `kargo`. `make test` starts it.

use std::{path::PathBuf, process::Command, sync::Mutex};

use kargo::{
    cluster::{Cluster, ConnectOptions, Connector},
    name::ConfigMapRef,
    value::Value,
};
use tempfile::TempDir;

/// What one test has on the control plane; removed when dropped.
pub struct TestCluster {
    folder: TempDir,
    /// Distinguishes the objects of tests that run at the same time.
    suffix: String,
    made: Mutex<Vec<String>>,
}

fn variable(name: &str) -> PathBuf {
    std::env::var_os(name)
        .unwrap_or_else(|| {
            panic!("{name} is not set. Use `make test`: it starts a control plane first.")
        })
        .into()
}

/// The kubeconfig of the control plane's admin.
pub fn kubeconfig() -> PathBuf {
    variable("KARGO_TOKENS_TEST_CLUSTER").join("kubeconfig")
}

/// The kubeconfig of one of the seeded users.
pub fn user_kubeconfig(name: &str) -> PathBuf {
    let folder = variable("KARGO_TOKENS_TEST_CLUSTER").join("users");
    folder.join(format!("{name}.kubeconfig"))
}

/// Runs kubectl in Kargo's namespace, unless the arguments name another one.
pub fn kubectl(arguments: &[&str]) -> Result<String, String> {
    run_kubectl(&[&["--namespace", "kargo"], arguments].concat())
}

fn run_kubectl(arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(variable("KARGO_TOKENS_CLUSTER_BIN").with_file_name("kubectl"))
        .arg("--kubeconfig")
        .arg(kubeconfig())
        .args(arguments)
        .output()
        .expect("kubectl runs");
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(String::from_utf8_lossy(&output.stderr).into_owned())
    }
}

/// View of a cluster that doesn't answer. Needs no control plane.
pub async fn unreachable() -> Cluster {
    let folder = TempDir::with_prefix("test-").expect("a folder");
    let file = folder.path().join("kubeconfig");
    let text = "{apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: a, user: {token: b}}], contexts: [{name: a, context: {cluster: a, user: a}}]}";
    std::fs::write(&file, text).expect("a file");
    let options = ConnectOptions {
        kubeconfig: Some(file),
        context: None,
        namespace: "kargo".parse().expect("a name"),
    };
    let loaded = Connector::load(&options).await;
    loaded.expect("a kubeconfig").1
}

impl TestCluster {
    pub fn new() -> Self {
        let folder = TempDir::with_prefix("test-").expect("a folder");
        let name = folder.path().file_name().expect("a name").to_string_lossy();
        Self {
            suffix: name.to_lowercase(),
            folder,
            made: Mutex::default(),
        }
    }

    /// View of the control plane's admin.
    pub async fn admin(&self) -> Cluster {
        let options = ConnectOptions {
            kubeconfig: Some(kubeconfig()),
            context: None,
            namespace: "kargo".parse().expect("a name"),
        };
        let loaded = Connector::load(&options).await;
        loaded.expect("a working kubeconfig").1
    }

    /// Creates objects from YAML.
    pub fn apply(&self, yaml: &str) {
        let file = self.file("objects.yaml", yaml);
        run_kubectl(&["apply", "-f", &file.to_string_lossy()]).expect("applied");
    }

    /// View of a new ServiceAccount that may do these verbs with these resources of the core API group, in all namespaces.
    pub async fn account(&self, name: &str, rights: &[(&str, &str)]) -> Cluster {
        let name = format!("{name}-{}", self.suffix);
        let rules = rights.iter().map(|(verbs, resources)| {
            format!("{{apiGroups: [''], verbs: [{verbs}], resources: [{resources}]}}")
        });
        let rules: Vec<_> = rules.collect();
        let rules = rules.join(", ");
        self.apply(&format!(
            "{{apiVersion: v1, kind: ServiceAccount, metadata: {{name: {name}, namespace: default}}}}
---
{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRole, metadata: {{name: {name}}}, rules: [{rules}]}}
---
{{apiVersion: rbac.authorization.k8s.io/v1, kind: ClusterRoleBinding, metadata: {{name: {name}}}, roleRef: {{apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: {name}}}, subjects: [{{kind: ServiceAccount, name: {name}, namespace: default}}]}}"
        ));
        let made = ["clusterrolebinding", "clusterrole"].map(|kind| format!("{kind}/{name}"));
        self.made.lock().expect("a list").extend(made);
        let value =
            kubectl(&["create", "token", &name, "--namespace", "default"]).expect("a value");
        let value = Value::new(value.trim().to_owned());
        let admin = self.admin().await;
        admin.connector().with_bearer(&value).expect("a token")
    }

    /// A file of this test.
    pub fn file(&self, name: &str, content: &str) -> PathBuf {
        let file = self.folder.path().join(name);
        std::fs::write(&file, content).expect("a file");
        file
    }

    /// A new, empty ConfigMap of this test.
    pub fn config_map(&self, name: &str) -> ConfigMapRef {
        let name = format!("{name}-{}", self.suffix);
        kubectl(&["create", "configmap", &name]).expect("created");
        self.made
            .lock()
            .expect("a list")
            .push(format!("configmap/{name}"));
        format!("kargo/{name}").parse().expect("a ConfigMap")
    }

    /// A new project of this test, with the role `ci`. Answers with its namespace.
    pub fn project(&self, name: &str) -> String {
        let name = format!("{name}-{}", self.suffix);
        for arguments in [
            &["create", "namespace", &name][..],
            &["label", "namespace", &name, "kargo.akuity.io/project=true"],
            &["create", "serviceaccount", "ci", "--namespace", &name],
        ] {
            kubectl(arguments).expect("created");
        }
        self.made
            .lock()
            .expect("a list")
            .push(format!("namespace/{name}"));
        name
    }

    /// Deletes a ConfigMap of this test.
    pub fn delete_config_map(&self, name: &str) {
        let name = format!("{name}-{}", self.suffix);
        kubectl(&["delete", "configmap", &name]).expect("deleted");
    }
}

impl Drop for TestCluster {
    fn drop(&mut self) {
        for name in self.made.lock().expect("a list").iter() {
            // A test that fails must fail with its own words.
            let _ = kubectl(&["delete", name, "--ignore-not-found", "--wait=false"]);
        }
    }
}
