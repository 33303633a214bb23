//! What is found for whom, on the control plane.

use std::{path::Path, time::Instant};

use clap::Parser;

use super::*;
use crate::test_cluster::{TestCluster, kubeconfig, user_kubeconfig};

/// What is found with some options, but for the site's files: tests need none.
async fn found(kubeconfig: &Path, options: &[&str]) -> Vec<Finding> {
    let kubeconfig = kubeconfig.to_string_lossy();
    let program = ["kargo-tokens", "--kubeconfig", &kubeconfig];
    let config = Config::try_parse_from(program.iter().chain(options)).expect("options");
    let mut findings = findings(&config).await;
    findings.retain(|finding| finding.about != "options");
    findings
}

/// Findings about something, as `level found → next`.
fn about<'a>(findings: &'a [Finding], about: &str) -> Vec<&'a Finding> {
    let of = findings.iter().filter(|finding| finding.about == about);
    of.collect()
}

fn only<'a>(findings: &'a [Finding], what: &str) -> &'a Finding {
    let [one] = about(findings, what)[..] else {
        panic!("one finding about {what}: {findings:?}");
    };
    one
}

#[tokio::test]
async fn an_admin_of_the_cluster_lacks_nothing() {
    let findings = found(&kubeconfig(), &[]).await;
    assert_eq!(worst(&findings), Level::Ok, "{findings:?}");
    let server = only(&findings, "API server");
    assert!(server.found.starts_with("Kubernetes 1."), "{server:?}");
    assert_eq!(only(&findings, "identity").found, "admin@local");
    let kargo = only(&findings, "Kargo");
    assert!(kargo.found.contains("kargo-admin"), "{kargo:?}");
    let rights = about(&findings, "rights");
    let mint = "create serviceaccounts/token";
    assert!(rights[0].found.contains(mint), "{rights:?}");
    assert!(rights.len() > 2, "the system and projects: {rights:?}");
    assert_eq!(only(&findings, "last use").level, Level::Ok);
    assert_eq!(only(&findings, "clock").level, Level::Ok);
}

#[tokio::test]
async fn who_lacks_rights_is_told_which_and_what_they_are_for() {
    let admin = found(&user_kubeconfig("admin"), &[]).await;
    let rights = about(&admin, "rights")[0];
    assert_eq!(rights.level, Level::Warning);
    assert!(
        rights
            .next
            .contains("create serviceaccounts/token (no token can expire)")
    );
    let last_use = only(&admin, "last use");
    assert_eq!(last_use.level, Level::Ok, "nobody has to read it");
    assert!(last_use.found.contains("can't be read"), "{last_use:?}");

    let viewer = found(&user_kubeconfig("viewer"), &[]).await;
    assert_eq!(worst(&viewer), Level::Problem, "{viewer:?}");
    let rights = about(&viewer, "rights")[0];
    assert!(
        rights.next.contains("list secrets (no token is shown)"),
        "{rights:?}"
    );

    let project = found(&user_kubeconfig("project-admin"), &[]).await;
    let projects = only(&project, "projects");
    assert_eq!(projects.level, Level::Warning, "{projects:?}");
}

#[tokio::test]
async fn a_namespace_without_kargo_is_a_problem() {
    let findings = found(&kubeconfig(), &["--namespace=default"]).await;
    let kargo = only(&findings, "Kargo");
    assert_eq!(kargo.level, Level::Problem);
    assert!(kargo.next.contains("--namespace"), "{kargo:?}");
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_the_only_thing_that_is_said_of_it() {
    let cluster = TestCluster::new();
    let text = "{apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: 'https://127.0.0.1:1'}}], users: [{name: a, user: {token: b}}], contexts: [{name: a, context: {cluster: a, user: a}}]}";
    let began = Instant::now();
    let findings = found(&cluster.file("kubeconfig", text), &[]).await;
    let server = only(&findings, "API server");
    assert_eq!(server.level, Level::Problem);
    assert!(server.found.contains("https://127.0.0.1:1"), "{server:?}");
    assert!(about(&findings, "identity").is_empty(), "{findings:?}");
    assert!(began.elapsed().as_secs() < 30);

    let none = found(&cluster.file("empty", "{contexts: ["), &[]).await;
    assert_eq!(only(&none, "API server").level, Level::Problem, "{none:?}");
}

#[tokio::test]
async fn who_may_not_act_as_the_roles_is_told_so() {
    let options = [
        "--sign-in=oidc",
        "--oidc-issuer-url=http://127.0.0.1:1",
        "--oidc-client-id=kargo",
    ];
    let admin = found(&kubeconfig(), &options).await;
    let roles = about(&admin, "acting as roles");
    assert!(roles.len() >= 4, "{roles:?}");
    assert!(
        roles.iter().all(|role| role.level == Level::Ok),
        "{roles:?}"
    );
    assert!(
        about(&admin, "rights").is_empty(),
        "nobody acts as the program"
    );
    let issuer = only(&admin, "OIDC issuer");
    assert_eq!(issuer.level, Level::Problem, "{issuer:?}");

    let auditor = found(&user_kubeconfig("auditor"), &options).await;
    let roles = about(&auditor, "acting as roles");
    assert!(
        !roles.is_empty() && roles.iter().all(|role| role.level == Level::Problem),
        "{roles:?}"
    );
    let viewer = found(&user_kubeconfig("project-admin"), &options).await;
    let found = about(&viewer, "acting as roles");
    let lists = "may not list namespaces";
    assert!(
        found.iter().any(|finding| finding.found.contains(lists)),
        "{found:?}"
    );
}

#[tokio::test]
async fn files_and_sign_outs_are_looked_at_without_printing_them() {
    let cluster = TestCluster::new();
    let key = cluster.file("keys", &format!("{}=\n", "A".repeat(43)));
    let keys = format!("--session-keys={}", key.display());
    let map = cluster.config_map("check");
    let revocations = format!("--revocations={map}");
    let good = found(&kubeconfig(), &["--sign-in=token", &keys, &revocations]).await;
    assert_eq!(only(&good, "session keys").level, Level::Ok, "{good:?}");
    assert_eq!(only(&good, "sign-outs").level, Level::Ok, "{good:?}");

    let forgets = found(&kubeconfig(), &["--sign-in=token", &keys]).await;
    assert_eq!(only(&forgets, "sign-outs").level, Level::Warning);
    let options = ["--sign-in=token", &keys, &revocations];
    let nobody = found(&user_kubeconfig("viewer"), &options).await;
    assert_eq!(only(&nobody, "sign-outs").level, Level::Problem);

    let bad = cluster.file("bad", "sentinel");
    let bad_keys = format!("--session-keys={}", bad.display());
    let certificate = format!("--tls-cert={}", bad.display());
    let private = format!("--tls-key={}", bad.display());
    let bad = found(&kubeconfig(), &[&bad_keys, &certificate, &private]).await;
    assert_eq!(only(&bad, "session keys").level, Level::Problem, "{bad:?}");
    assert_eq!(only(&bad, "TLS").level, Level::Problem, "{bad:?}");
    assert!(!text(&bad).contains("sentinel"));
}

#[test]
fn clocks_may_differ_a_little() {
    for (ahead, expected) in [
        (0, Level::Ok),
        (-5, Level::Ok),
        (6, Level::Warning),
        (-300, Level::Warning),
        (301, Level::Problem),
    ] {
        assert_eq!(cluster::judged(ahead).level, expected, "{ahead}");
    }
    assert_eq!(cluster::judged(-60).found, "60 s behind the API server's");
}

#[test]
fn the_result_is_printed_for_people_and_for_programs() {
    let findings = [
        Finding::ok("API server", "Kubernetes 1.37"),
        Finding::warning("rights", "none", "Grant some."),
    ];
    assert_eq!(
        text(&findings),
        "ok       API server  Kubernetes 1.37\nwarning  rights      none\n                     → Grant some.\n\n0 problems, 1 warning.\n"
    );
    assert!(text(&findings[..1]).ends_with("\nEverything is as it should be.\n"));
    let mut json = Vec::new();
    print(&findings, Output::Json, &mut json);
    let json: serde_json::Value = serde_json::from_slice(&json).expect("JSON");
    assert_eq!(json[0]["level"], "ok");
    assert!(json[0]["next"].is_null());
    assert_eq!(json[1]["next"], "Grant some.");
    assert_eq!(worst(&findings), Level::Warning);
}
