//! 10,000 requests that nobody's page sends: no panic, no failure of ours, and no value in an answer.

use std::net::IpAddr;

use axum::{
    body::{Body, to_bytes},
    http::{Method, Request, header},
};
use clap::Parser;
use proptest::{collection::vec, prelude::*, strategy::ValueTree, test_runner::TestRunner};
use tower::ServiceExt;

use super::*;
use crate::sessions::Credential;

/// A value as a token has it. No answer may contain it.
const VALUE: &str = "eyJhbGciOiJub25lIn0.eyJzZW50aW5lbCI6MX0.sentinel";

/// Requests that one router answers before its limit of writes is reached.
const OF_ONE_ROUTER: usize = 100;

/// A router whose cluster doesn't answer, and the cookie of a session.
async fn router_of() -> (Router, String) {
    let config = Config::parse_from(["kargo-tokens"]);
    let cluster = crate::test_cluster::unreachable().await;
    let address = SocketAddr::from(([127, 0, 0, 1], 3000));
    let sessions = Arc::new(config.sessions(address).expect("no file is needed"));
    let cookies = sessions.begin(Credential::Local).expect("short");
    let cookie = cookies[0].to_str().expect("text").split(';').next();
    let (addresses, _) = OneTimeAddresses::new(format!("http://{address}"));
    let services = Services {
        cluster,
        sessions,
        one_time_addresses: Arc::new(addresses),
        oidc: None,
        tasks: Tasks::default(),
        audit: Audit::default(),
        operations: Operations::default(),
    };
    let router = router(&config, address, services).app;
    (router, cookie.expect("name and value").to_owned())
}

/// A field of a form: known and unknown names, with values of any kind.
fn field() -> impl Strategy<Value = String> {
    let name = prop_oneof![
        "scope|role|name|uid|claim|lifetime|now|more|note|contact|reason|value|overlap|before_note",
        "[a-z\\[\\]]{0,12}",
    ];
    let value = prop_oneof![
        Just("system".to_owned()),
        Just("projects/a".to_owned()),
        Just("projects/../kargo".to_owned()),
        Just(VALUE.to_owned()),
        Just("-1".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("%ff%00".to_owned()),
        "[ -~]{0,40}",
        any::<String>(),
    ];
    (name, value).prop_map(|(name, value)| format!("{name}={value}"))
}

fn request() -> impl Strategy<Value = (Method, String, String, Vec<u8>)> {
    let method = prop_oneof![
        8 => Just(Method::POST),
        2 => Just(Method::GET),
        1 => Just(Method::PUT),
    ];
    let path = prop_oneof![
        9 => "create_token|rehearse_creation|delete_token|restore_token|reveal_token|confirm_token|suspend_token|retire_token|recreate_token|compromise_token|finish_token|finish_compromise|note_token|test_token|list_tokens|list_token_refs|list_roles|list_projects|describe_token|list_exposed|get_notes|get_permissions|get_session",
        1 => "[a-z_%]{0,20}",
    ];
    let content = prop_oneof![
        6 => Just("application/x-www-form-urlencoded".to_owned()),
        1 => Just("application/json".to_owned()),
        1 => Just("multipart/form-data; boundary=a".to_owned()),
        1 => "[ -~]{0,20}",
    ];
    let body = prop_oneof![
        8 => vec(field(), 0..8).prop_map(|fields| fields.join("&").into_bytes()),
        2 => vec(any::<u8>(), 0..200),
    ];
    (method, path, content, body)
}

#[tokio::test(start_paused = true)]
async fn ten_thousand_requests_fail_in_words() {
    let mut runner = TestRunner::deterministic();
    let requests = request();
    let mut tried = 0;
    while tried < 10_000 {
        let (router, cookie) = router_of().await;
        for _ in 0..OF_ONE_ROUTER {
            let tree = requests.new_tree(&mut runner).expect("a request");
            let (method, path, content, body) = tree.current();
            let shown = format!(
                "{method} {path} {content} {:?}",
                String::from_utf8_lossy(&body)
            );
            let sent = Request::builder()
                .method(method)
                .uri(format!("/api/{path}"))
                .header(header::HOST, "127.0.0.1:3000")
                .header(header::ORIGIN, "http://127.0.0.1:3000")
                .header(header::CONTENT_TYPE, content)
                .header(header::ACCEPT, "application/json")
                .header(header::COOKIE, &cookie)
                .extension(Peer {
                    address: IpAddr::from([127, 0, 0, 1]),
                    is_https: false,
                })
                .body(Body::from(body));
            let Ok(sent) = sent else { continue };
            tried += 1;
            let answer = router.clone().oneshot(sent).await.expect("an answer");
            let status = answer.status().as_u16();
            // The cluster doesn't answer: that is told with 503 or 504.
            assert!(
                status < 500 || matches!(status, 503 | 504),
                "{status}: {shown}"
            );
            let answer = to_bytes(answer.into_body(), usize::MAX)
                .await
                .expect("a body");
            let answer = String::from_utf8_lossy(&answer);
            assert!(!answer.contains("sentinel"), "{shown}: {answer}");
        }
    }
}
