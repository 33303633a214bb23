//! Every verb through the whole router, on the real control plane: each leaves exactly one line.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc, time::Duration};

use axum::{
    Router,
    http::{HeaderName, header},
};
use clap::Parser;
use serde_json::Value as Json;
use tower::ServiceExt;

use super::*;
use crate::{
    background::Tasks,
    config::Config,
    http::{Operations, Served, Services, router},
    metrics::tests::{series, value as value_of},
    one_time_address::OneTimeAddresses,
    sessions::Credential,
    test_cluster::TestCluster,
};

/// A running program with one signed-in person.
struct Dashboard {
    app: Router,
    /// The port of `--metrics-listen`.
    port: Router,
    cookie: String,
    key: String,
    audit: Audit,
    file: PathBuf,
    tasks: Tasks,
}

impl Dashboard {
    async fn start(cluster: &TestCluster) -> Self {
        Self::with(cluster, Operations::default()).await
    }

    async fn with(cluster: &TestCluster, operations: Operations) -> Self {
        let address = ([127, 0, 0, 1], 3000).into();
        let config = Config::try_parse_from(["kargo-tokens", "--sign-in=local,token"]);
        let config = config.expect("flags");
        let sessions = Arc::new(config.sessions(address).expect("no file is needed"));
        let set = sessions.begin(Credential::Local).expect("short");
        let pair = set[0].to_str().expect("text").split(';').next();
        let (one_time_addresses, printed) = OneTimeAddresses::new(format!("http://{address}"));
        let printed = printed.borrow().as_str().to_owned();
        let file = cluster.file("audit.log", "");
        let audit = Audit::to_file(file.clone()).expect("a file");
        let audit = audit.counting(Arc::clone(&operations.metrics));
        let admin = cluster.admin().await;
        admin.connector().observe(operations.metrics.clone());
        let tasks = Tasks::default();
        let services = Services {
            cluster: admin,
            sessions,
            one_time_addresses: Arc::new(one_time_addresses),
            oidc: None,
            tasks: tasks.clone(),
            audit: audit.clone(),
            operations: operations.clone(),
        };
        let Served {
            app,
            operations: port,
        } = router(&config, address, services);
        Self {
            app,
            port,
            cookie: pair.expect("a pair").to_owned(),
            key: printed.rsplit('/').next().expect("a path").to_owned(),
            audit,
            file,
            tasks,
        }
    }

    fn request(&self, method: &str, path: &str, form: &[(&str, &str)]) -> Request {
        let body = serde_urlencoded::to_string(form).expect("a form");
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, "127.0.0.1:3000")
            .header("sec-fetch-site", "same-origin")
            .header(header::ACCEPT, "application/json")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::COOKIE, &self.cookie)
            .body(Body::from(body))
            .expect("a request");
        request.extensions_mut().insert(Peer {
            address: [192, 0, 2, 1].into(),
            is_https: false,
        });
        request
    }

    async fn send(&self, request: Request) -> (StatusCode, Json) {
        let answer = self.app.clone().oneshot(request).await.expect("an answer");
        assert!(answer.headers().contains_key("x-request-id"));
        let status = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX)
            .await
            .expect("a body");
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Calls a server function about a token.
    async fn call(
        &self,
        function: &str,
        token: [(&'static str, String); 4],
        more: &[(&str, &str)],
    ) -> (StatusCode, Json) {
        let token = token.iter().map(|(name, text)| (*name, text.as_str()));
        let form: Vec<_> = token.chain(more.iter().copied()).collect();
        let path = format!("/api/{function}");
        self.send(self.request("POST", &path, &form)).await
    }

    async fn with_header(&self, mut request: Request, name: &'static str, text: &'static str) {
        let name = HeaderName::from_static(name);
        let text = HeaderValue::from_static(text);
        request.headers_mut().insert(name, text);
        self.send(request).await;
    }

    /// The metrics now. Beside them: no request of a browser.
    async fn metrics(&self) -> String {
        let request = Request::get("/metrics").body(Body::empty());
        let request = request.expect("a request");
        let answer = self.port.clone().oneshot(request).await;
        let answer = answer.expect("an answer");
        let text = to_bytes(answer.into_body(), usize::MAX).await;
        String::from_utf8(text.expect("a body").to_vec()).expect("text")
    }

    /// All lines, after the end of the program.
    async fn lines(self) -> (String, Vec<Json>) {
        self.tasks.shutdown(Duration::from_secs(5)).await;
        self.audit.close();
        let text = std::fs::read_to_string(&self.file).expect("a file");
        let lines = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"))
            .collect();
        (text, lines)
    }
}

/// Acts and sign-ins by their labels, as the metrics count them.
fn counted(metrics: &str) -> BTreeMap<String, f64> {
    ["kargo_tokens_acts_total", "kargo_tokens_sign_ins_total"]
        .into_iter()
        .flat_map(|name| series(metrics, name))
        .map(|(series, count)| (series.to_owned(), count))
        .collect()
}

/// The same, as the lines of the audit log tell it.
fn counts(lines: &[Json]) -> BTreeMap<String, f64> {
    let mut counts = BTreeMap::new();
    for line in lines {
        let field = |name: &str| line[name].as_str().unwrap_or("none");
        let (verb, outcome) = (field("verb"), field("outcome"));
        let series = if verb == SIGN_IN {
            let way = field("way");
            format!(r#"kargo_tokens_sign_ins_total{{way="{way}",outcome="{outcome}"}}"#)
        } else {
            format!(r#"kargo_tokens_acts_total{{act="{verb}",outcome="{outcome}"}}"#)
        };
        *counts.entry(series).or_default() += 1.0;
    }
    counts
}

/// The fields that name a token.
fn fields(token: &Json) -> [(&'static str, String); 4] {
    ["scope", "role", "name", "uid"]
        .map(|field| (field, token[field].as_str().unwrap_or_default().to_owned()))
}

const CLAIM: (&str, &str) = ("claim", "0123456789abcdef0123456789abcdef");

/// Sends each verb once, and a few that are refused. Answers with the first token, its value, and its successor.
async fn send_each_verb(dashboard: &Dashboard, scope: &str) -> (Json, String, Json) {
    let new = |name: &str| {
        let name = name.to_owned();
        let role = "ci".to_owned();
        [
            ("scope", scope.to_owned()),
            ("role", role),
            ("name", name),
            ("uid", String::new()),
        ]
    };
    let (_, one) = dashboard.call("create_token", new("one"), &[]).await;
    let of_one = || fields(&one);
    let call =
        async |function, more: &[(&str, &str)]| dashboard.call(function, of_one(), more).await;
    let (_, revealed) = call("reveal_token", &[CLAIM]).await;
    let value = revealed["value"].as_str().expect("a value").to_owned();
    call("confirm_token", &[CLAIM]).await;
    call("reveal_token", &[("claim", "another-sentinel")]).await;
    let test = dashboard.request("POST", "/api/test_token", &[("value", &value)]);
    dashboard.send(test).await;
    let sign_in = dashboard.request("POST", "/sign-in", &[("token", &value)]);
    dashboard.send(sign_in).await;
    let notes = [
        ("before_note", ""),
        ("before_contact", ""),
        ("note", "sentinel"),
        ("contact", ""),
    ];
    call("note_token", &notes).await;
    call("suspend_token", &[("reason", "sentinel")]).await;
    call("restore_token", &[]).await;
    call("retire_token", &[("overlap", "60")]).await;
    let (_, successor) = call("recreate_token", &[]).await;
    call("finish_token", &[]).await;
    call("finish_compromise", &[]).await;
    call("delete_token", &[]).await;
    let (status, _) = dashboard
        .call("compromise_token", fields(&successor), &[])
        .await;
    assert_eq!(status, StatusCode::OK);
    dashboard.call("delete_token", new("none"), &[]).await;
    (one, value, successor)
}

/// Sends what is refused before any server function, and signs out and in.
async fn send_what_is_refused(dashboard: &Dashboard) {
    let post = |path: &str| dashboard.request("POST", path, &[("name", "one")]);
    dashboard.send(post("/api/nothing")).await;
    dashboard
        .with_header(post("/api/delete_token"), "sec-fetch-site", "cross-site")
        .await;
    dashboard
        .with_header(post("/api/delete_token"), "host", "evil.example")
        .await;
    dashboard
        .with_header(post("/api/delete_token"), "cookie", "none=1")
        .await;
    dashboard
        .with_header(post("/api/reveal_token"), "accept", "text/html")
        .await;
    let sign_in = dashboard.request("POST", "/sign-in", &[("token", "sentinel x")]);
    dashboard.send(sign_in).await;
    for key in ["sign-in?key=sentinel", &dashboard.key] {
        let request = dashboard.request("GET", &format!("/{key}"), &[]);
        dashboard.send(request).await;
    }
    for account in ["", "system:serviceaccount:kargo:kargo-admin"] {
        let form = [("account", account)];
        let acting_as = dashboard.request("POST", "/acting-as", &form);
        dashboard.send(acting_as).await;
    }
    // The key of an address is for opening it.
    dashboard.send(post("/sign-in?key=sentinel")).await;
    let everywhere = [("everywhere", "true")];
    let everywhere = dashboard.request("POST", "/sign-out", &everywhere);
    dashboard.send(everywhere).await;
    dashboard.send(post("/sign-out")).await;
}

#[tokio::test]
async fn each_verb_and_each_refusal_has_exactly_one_line_without_a_value() {
    let cluster = TestCluster::new();
    let namespace = cluster.project("audit");
    let scope = format!("projects/{namespace}");
    let dashboard = Dashboard::start(&cluster).await;
    // Pages and lists are no acts.
    for path in ["/api/list_tokens?scope=system", "/session"] {
        dashboard.send(dashboard.request("GET", path, &[])).await;
    }
    let (one, value, successor) = send_each_verb(&dashboard, &scope).await;
    send_what_is_refused(&dashboard).await;
    let metrics = dashboard.metrics().await;
    let (text, lines) = dashboard.lines().await;
    let names = [&namespace, name(&successor)];
    for secret in [&value[..20], "sentinel", CLAIM.1] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    for secret in [&value[..20], "sentinel", CLAIM.1].into_iter().chain(names) {
        assert!(!metrics.contains(secret), "{secret}: {metrics}");
    }
    assert_eq!(counted(&metrics), counts(&lines));
    for (series, expected) in [
        ("reveals_claimed_total", 1.0),
        ("sessions", 0.0),
        (
            r#"kubernetes_requests_total{verb="create",resource="secrets",status="201"}"#,
            3.0,
        ),
        (
            r#"http_requests_total{route="/sign-out",method="POST",status="303"}"#,
            2.0,
        ),
        (
            r#"http_requests_total{route="/session",method="GET",status="200"}"#,
            1.0,
        ),
    ] {
        let found = value_of(&metrics, &format!("kargo_tokens_{series}"));
        assert_eq!(found, Some(expected), "{series}: {metrics}");
    }
    let told: Vec<_> = lines
        .iter()
        .map(|line| {
            let field = |name: &str| line[name].as_str().unwrap_or("-").to_owned();
            let fields = ["verb", "outcome", "person", "token"].map(field);
            fields.join(" ").replace(&namespace, "NAMESPACE")
        })
        .collect();
    assert_eq!(
        told,
        [
            "create_token ok local one",
            "reveal_token ok local one",
            "confirm_token ok local one",
            "reveal_token invalid local one",
            "test_token ok local -",
            "sign_in ok system:serviceaccount:NAMESPACE:ci -",
            "note_token ok local one",
            "suspend_token ok local one",
            "restore_token ok local one",
            "retire_token conflict local one",
            "recreate_token ok local one",
            "finish_token conflict local one",
            "finish_compromise conflict local one",
            "delete_token ok local one",
            &format!("compromise_token ok local {}", name(&successor)),
            "delete_token not_found local none",
            "unknown not_found local one",
            "delete_token other_site - -",
            "delete_token other_host - -",
            "delete_token unauthenticated - -",
            "reveal_token http_406 local -",
            "sign_in no-token - -",
            "sign_in key - -",
            "sign_in ok local -",
            "act_as ok local -",
            "act_as forbidden local -",
            "sign_in no-token - -",
            "sign_out_everywhere ok local -",
            "sign_out unauthenticated - -",
        ]
    );
    for line in &lines {
        assert_eq!(line["log"], "audit");
        assert_eq!(line["address"], "192.0.2.1");
        assert_eq!(line["request"].as_str().map(str::len), Some(32));
        assert!(line["time"].is_string());
    }
    let created = &lines[0];
    assert_eq!(
        (&created["uid"], &created["role"]),
        (&one["uid"], &one["role"])
    );
    assert_eq!(created["scope"], scope.as_str());
    assert!(created["acting_as"].is_string(), "{created}");
    let recreated = &lines[10]["successor"];
    assert_eq!(
        (&recreated["uid"], &recreated["token"]),
        (&successor["uid"], &successor["name"])
    );
    assert_eq!(lines[5]["way"], "token");
    assert_eq!(lines[23]["way"], "local");
}

#[tokio::test]
async fn a_sign_in_that_signs_nobody_in_is_never_written_as_done() {
    let folder = tempfile::TempDir::new().expect("a folder");
    let file = folder.path().join("audit.log");
    let audit = Audit::to_file(file.clone()).expect("a file");
    let answer = async || StatusCode::NO_CONTENT;
    let app = Router::new()
        .route("/sign-in", axum::routing::post(answer))
        .layer(axum::middleware::from_fn_with_state(audit.clone(), record));
    let request = Request::builder().method("POST").uri("/sign-in");
    let request = request.body(Body::empty()).expect("a request");
    app.oneshot(request).await.expect("an answer");
    audit.close();
    let line = std::fs::read_to_string(&file).expect("a file");
    assert!(
        line.contains(r#""person":null"#) && line.contains(r#""outcome":"refused""#),
        "{line}"
    );
}

fn name(token: &Json) -> &str {
    token["name"].as_str().expect("a name")
}

#[test]
fn every_server_function_that_is_posted_is_an_act() {
    let mut posted: Vec<_> = leptos::server_fn::axum::server_fn_paths()
        .filter(|(_, method)| *method == Method::POST)
        .filter_map(|(path, _)| path.strip_prefix("/api/"))
        .filter(|function| *function != REHEARSES)
        .collect();
    posted.sort_unstable();
    assert_eq!(posted, ACTS);
}

#[tokio::test]
async fn a_dry_run_is_not_written_down() {
    let cluster = TestCluster::new();
    let scope = format!("projects/{}", cluster.project("rehearsed"));
    let dashboard = Dashboard::start(&cluster).await;
    for name in ["one", "NOT A NAME"] {
        let form = [("scope", scope.as_str()), ("role", "ci"), ("name", name)];
        dashboard
            .send(dashboard.request("POST", "/api/rehearse_creation", &form))
            .await;
    }
    let (_, lines) = dashboard.lines().await;
    assert!(lines.is_empty(), "{lines:?}");
}

#[tokio::test]
async fn a_reveal_that_nobody_waits_for_is_written_as_abandoned() {
    let cluster = TestCluster::new();
    let scope = format!("projects/{}", cluster.project("abandoned"));
    let dashboard = Dashboard::start(&cluster).await;
    let form = [("scope", scope.as_str()), ("role", "ci"), ("name", "one")];
    let (_, one) = dashboard
        .send(dashboard.request("POST", "/api/create_token", &form))
        .await;
    let reveal = dashboard.call("reveal_token", fields(&one), &[CLAIM]);
    let answered = tokio::time::timeout(Duration::from_millis(1), reveal).await;
    assert!(answered.is_err(), "the browser has gone away");
    let (_, lines) = dashboard.lines().await;
    let outcomes: Vec<_> = lines.iter().map(|line| &line["outcome"]).collect();
    assert_eq!(outcomes, ["ok", "abandoned"]);
    assert_eq!(lines[1]["uid"], one["uid"]);
}

#[tokio::test]
async fn a_value_that_nobody_confirmed_as_saved_is_counted() {
    let cluster = TestCluster::new();
    let scope = format!("projects/{}", cluster.project("unconfirmed"));
    let operations = Operations::default();
    let reveals = operations.reveals.clone();
    let dashboard = Dashboard::with(&cluster, operations).await;
    for token in ["saved", "lost"] {
        let form = [("scope", scope.as_str()), ("role", "ci"), ("name", token)];
        let (_, token) = dashboard
            .send(dashboard.request("POST", "/api/create_token", &form))
            .await;
        // The second request is the same claim's: its answer was lost.
        for _ in 0..2 {
            let (status, _) = dashboard
                .call("reveal_token", fields(&token), &[CLAIM])
                .await;
            assert_eq!(status, StatusCode::OK);
        }
        if name(&token) == "saved" {
            let confirm = dashboard.call("confirm_token", fields(&token), &[CLAIM]);
            assert_eq!(confirm.await.0, StatusCode::OK);
        }
    }
    reveals.look_at_once();
    let unconfirmed = async || {
        let text = dashboard.metrics().await;
        assert_eq!(
            value_of(&text, "kargo_tokens_reveals_claimed_total"),
            Some(2.0)
        );
        value_of(&text, "kargo_tokens_reveals_unconfirmed_total")
    };
    let counted = async {
        while unconfirmed().await != Some(1.0) {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    let counted = tokio::time::timeout(Duration::from_mins(1), counted).await;
    assert!(counted.is_ok(), "one was not confirmed");
    dashboard.lines().await;
}

#[tokio::test]
async fn a_signal_opens_the_file_again() {
    let cluster = TestCluster::new();
    let file = cluster.file("audit.log", "");
    let audit = Audit::to_file(file.clone()).expect("a file");
    let signals = tokio::spawn(audit.clone().reopen_at_signals());
    // The task listens from its first run on.
    tokio::task::yield_now().await;
    let old = file.with_extension("1");
    std::fs::rename(&file, &old).expect("renamed");
    let record = |verb| Record {
        verb,
        ..Record::default()
    };
    audit.write(&record("before"));
    let kill = format!("kill -HUP {}", std::process::id());
    let sent = std::process::Command::new("sh")
        .args(["-c", &kill])
        .status();
    assert!(sent.expect("a shell").success());
    while !file.exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    audit.write(&record("after"));
    audit.close();
    signals.abort();
    let read = |file| std::fs::read_to_string(file).expect("a file");
    assert!(read(&old).contains("before"));
    let new = read(&file);
    assert!(new.contains("after") && !new.contains("before"), "{new}");
}
