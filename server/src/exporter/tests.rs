//! The exporter on the control plane: its numbers are what was made.

use axum::{
    body::{Body, to_bytes},
    http::{Request, StatusCode},
};
use tower::ServiceExt;

use super::*;
use crate::{
    metrics::tests::{series, value},
    test_cluster::{TestCluster, kubectl, unreachable},
};

/// What the documentation tells to grant.
const RIGHTS: [(&str, &str); 3] = [
    ("list,watch", "secrets"),
    ("list", "serviceaccounts"),
    ("list", "namespaces"),
];

async fn scrape(app: &Router) -> String {
    let request = Request::get("/metrics").body(Body::empty());
    let answer = app.clone().oneshot(request.expect("a request")).await;
    let answer = answer.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    let body = to_bytes(answer.into_body(), usize::MAX).await;
    String::from_utf8(body.expect("a body").to_vec()).expect("text")
}

/// Scrapes until a series has a number.
async fn scrape_until(app: &Router, wanted: &str, number: f64) -> String {
    let scraping = async {
        loop {
            let text = scrape(app).await;
            if value(&text, wanted) == Some(number) {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let text = timeout(Duration::from_mins(1), scraping).await;
    text.unwrap_or_else(|_| panic!("{wanted} never became {number}"))
}

#[tokio::test]
async fn the_numbers_are_what_was_made_for_an_identity_with_few_rights() {
    let cluster = TestCluster::new();
    let namespace = cluster.project("exporter");
    let scope: Scope = format!("projects/{namespace}").parse().expect("a scope");
    let admin = cluster.admin().await;
    let role = "ci".parse().expect("a role");
    let hour = Some(jiff::SignedDuration::from_hours(1));
    for (name, lifetime) in [("kept", None), ("stopped", None), ("ending", hour)] {
        let name = name.parse().expect("a name");
        let created = admin
            .create_token(
                &scope,
                &role,
                &name,
                lifetime,
                &kargo::token::Notes::default(),
            )
            .await;
        created.expect("created");
    }
    cluster.apply(&format!(
        "{{apiVersion: v1, kind: Secret, type: kubernetes.io/service-account-token, metadata: {{name: foreign, namespace: {namespace}, annotations: {{kubernetes.io/service-account.name: ci}}}}}}"
    ));
    let suspended = "kubernetes.io/legacy-token-invalid-since=2026-01-01";
    kubectl(&[
        "label",
        "secret",
        "stopped",
        suspended,
        "--namespace",
        &namespace,
    ])
    .expect("kubectl succeeds");

    let identity = cluster.account("exporter", &RIGHTS).await;
    let app = Exporter::new(identity, false).routes(CancellationToken::new());
    let state = |state| format!(r#"kargo_tokens_tokens{{scope="{scope}",state="{state}"}}"#);
    // Kubernetes writes a token's value a moment after its creation.
    scrape_until(&app, &state("active"), 1.0).await;
    scrape_until(&app, &state("suspended"), 1.0).await;
    let text = scrape_until(&app, &state("unrevealed"), 2.0).await;
    let of = |metric: &str| {
        value(
            &text,
            &format!(r#"kargo_tokens_{metric}{{scope="{scope}"}}"#),
        )
    };
    let all: f64 = series(&text, "kargo_tokens_tokens")
        .iter()
        .filter(|(series, _)| series.contains(&namespace))
        .map(|(_, count)| count)
        .sum();
    assert_eq!(all.to_bits(), 4.0_f64.to_bits(), "{text}");
    for (metric, expected) in [
        ("never_used", 3.0),
        ("unused_90_days", 0.0),
        ("unmanaged", 1.0),
        ("of_no_role", 0.0),
        ("deletions_due", 0.0),
        ("scope_readable", 1.0),
    ] {
        assert_eq!(of(metric), Some(expected), "{metric}: {text}");
    }
    let left = of("next_expiry_seconds").expect("one expires");
    assert!((3000.0..=3600.0).contains(&left), "{left}");
    let oldest = of("oldest_age_seconds").expect("there are some");
    assert!((0.0..600.0).contains(&oldest), "{oldest}");
    assert_eq!(value(&text, "kargo_tokens_projects_readable"), Some(1.0));
    assert!(of("scope_readable").is_some());
    for name in ["foreign", "stopped", "ending", "token_info{"] {
        assert!(!text.contains(name), "{name}: {text}");
    }
    let listed =
        r#"kargo_tokens_kubernetes_requests_total{verb="list",resource="secrets",status="200"}"#;
    assert!(value(&text, listed).is_some_and(|count| count > 0.0));
    let got = r#"verb="get",resource="secrets""#;
    assert!(!text.contains(got), "no Secret is read by itself: {text}");

    // What others do is seen.
    kubectl(&["delete", "secret", "stopped", "--namespace", &namespace]).expect("kubectl succeeds");
    scrape_until(&app, &state("suspended"), 0.0).await;
}

#[tokio::test]
async fn names_are_shown_only_where_they_are_asked_for() {
    let cluster = TestCluster::new();
    let namespace = cluster.project("names");
    let scope: Scope = format!("projects/{namespace}").parse().expect("a scope");
    let admin = cluster.admin().await;
    let (role, name) = (
        "ci".parse().expect("a role"),
        "mine".parse().expect("a name"),
    );
    let hour = Some(jiff::SignedDuration::from_hours(1));
    let created = admin
        .create_token(&scope, &role, &name, hour, &kargo::token::Notes::default())
        .await;
    created.expect("created");
    let app = Exporter::new(admin, true).routes(CancellationToken::new());
    let info = format!(
        r#"kargo_tokens_token_info{{scope="{scope}",role="ci",token="mine",state="unrevealed"}}"#
    );
    let text = scrape_until(&app, &info, 1.0).await;
    let expiry =
        format!(r#"kargo_tokens_token_expiry_seconds{{scope="{scope}",role="ci",token="mine"}}"#);
    assert!(value(&text, &expiry).is_some_and(|left| left > 3000.0));
}

#[tokio::test]
async fn an_identity_without_rights_says_so() {
    let cluster = TestCluster::new();
    let identity = cluster.account("nobody", &[]).await;
    let app = Exporter::new(identity, false).routes(CancellationToken::new());
    let text = scrape(&app).await;
    assert_eq!(value(&text, "kargo_tokens_projects_readable"), Some(0.0));
    let system = r#"kargo_tokens_scope_readable{scope="system"}"#;
    assert_eq!(value(&text, system), Some(0.0));
    assert_eq!(series(&text, "kargo_tokens_tokens"), []);
}

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_told_in_time() {
    let app = Exporter::new(unreachable().await, false).routes(CancellationToken::new());
    let began = Instant::now();
    let text = scrape(&app).await;
    assert!(began.elapsed() < Duration::from_secs(10));
    assert_eq!(value(&text, "kargo_tokens_projects_readable"), Some(0.0));
}

#[test]
fn the_table_has_every_metric_of_the_exporter() {
    let mut names: Vec<_> = table::EXPORTER.iter().map(|m| m.full_name()).collect();
    names.sort_unstable();
    assert_eq!(Tokens::default().shown.names(), names);
}
