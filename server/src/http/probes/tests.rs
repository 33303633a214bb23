//! Probes: whatever the host, without a sign-in, and never a redirect.

use axum::{
    body::{Body, to_bytes},
    http::{Request, header::HOST},
};
use clap::Parser;
use tower::ServiceExt;

use super::*;
use crate::{
    audit::Audit,
    background::Tasks,
    config::Config,
    http::{Operations, Peer, Served, Services, router},
    one_time_address::OneTimeAddresses,
    test_cluster::{TestCluster, unreachable},
};

/// A program that people reach through a proxy. Answers with its routers, and with what tells it to end.
fn served(cluster: Cluster) -> (Served, CancellationToken) {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 3000));
    let config = Config::try_parse_from([
        "kargo-tokens",
        "--external-url=https://tokens.example.com",
        "--sign-in=token",
    ]);
    let config = config.expect("flags");
    let (one_time_addresses, _) = OneTimeAddresses::new(format!("http://{address}"));
    let operations = Operations::default();
    let services = Services {
        cluster,
        sessions: Arc::new(config.sessions(address).expect("no file is needed")),
        one_time_addresses: Arc::new(one_time_addresses),
        oidc: None,
        tasks: Tasks::default(),
        audit: Audit::default(),
        operations: operations.clone(),
    };
    (router(&config, address, services), operations.ending)
}

async fn ask(router: &Router, path: &str, host: &str) -> (StatusCode, String) {
    let request = Request::get(path).header(HOST, host);
    let mut request = request.body(Body::empty()).expect("a request");
    request.extensions_mut().insert(Peer {
        address: [10, 0, 0, 1].into(),
        is_https: false,
    });
    let answer = router.clone().oneshot(request).await.expect("an answer");
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX).await;
    let body = body.expect("a body").to_vec();
    (status, String::from_utf8(body).expect("text"))
}

const HOSTS: [&str; 4] = ["10.1.2.3:3000", "tokens.example.com", "", "evil.example"];

#[tokio::test]
async fn a_cluster_that_does_not_answer_is_not_ready_on_either_port() {
    let (Served { app, operations }, _) = served(unreachable().await);
    for router in [&app, &operations] {
        for host in HOSTS {
            let (status, text) = ask(router, "/readyz", host).await;
            assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "{host}: {text}");
            let (status, text) = ask(router, "/healthz", host).await;
            assert_eq!((status, text.as_str()), (StatusCode::OK, "ok\n"));
        }
    }
}

#[tokio::test]
async fn a_ready_program_is_not_ready_once_it_ends_and_still_tells_its_metrics() {
    let cluster = TestCluster::new();
    let (Served { app, operations }, ending) = served(cluster.admin().await);
    for router in [&app, &operations] {
        for host in HOSTS {
            assert_eq!(ask(router, "/readyz", host).await.0, StatusCode::OK);
        }
    }
    ending.cancel();
    for router in [&app, &operations] {
        let (status, text) = ask(router, "/readyz", "any").await;
        assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(text, "The program is ending.\n");
        assert_eq!(ask(router, "/healthz", "any").await.0, StatusCode::OK);
    }
    let (status, text) = ask(&operations, "/metrics", "any").await;
    assert_eq!(status, StatusCode::OK);
    let requests =
        r#"kargo_tokens_http_requests_total{route="/readyz",method="GET",status="503"} 1"#;
    assert!(text.contains(requests), "{text}");
}

#[tokio::test]
async fn the_dashboards_port_has_no_metrics_and_the_other_one_nothing_else() {
    let (Served { app, operations }, _) = served(unreachable().await);
    let (status, text) = ask(&app, "/metrics", "tokens.example.com").await;
    assert_eq!(status, StatusCode::SEE_OTHER, "to the sign-in: {text}");
    for path in ["/", "/system", "/sign-in", "/api/list_tokens", "/pkg/a.js"] {
        let (status, _) = ask(&operations, path, "tokens.example.com").await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
    }
}
