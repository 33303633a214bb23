//! Connecting to a cluster, and as whom.

use std::path::PathBuf;

use base64::{Engine, prelude::BASE64_STANDARD};
use kargo::{cluster::Error, problem::Kind, value::Value};
use serde_json::{Value as Json, json};
use tempfile::TempDir;

use super::support::control_plane::{admin, admin_kubeconfig, kube_client, load, user};

struct File {
    path: PathBuf,
    _directory: TempDir,
}

fn file(content: &str) -> File {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("kubeconfig");
    std::fs::write(&path, content).expect("a file");
    File {
        path,
        _directory: directory,
    }
}

fn kubeconfig(cluster: &Json, user: &Json) -> File {
    file(
        &json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{ "name": "it", "cluster": cluster }],
            "users": [{ "name": "it", "user": user }],
            "contexts": [{ "name": "it", "context": { "cluster": "it", "user": "it" } }],
        })
        .to_string(),
    )
}

#[tokio::test]
async fn a_kubeconfig_says_who_its_owner_is() {
    assert_eq!(
        admin().await.whoami().await.expect("somebody").user,
        "admin@local"
    );
    assert_eq!(
        user("viewer").await.whoami().await.expect("somebody").user,
        "viewer@example.com"
    );
}

#[tokio::test]
async fn a_running_cluster_is_ready() {
    admin().await.ready().await.expect("ready");
}

#[tokio::test]
async fn a_bearer_token_is_sent_without_any_other_credential() {
    // The kubeconfig's client certificate would be accepted, whatever the token.
    let cluster = admin().await;
    let stranger = cluster
        .connector()
        .with_bearer(&Value::new("nobodys-token".to_owned()))
        .expect("could be a token");
    let error = stranger.whoami().await.expect_err("nobody's");
    assert!(matches!(error, Error::Unauthenticated), "{error}");
    assert_eq!(
        cluster.whoami().await.expect("somebody").user,
        "admin@local"
    );
}

#[tokio::test]
async fn a_text_that_can_not_be_a_token_is_refused() {
    let cluster = admin().await;
    for text in ["", "two words", "two\nlines", "ümlaut", "tab\t"] {
        let error = cluster
            .connector()
            .with_bearer(&Value::new(text.to_owned()))
            .err()
            .expect("no token");
        assert!(matches!(error, Error::NotAToken), "{error}");
    }
}

#[tokio::test]
async fn the_endpoint_and_a_credential_make_a_working_kubeconfig() {
    let endpoint = user("viewer").await.endpoint();
    let authority = endpoint
        .certificate_authority_data
        .expect("a certificate authority");
    let pem = BASE64_STANDARD.decode(&authority).expect("base64");
    assert!(pem.starts_with(b"-----BEGIN CERTIFICATE-----\n"));
    let seeded = std::fs::read_to_string(
        admin_kubeconfig()
            .with_file_name("users")
            .join("viewer.kubeconfig"),
    );
    let seeded = seeded.expect("the seeded kubeconfig");
    let token = seeded
        .lines()
        .find_map(|line| line.trim().strip_prefix("token: "))
        .expect("a token");
    let mine = kubeconfig(
        &json!({ "server": endpoint.server, "certificate-authority-data": authority }),
        &json!({ "token": token }),
    );
    let version = kube_client(&mine.path)
        .await
        .apiserver_version()
        .await
        .expect("an answer over TLS");
    assert_eq!(version.major, "1");
}

#[tokio::test]
async fn an_unreachable_cluster_says_why() {
    let nobody = kubeconfig(
        &json!({ "server": "http://127.0.0.1:1" }),
        &json!({ "token": "t" }),
    );
    let error = load(&nobody.path, None)
        .await
        .expect("a kubeconfig")
        .1
        .ready()
        .await
        .expect_err("nobody listens");
    assert_eq!(error.problem().kind, Kind::Unavailable);
    assert!(error.to_string().contains("Connection refused"), "{error}");

    let endpoint = admin().await.endpoint();
    let distrusted = kubeconfig(
        &json!({ "server": endpoint.server }),
        &json!({ "token": "t" }),
    );
    let error = load(&distrusted.path, None)
        .await
        .expect("a kubeconfig")
        .1
        .ready()
        .await
        .expect_err("not trusted");
    assert_eq!(error.problem().kind, Kind::Unavailable);
    assert!(error.to_string().contains("certificate"), "{error}");
}

#[tokio::test]
async fn a_broken_kubeconfig_is_named_and_not_quoted() {
    let refused = async |file: &File, context| {
        let error = load(&file.path, context).await.err().expect("it is broken");
        let text = format!("{error} {error:?}");
        assert!(!text.contains("sentinel"), "{text}");
        error.to_string()
    };
    let cluster = json!({ "server": "https://127.0.0.1:1" });
    let good = kubeconfig(&cluster, &json!({ "token": "sentinel" }));
    assert!(
        refused(&good, Some("elsewhere"))
            .await
            .contains("--context")
    );
    assert!(
        refused(&file("users: [{ user: { token: [sentinel"), None)
            .await
            .contains("valid YAML")
    );
    assert!(
        refused(
            &kubeconfig(&cluster, &json!({ "token": ["sentinel"] })),
            None
        )
        .await
        .contains("text is expected")
    );
    let certificate =
        json!({ "client-certificate-data": "sentinel", "client-key-data": "sentinel" });
    assert!(
        refused(&kubeconfig(&cluster, &certificate), None)
            .await
            .contains("certificate")
    );
    let command = json!({ "exec": {
        "apiVersion": "client.authentication.k8s.io/v1", "command": "sh", "args": ["-c", "echo sentinel; exit 1"],
        "interactiveMode": "Never",
    } });
    let file = kubeconfig(&cluster, &command);
    let (_, asking) = load(&file.path, None)
        .await
        .expect("the command runs later");
    let error = asking.whoami().await.expect_err("it fails");
    let text = format!("{error} {error:?}");
    assert!(text.contains("sign-in command sh failed"), "{text}");
    assert!(!text.contains("sentinel"), "{text}");

    let missing = PathBuf::from("/nowhere/kubeconfig");
    let error = load(&missing, None)
        .await
        .err()
        .expect("not there")
        .to_string();
    assert!(
        error.contains("/nowhere/kubeconfig") && error.contains("--kubeconfig"),
        "{error}"
    );
}
