//! Sign-in commands: what they are given, what they answer, and when they run.

use std::time::Duration;

use serde_json::{Value as Json, json};
use tokio::time::Instant;

use super::super::support::logs;
use super::{
    ADMIN, AUDITOR, Case,
    Expected::{Both, Neither},
    Ground, VIEWER, check, decoded, user,
};

const V1: &str = "client.authentication.k8s.io/v1";
const V1BETA1: &str = "client.authentication.k8s.io/v1beta1";

/// A script that prints a credential.
fn printing(version: &str, status: &Json) -> String {
    let credential = json!({ "kind": "ExecCredential", "apiVersion": version, "status": status });
    format!("cat <<'END'\n{credential}\nEND")
}

/// A user whose command is a file of the case's folder.
fn command(version: &str, other: Json) -> Json {
    let mut exec =
        json!({ "apiVersion": version, "command": "./sign-in", "interactiveMode": "Never" });
    for (name, value) in other.as_object().expect("fields") {
        exec[name] = value.clone();
    }
    json!({ "exec": exec })
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn sign_in_commands() {
    let ground = Ground::new();
    let viewer = printing(V1, &ground.viewer());
    let run = |name: &str, user: Json, script: &str, expected| {
        ground
            .user_case(name, user, expected)
            .program("sign-in", script)
    };
    let certificate = json!({
        "clientCertificateData": decoded(&ground.admin.0), "clientKeyData": decoded(&ground.admin.1),
    });
    let told = r#"for part in '"server":"https://127.0.0.1:' '"certificate-authority-data":"' '"audience":"kargo"'; do
        case "$KUBERNETES_EXEC_INFO" in *"$part"*) ;; *) exit 3;; esac
        done"#;
    let mut knowing = ground.cluster();
    knowing["extensions"] = json!([{ "name": "client.authentication.k8s.io/exec", "extension": { "audience": "kargo" } }]);
    let beta = printing(V1BETA1, &ground.viewer());
    let with = |mut user: Json, field: &str, value: &str| {
        user[field] = json!(value);
        user
    };
    let failing = command(
        V1,
        json!({ "args": ["sentinel"], "installHint": "brew install it" }),
    );
    check(vec![
        run("a token", command(V1, json!({})), &viewer, Both(VIEWER)),
        run(
            "v1beta1",
            command(V1BETA1, json!({ "interactiveMode": null })),
            &beta,
            Both(VIEWER),
        ),
        run(
            "v1 without interactiveMode",
            command(V1, json!({ "interactiveMode": null })),
            &viewer,
            Neither(&["exec.interactiveMode"]),
        ),
        run(
            "v1alpha1",
            command("client.authentication.k8s.io/v1alpha1", json!({})),
            &viewer,
            Neither(&["exec.apiVersion"]),
        ),
        run(
            "no command",
            command(V1, json!({ "command": "" })),
            &viewer,
            Neither(&["exec.command", "missing"]),
        ),
        run(
            "IfAvailable",
            command(V1, json!({ "interactiveMode": "IfAvailable" })),
            &viewer,
            Both(VIEWER),
        ),
        run(
            "Always",
            command(V1, json!({ "interactiveMode": "Always" })),
            &viewer,
            Neither(&["terminal", "sign-in"]),
        ),
        run(
            "arguments and variables",
            command(
                V1,
                json!({ "args": ["a b", "c"], "env": [{ "name": "D", "value": "e" }] }),
            ),
            &format!("[ \"$1-$2-$D-$HOME\" = \"a b-c-e-{{folder}}\" ] || exit 1\n{viewer}"),
            Both(VIEWER),
        ),
        run(
            "what it is told",
            command(V1, json!({ "provideClusterInfo": true })),
            &format!("{told}\n{viewer}"),
            Both(VIEWER),
        )
        .file(
            "kubeconfig",
            Ground::of(
                &knowing,
                &command(V1, json!({ "provideClusterInfo": true })),
            ),
        ),
        run(
            "what it isn't told",
            command(V1, json!({})),
            &format!("{told}\n{viewer}"),
            Neither(&["sign-in", "exit status: 3"]),
        ),
        run(
            "a certificate",
            command(V1, json!({})),
            &printing(V1, &certificate),
            Both(ADMIN),
        ),
        run(
            "a failure",
            failing.clone(),
            "echo sentinel; echo why >&2; exit 7",
            Neither(&["sign-in", "exit status: 7"]),
        ),
        ground.user_case(
            "a command that doesn't exist",
            failing,
            Neither(&["sign-in", "not found", "brew install it"]),
        ),
        ground.user_case(
            "a name that isn't in PATH",
            command(V1, json!({ "command": "sign-in-here" })),
            Neither(&["sign-in-here", "not found"]),
        ),
        ground
            .user_case(
                "a name in PATH",
                command(V1, json!({ "command": "sign-in" })),
                Both(VIEWER),
            )
            .program("bin/sign-in", &viewer)
            .variable("PATH", "{folder}/bin:/usr/bin:/bin"),
        run(
            "another version in the answer",
            command(V1, json!({})),
            &beta,
            Neither(&["apiVersion"]),
        ),
        run(
            "no credential in the answer",
            command(V1, json!({})),
            &printing(V1, &json!({})),
            Neither(&["neither a token"]),
        ),
        run(
            "rubbish",
            command(V1, json!({})),
            "echo sentinel",
            Neither(&["ExecCredential"]),
        ),
        run(
            "a token with a line end",
            command(V1, json!({})),
            &printing(V1, &json!({ "token": "sentinel\n" })),
            Neither(&["line end"]),
        ),
        run(
            "a refused token",
            command(V1, json!({})),
            &printing(V1, &json!({ "token": "sentinel" })),
            Neither(&["doesn't accept"]),
        ),
        run(
            "a token beside a command",
            with(command(V1, json!({})), "token", &ground.auditor),
            "exit 1",
            Both(AUDITOR),
        ),
        run(
            "acting as another",
            with(command(V1, json!({})), "as", "somebody"),
            &printing(V1, &certificate),
            Both("somebody"),
        ),
        run(
            "an answer in YAML",
            command(V1, json!({})),
            &format!(
                "printf 'kind: ExecCredential\\napiVersion: {V1}\\nstatus: {{token: {}}}\\n'",
                ground.viewer
            ),
            Both(VIEWER),
        ),
    ])
    .await;
}

/// How often the command ran.
fn runs(case: &Case) -> usize {
    std::fs::read_to_string(case.folder().join("runs")).map_or(0, |text| text.lines().count())
}

#[tokio::test]
async fn a_slow_command_runs_once_for_all() {
    let ground = Ground::new();
    let script = format!(
        "echo >>{{folder}}/runs\nsleep 12\n{}",
        printing(V1, &ground.viewer())
    );
    let case = ground
        .user_case("slow", command(V1, json!({})), Both(VIEWER))
        .program("sign-in", &script);
    let (_, cluster) = case.load().await.expect("a kubeconfig");
    logs::capture();
    let begin = Instant::now();
    // Whoever gives up doesn't stop the sign-in of the others.
    let impatient = tokio::time::timeout(Duration::from_secs(1), cluster.features());
    let (given_up, first, second, third) = tokio::join!(
        impatient,
        user(&cluster),
        cluster.features(),
        user(&cluster)
    );
    assert!(given_up.is_err());
    second.expect("features");
    assert_eq!((first.as_str(), third.as_str()), (VIEWER, VIEWER));
    assert!(begin.elapsed() > Duration::from_secs(11));
    assert_eq!(runs(&case), 1);
    let logged = logs::captured();
    let is_named = |line: &str| {
        line.contains("still running") && line.contains("sign-in") && line.contains("terminal")
    };
    assert!(logged.lines().any(is_named), "{logged}");
    assert!(!logged.contains(&ground.viewer), "{logged}");
}

#[tokio::test]
async fn a_failed_command_is_not_run_by_each_request() {
    let ground = Ground::new();
    let case = ground
        .user_case("failing", command(V1, json!({})), Neither(&[]))
        .program("sign-in", "echo >>{folder}/runs\nexit 1");
    let (_, cluster) = case.load().await.expect("a kubeconfig");
    let told = tokio::join!(user(&cluster), user(&cluster));
    assert!(
        told.0.contains("exit status: 1") && told.0 == told.1,
        "{told:?}"
    );
    user(&cluster).await;
    assert_eq!(runs(&case), 1);
}

#[tokio::test]
async fn a_command_runs_again_when_its_credential_ends_or_is_refused() {
    let ground = Ground::new();
    // The first credential is refused, the second ends soon, the third stays.
    let ends = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(4);
    let script = format!(
        "echo >>{{folder}}/runs\ncase $(wc -l <{{folder}}/runs) in\n1) {}\n;;\n2) {}\n;;\n*) {}\n;;\nesac",
        printing(V1, &json!({ "token": "nobodys" })),
        printing(
            V1,
            &json!({ "token": ground.viewer, "expirationTimestamp": ends })
        ),
        printing(V1, &json!({ "token": ground.auditor })),
    );
    let case = ground
        .user_case("renewed", command(V1, json!({})), Both(VIEWER))
        .program("sign-in", &script);
    let (_, cluster) = case.load().await.expect("a kubeconfig");
    assert_eq!(user(&cluster).await, VIEWER);
    assert_eq!(runs(&case), 2);
    assert_eq!(user(&cluster).await, VIEWER);
    assert_eq!(runs(&case), 2);
    tokio::time::sleep(Duration::from_secs(5)).await;
    // The answer about the previous person is forgotten.
    assert_eq!(user(&cluster).await, AUDITOR);
    assert_eq!(runs(&case), 3);
}
