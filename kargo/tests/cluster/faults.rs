//! An API server in trouble, or a program that only looks like one. Nothing is written twice, and no value gets into a log or an error.

use kargo::{
    cluster::Error,
    problem::Kind,
    scope::Scope,
    text::Text,
    token::{Notes, TokenRef, TokenSummary, Uid},
};
use serde_json::{Value as Json, json};

use super::support::{
    logs,
    project::{claim, parse},
    scripted::{Answer, Scripted},
};

const WHOAMI: &str = "POST /apis/authentication.k8s.io/v1/selfsubjectreviews";
const KEYS: &str = "GET /openid/v1/jwks";
const ROLE: &str = "GET /api/v1/namespaces/kargo/serviceaccounts/ci";
const LIST: &str = "GET /api/v1/namespaces/kargo/secrets";
const CREATE: &str = "POST /api/v1/namespaces/kargo/secrets";
const PATCH: &str = "PATCH /api/v1/namespaces/kargo/secrets/token";
const DELETE: &str = "DELETE /api/v1/namespaces/kargo/secrets/token";
const EVENT: &str = "POST /api/v1/namespaces/kargo/events";

/// A JWT of role `ci` and Secret `token` in namespace `kargo`, with a signature that is easily found.
const VALUE: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6ImsifQ.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6a2FyZ286Y2kiLCJrdWJlcm5ldGVzLmlvL3NlcnZpY2VhY2NvdW50L3NlY3JldC5uYW1lIjoidG9rZW4ifQ.value-sentinelA";
const VALUE_BASE64: &str = "ZXlKaGJHY2lPaUpTVXpJMU5pSXNJbXRwWkNJNkltc2lmUS5leUp6ZFdJaU9pSnplWE4wWlcwNmMyVnlkbWxqWldGalkyOTFiblE2YTJGeVoyODZZMmtpTENKcmRXSmxjbTVsZEdWekxtbHZMM05sY25acFkyVmhZMk52ZFc1MEwzTmxZM0psZEM1dVlXMWxJam9pZEc5clpXNGlmUS52YWx1ZS1zZW50aW5lbEE=";

fn whoami() -> Answer {
    Answer::ok(&json!({ "status": { "userInfo": { "username": "me" } } }))
}

fn role() -> Answer {
    let labels = json!({ "rbac.kargo.akuity.io/system-role": "true" });
    Answer::ok(&json!({ "metadata": { "name": "ci", "uid": "r", "labels": labels } }))
}

/// Metadata of the token, created by `me` and unrevealed.
fn metadata(version: usize, uid: &str, is_populated: bool) -> Json {
    let mut annotations = json!({
        "kubernetes.io/service-account.name": "ci",
        "rbac.kargo.akuity.io/managed": "true",
        "kargo-tokens/created-by": "me",
        "kargo-tokens/reveal": "pending",
    });
    if is_populated {
        annotations["kubernetes.io/service-account.uid"] = "r".into();
    }
    json!({
        "name": "token",
        "uid": uid,
        "resourceVersion": version.to_string(),
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "labels": { "rbac.kargo.akuity.io/api-token": "true" },
        "annotations": annotations,
    })
}

fn list(metadata: &Json) -> Answer {
    Answer::ok(
        &json!({ "metadata": { "resourceVersion": "1" }, "items": [{ "metadata": metadata }] }),
    )
}

/// The whole Secret, with its value in base64.
fn secret(version: usize, is_populated: bool, value: &str) -> Json {
    json!({ "metadata": metadata(version, "u", is_populated), "data": { "token": value } })
}

/// The list of one whole Secret.
fn secrets(version: usize, value: &str) -> Answer {
    Answer::ok(&json!({
        "metadata": { "resourceVersion": "1" },
        "items": [secret(version, true, value)],
    }))
}

/// Answer to a change of the token: its metadata.
fn changed() -> Answer {
    Answer::ok(&json!({ "metadata": metadata(9, "u", true) }))
}

fn target() -> TokenRef {
    TokenRef {
        scope: Scope::System,
        role: "ci".to_owned(),
        name: parse("token"),
        uid: Uid("u".to_owned()),
    }
}

async fn create(server: &Scripted) -> Result<TokenSummary, Error> {
    let role = "ci".parse().expect("a name");
    server
        .cluster
        .create_token(
            &Scope::System,
            &role,
            &parse("token"),
            None,
            &Notes::default(),
        )
        .await
        .map(|created| created.token)
}

#[tokio::test]
async fn a_write_is_never_repeated() {
    for fault in [429, 500, 502, 503, 504, 0] {
        let server = Scripted::answering(move |line, _| match line {
            WHOAMI => whoami(),
            ROLE => role(),
            CREATE if fault == 0 => Answer::HangUp,
            CREATE => Answer::error(fault),
            other => panic!("{other}"),
        })
        .await;
        let problem = create(&server).await.expect_err("a fault").problem();
        assert!(
            matches!(problem.kind, Kind::Unavailable | Kind::TooMany),
            "{problem:?}"
        );
        assert_eq!(server.seen(CREATE).len(), 1, "{fault}");
    }
}

#[tokio::test]
async fn a_read_is_repeated_after_a_transient_failure() {
    for fault in [429, 502, 503, 504, 0] {
        let server = Scripted::answering(move |_, before| match (before, fault) {
            (2, _) => list(&metadata(1, "u", true)),
            (_, 0) => Answer::HangUp,
            (_, status) => Answer::error(status),
        })
        .await;
        let page = server
            .cluster
            .list_tokens(&Scope::System, 10, None)
            .await
            .expect("the third answer");
        assert_eq!(page.tokens.len(), 1);
        assert_eq!(
            page.now.to_string(),
            "2026-11-24T03:04:16Z",
            "the server's time"
        );
        assert_eq!(server.seen(LIST).len(), 3, "{fault}");
    }
}

#[tokio::test]
async fn a_read_is_repeated_twice_and_never_after_a_refusal() {
    for (fault, tries, kind) in [
        (503, 3, Kind::Unavailable),
        (500, 1, Kind::Unavailable),
        (403, 1, Kind::Forbidden),
    ] {
        let server = Scripted::answering(move |_, _| Answer::error(fault)).await;
        let error = server
            .cluster
            .list_tokens(&Scope::System, 10, None)
            .await
            .expect_err("a fault");
        assert_eq!(
            (server.seen(LIST).len(), error.problem().kind),
            (tries, kind)
        );
    }
}

#[tokio::test]
async fn an_expired_list_says_to_start_again() {
    let server = Scripted::answering(|_, _| Answer::error(410)).await;
    let error = server
        .cluster
        .list_tokens(&Scope::System, 10, Some("old"))
        .await
        .expect_err("gone");
    assert!(matches!(error, Error::ListExpired), "{error}");
}

/// A page of a list of one token, and the start of the next page.
fn page(next: &str) -> Answer {
    Answer::ok(&json!({
        "metadata": { "resourceVersion": "1", "continue": next },
        "items": [{ "metadata": metadata(1, "u", true) }],
    }))
}

#[tokio::test]
async fn a_list_that_expires_between_its_pages_starts_again() {
    let server = Scripted::answering(|_, before| match before {
        0 | 2 => page("next"),
        1 => Answer::error(410),
        _ => page(""),
    })
    .await;
    let (tokens, _) = server
        .cluster
        .list_all_tokens(&Scope::System)
        .await
        .expect("the second time");
    assert_eq!(tokens.len(), 2, "each page once");
    let pages = server.seen(LIST);
    let continued: Vec<_> = pages
        .iter()
        .map(|seen| seen.query.contains("continue=next"))
        .collect();
    assert_eq!(continued, [false, true, false, true]);
}

#[tokio::test]
async fn a_list_whose_page_leads_to_itself_is_given_up() {
    let server = Scripted::answering(|_, _| page("again")).await;
    let error = server.cluster.list_all_tokens(&Scope::System).await;
    let error = error.expect_err("endless");
    assert!(matches!(error, Error::BadAnswer(_)), "{error}");
    assert_eq!(server.seen(LIST).len(), 2);
}

#[tokio::test]
async fn a_page_that_was_too_large_makes_the_next_list_begin_with_a_smaller_one() {
    let server = Scripted::answering(|_, before| match before {
        0 => Answer::Status(200, " ".repeat(17 * 1024 * 1024)),
        _ => page(""),
    })
    .await;
    for _ in 0..2 {
        let list = server.cluster.list_all_tokens(&Scope::System).await;
        list.expect("a smaller page");
    }
    let limits: Vec<_> = server
        .seen(LIST)
        .into_iter()
        .filter_map(|seen| {
            let limit = seen
                .query
                .split('&')
                .find_map(|part| part.strip_prefix("limit="))?;
            limit.parse::<u32>().ok()
        })
        .collect();
    assert_eq!(limits, [1000, 100, 100]);
}

#[tokio::test]
async fn a_change_whose_answer_is_lost_is_looked_up() {
    for is_made in [true, false] {
        let server = Scripted::answering(move |line, before| match (line, before) {
            (WHOAMI, _) => whoami(),
            (LIST, 1) if is_made => {
                let mut noted = metadata(2, "u", true);
                let entry = json!({ "at": "2026-11-24T03:04:16Z", "by": "me", "did": "noted" });
                noted["annotations"]["kargo-tokens/history"] = json!([entry]).to_string().into();
                noted["annotations"]["kargo-tokens/note"] = "nightly".into();
                list(&noted)
            }
            (LIST, _) => list(&metadata(1, "u", true)),
            (PATCH, _) => Answer::HangUp,
            other => panic!("{other:?}"),
        })
        .await;
        let after = Notes {
            note: "nightly".to_owned().try_into().expect("a text"),
            contact: Text::default(),
        };
        let changed = server
            .cluster
            .note_token(&target(), &Notes::default(), &after)
            .await;
        assert_eq!(server.seen(PATCH).len(), 1, "never written twice");
        if is_made {
            let token = changed.expect("it was made").token;
            assert_eq!(token.note.as_deref(), Some("nightly"));
        } else {
            let error = changed.expect_err("it was not made");
            assert!(matches!(error, Error::Unreachable { .. }), "{error}");
        }
    }
}

#[tokio::test]
async fn a_silent_server_is_a_timeout() {
    let server = Scripted::answering(|_, _| Answer::Silence).await;
    let error = server.cluster.ready().await.expect_err("silence");
    assert_eq!(error.problem().kind, Kind::Timeout);
}

#[tokio::test]
async fn an_endless_answer_is_not_read_to_its_end() {
    let server =
        Scripted::answering(|_, _| Answer::Status(200, " ".repeat(64 * 1024 * 1024 + 1))).await;
    let error = server.cluster.whoami().await.expect_err("too much");
    assert_eq!(error.problem().kind, Kind::BadAnswer);
    assert_eq!(server.seen(WHOAMI).len(), 1);
}

#[tokio::test]
async fn an_answer_that_can_not_be_parsed_is_neither_logged_nor_quoted() {
    let list = |item: &str| format!(r#"{{"metadata":{{"resourceVersion":"1"}},"items":[{item}]}}"#);
    let whole = secret(1, true, VALUE_BASE64).to_string();
    let with_data = |data: &Json| {
        let secret = json!({ "metadata": metadata(1, "u", true), "data": data });
        list(&secret.to_string())
    };
    let bodies = [
        // Each breaks in another place, with the value where serde would quote it.
        VALUE.to_owned(),
        json!(VALUE).to_string(),
        list(VALUE),
        list(&json!(VALUE).to_string()),
        list(&json!({ "metadata": VALUE, "data": { "token": VALUE_BASE64 } }).to_string()),
        with_data(&json!({ "token": [VALUE, VALUE_BASE64] })),
        with_data(&json!(VALUE)),
        with_data(&json!({ "token": VALUE })),
        list(&whole) + VALUE,
    ];
    for body in bodies {
        logs::capture();
        let bad = body.clone();
        let server = Scripted::answering(move |line, _| match line {
            WHOAMI => whoami(),
            LIST => Answer::Status(200, bad.clone()),
            other => panic!("{other}"),
        })
        .await;
        let error = server
            .cluster
            .reveal_token(&target(), &claim())
            .await
            .expect_err("a bad answer");
        // Either nothing can be parsed, or what is there is no value of this token.
        let kind = error.problem().kind;
        assert!(
            matches!(kind, Kind::BadAnswer | Kind::Conflict),
            "{kind:?} {body}"
        );
        let said = format!(
            "{error} {error:?} {:?} {}",
            error.problem(),
            logs::captured()
        );
        for secret in [VALUE, VALUE_BASE64, "credential-sentinel"] {
            assert!(!said.contains(secret), "{secret} is in: {said}");
        }
    }
}

#[tokio::test]
async fn a_watch_event_that_can_not_be_parsed_is_neither_logged_nor_quoted() {
    let event = |object: &Json| json!({ "type": "MODIFIED", "object": object }).to_string();
    let events = [
        VALUE.to_owned(),
        event(&json!(VALUE)),
        event(&json!({ "metadata": VALUE, "data": { "token": VALUE_BASE64 } })),
        event(&json!({ "metadata": metadata(2, "u", true), "data": { "token": [VALUE_BASE64] } })),
        event(&secret(2, true, VALUE)),
    ];
    for event in events {
        logs::capture();
        let bad = event.clone();
        let server = Scripted::answering(move |line, before| match (line, before) {
            (WHOAMI, _) => whoami(),
            (LIST, 0) => list(&metadata(1, "u", false)),
            (LIST, _) => Answer::Status(200, format!("{bad}\n")),
            other => panic!("{other:?}"),
        })
        .await;
        let error = server
            .cluster
            .reveal_token(&target(), &claim())
            .await
            .expect_err("a bad event");
        // Either nothing can be parsed, or what is there is no value of this token.
        let kind = error.problem().kind;
        assert!(
            matches!(kind, Kind::BadAnswer | Kind::Conflict),
            "{kind:?} {event}"
        );
        let said = format!("{error} {error:?} {}", logs::captured());
        for secret in [VALUE, VALUE_BASE64] {
            assert!(!said.contains(secret), "{secret} is in: {said}");
        }
    }
}

#[tokio::test]
async fn an_error_that_quotes_the_object_is_neither_logged_nor_quoted() {
    logs::capture();
    let server = Scripted::answering(|line, _| match line {
        WHOAMI => whoami(),
        LIST => secrets(1, VALUE_BASE64),
        KEYS => Answer::error(403),
        PATCH => Answer::Status(
            403,
            json!({ "kind": "Status", "message": format!("denied: {VALUE}") }).to_string(),
        ),
        other => panic!("{other}"),
    })
    .await;
    let error = server
        .cluster
        .reveal_token(&target(), &claim())
        .await
        .expect_err("refused");
    assert_eq!(
        error.to_string(),
        "You may not patch secrets token in namespace kargo."
    );
    let said = format!("{error:?} {:?} {}", error.problem(), logs::captured());
    assert!(
        !said.contains(VALUE) && !said.contains(VALUE_BASE64),
        "{said}"
    );
}

#[tokio::test]
async fn a_text_that_is_no_value_of_this_token_is_not_revealed() {
    for (what, stored) in [
        ("a shell command", "ZXlKLngueSc7IHRvdWNoIC90bXAveCAj"),
        (
            "another role's value",
            "ZXlKaGJHY2lPaUpTVXpJMU5pSjkuZXlKemRXSWlPaUp6ZVhOMFpXMDZjMlZ5ZG1salpXRmpZMjkxYm5RNmEyRnlaMjg2YTJGeVoyOHRZV1J0YVc0aUxDSnJkV0psY201bGRHVnpMbWx2TDNObGNuWnBZMlZoWTJOdmRXNTBMM05sWTNKbGRDNXVZVzFsSWpvaWRHOXJaVzRpZlEueA==",
        ),
    ] {
        let server = Scripted::answering(move |line, _| match line {
            WHOAMI => whoami(),
            LIST => secrets(1, stored),
            other => panic!("{other}"),
        })
        .await;
        let error = server
            .cluster
            .reveal_token(&target(), &claim())
            .await
            .expect_err(what);
        assert!(matches!(error, Error::NotItsValue(_)), "{what}: {error}");
    }
}

#[tokio::test]
async fn a_watch_that_ends_early_is_started_again() {
    let server = Scripted::answering(|line, before| match (line, before) {
        // The POST stores nothing, so it is repeated like a read.
        (WHOAMI, 0) | (LIST, 7) => Answer::error(503),
        (WHOAMI, _) => whoami(),
        // Lists and watches have the same path: a list, then a watch, and so on.
        (LIST, 0 | 2 | 4 | 6 | 8) => list(&metadata(1, "u", false)),
        (LIST, 1) => {
            let gone = json!({ "type": "ERROR", "object": { "kind": "Status", "metadata": {}, "code": 410 } });
            Answer::Status(200, format!("{gone}\n"))
        }
        (LIST, 3) => Answer::Status(200, String::new()),
        (LIST, 5) => Answer::error(410),
        (LIST, 9) => {
            let unpopulated = json!({ "type": "MODIFIED", "object": { "metadata": metadata(2, "u", false) } });
            let populated = json!({ "type": "MODIFIED", "object": secret(3, true, VALUE_BASE64) });
            Answer::Status(200, format!("{unpopulated}\n{populated}\n"))
        }
        (PATCH, _) => changed(),
        (KEYS | EVENT, _) => Answer::error(403),
        other => panic!("{other:?}"),
    })
    .await;
    let revealed = server
        .cluster
        .reveal_token(&target(), &claim())
        .await
        .expect("the value");
    assert_eq!(revealed.value.expose(), VALUE);
    assert!(!revealed.is_checked, "the keys can't be read");
    assert_eq!(server.seen(LIST).len(), 10, "no read after the watch");
    assert_eq!(
        server.seen(WHOAMI).len(),
        2,
        "the person, once more after a failure"
    );
    assert_eq!(
        server.seen(PATCH)[0].json()["metadata"]["resourceVersion"],
        "3",
        "the version that the watch delivered"
    );
}

#[tokio::test]
async fn a_token_that_was_changed_during_the_watch_is_judged_again() {
    for (change, expected) in [
        (json!({ "uid": "v" }), "Replaced"),
        (
            json!({ "labels": {
                "rbac.kargo.akuity.io/api-token": "true", "kubernetes.io/legacy-token-invalid-since": "2026-01-01",
            } }),
            "Suspended",
        ),
        (
            json!({ "annotations": { "kargo-tokens/created-by": "another" } }),
            "NotTheCreator",
        ),
    ] {
        let server = Scripted::answering(move |line, before| match (line, before) {
            (WHOAMI, _) => whoami(),
            (LIST, 0) => list(&metadata(1, "u", false)),
            (LIST, _) => {
                let mut changed = secret(2, true, VALUE_BASE64);
                for (part, with) in change.as_object().expect("an object") {
                    match with {
                        Json::Object(with) => changed["metadata"][part]
                            .as_object_mut()
                            .expect("an object")
                            .extend(with.clone()),
                        with => changed["metadata"][part] = with.clone(),
                    }
                }
                let event = json!({ "type": "MODIFIED", "object": changed });
                Answer::Status(200, format!("{event}\n"))
            }
            other => panic!("{other:?}: nothing is written"),
        })
        .await;
        let error = server
            .cluster
            .reveal_token(&target(), &claim())
            .await
            .expect_err(expected);
        assert!(format!("{error:?}").starts_with(expected), "{error:?}");
    }
}

#[tokio::test]
async fn a_deletion_is_tried_again_when_only_the_version_moved() {
    let server = Scripted::answering(|line, before| match (line, before) {
        (WHOAMI, _) => whoami(),
        (LIST, _) => list(&metadata(before + 1, "u", true)),
        (DELETE, 0) => Answer::error(409),
        (DELETE, _) => Answer::ok(&json!({})),
        (EVENT, _) => Answer::error(403),
        other => panic!("{other:?}"),
    })
    .await;
    server
        .cluster
        .delete_token(&target())
        .await
        .expect("deleted");
    let sent: Vec<_> = server
        .seen(DELETE)
        .iter()
        .map(|seen| seen.json()["preconditions"].clone())
        .collect();
    assert_eq!(
        sent,
        [
            json!({ "uid": "u", "resourceVersion": "1" }),
            json!({ "uid": "u", "resourceVersion": "2" })
        ]
    );
}

#[tokio::test]
async fn a_compromised_token_is_deleted_on_a_cluster_that_ignores_suspensions() {
    let mut compromised = metadata(1, "u", true);
    compromised["annotations"]["kargo-tokens/compromised"] = "true".into();
    let server = Scripted::answering(move |line, _| match line {
        "GET /version" => Answer::ok(&json!({ "major": "1", "minor": "28" })),
        WHOAMI => whoami(),
        LIST => list(&compromised),
        DELETE => Answer::ok(&json!({})),
        EVENT => Answer::error(403),
        other => panic!("{other}"),
    })
    .await;
    server
        .cluster
        .finish_compromise(&target())
        .await
        .expect("deleted");
    assert_eq!(server.seen(DELETE).len(), 1);
}

#[tokio::test]
async fn a_deletion_is_not_tried_again_on_another_token() {
    let server = Scripted::answering(|line, before| match (line, before) {
        (WHOAMI, _) => whoami(),
        (LIST, 0) => list(&metadata(1, "u", true)),
        (LIST, _) => list(&metadata(2, "v", true)),
        (DELETE, _) => Answer::error(409),
        other => panic!("{other:?}"),
    })
    .await;
    let error = server
        .cluster
        .delete_token(&target())
        .await
        .expect_err("another one");
    assert!(matches!(error, Error::Replaced(_)), "{error}");
    assert_eq!(server.seen(DELETE).len(), 1);
}

#[tokio::test]
async fn a_token_that_changes_again_and_again_is_deleted_by_its_uid() {
    // The holder of its value may be changing it to keep it.
    let server = Scripted::answering(|line, before| match (line, before) {
        (WHOAMI, _) => whoami(),
        (LIST, _) => list(&metadata(before + 1, "u", true)),
        (DELETE, 0..4) => Answer::error(409),
        (DELETE, _) => Answer::ok(&json!({})),
        (EVENT, _) => Answer::error(403),
        other => panic!("{other:?}"),
    })
    .await;
    let deleted = server.cluster.delete_token(&target()).await;
    deleted.expect("deleted");
    let sent = server.seen(DELETE);
    assert_eq!(sent.len(), 5, "once, three more tries, and the last one");
    assert_eq!(sent[4].json()["preconditions"], json!({ "uid": "u" }));
}

#[tokio::test]
async fn a_due_token_that_changes_again_and_again_is_left() {
    let server = Scripted::answering(|line, before| match line {
        WHOAMI => whoami(),
        LIST => {
            let mut due = metadata(before + 1, "u", true);
            due["labels"]["kubernetes.io/legacy-token-invalid-since"] = "2026-01-01".into();
            due["annotations"]["kargo-tokens/expires-at"] = "2026-01-01T00:00:00Z".into();
            list(&due)
        }
        _ => Answer::error(409),
    })
    .await;
    let error = server.cluster.finish_token(&target()).await;
    let error = error.expect_err("contention");
    assert!(matches!(error, Error::Conflict(_)), "{error}");
    assert_eq!(server.seen(DELETE).len(), 4, "once, and three more tries");
}

#[tokio::test]
async fn a_reveal_is_tried_again_when_only_the_version_moved() {
    // Kubernetes' answers to a patch with an old version, and to one with another token's UID.
    for refusal in [409, 422] {
        let server = Scripted::answering(move |line, before| match (line, before) {
            (WHOAMI, _) => whoami(),
            (LIST, _) => secrets(before + 1, VALUE_BASE64),
            (PATCH, 0) => Answer::refused(refusal, "metadata.uid"),
            (PATCH, _) => changed(),
            (KEYS | EVENT, _) => Answer::error(403),
            other => panic!("{other:?}"),
        })
        .await;
        let revealed = server
            .cluster
            .reveal_token(&target(), &claim())
            .await
            .expect("the value");
        assert_eq!(revealed.value.expose(), VALUE);
        let patches = server.seen(PATCH);
        let versions: Vec<_> = patches
            .iter()
            .map(|seen| seen.json()["metadata"]["resourceVersion"].clone())
            .collect();
        assert_eq!(versions, ["1", "2"]);
        assert!(
            patches
                .iter()
                .all(|seen| seen.json()["metadata"]["uid"] == "u")
        );
        assert!(
            patches
                .iter()
                .all(|seen| !seen.body.contains(VALUE) && !seen.body.contains(VALUE_BASE64))
        );
    }
}
