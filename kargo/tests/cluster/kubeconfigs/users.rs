//! What signs requests: tokens, passwords, client certificates, other persons.

use serde_json::{Value as Json, json};

use super::{
    ADMIN,
    Expected::{Both, Kubectls, Neither},
    Ground, VIEWER, check, decoded, p521_certificate,
};

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "one table of cases")]
async fn tokens_passwords_and_nobody() {
    let ground = Ground::new();
    let user = |name: &str, user: Json, expected| ground.user_case(name, user, expected);
    let (viewer, auditor) = (&ground.viewer, &ground.auditor);
    let file = |name: &str, user: Json, content: &str, expected| {
        ground
            .user_case(name, user, expected)
            .file("token", content)
    };
    let in_file = json!({ "tokenFile": "token" });
    check(vec![
        user("a token", ground.viewer(), Both(VIEWER)),
        user(
            "a token that nobody has",
            json!({ "token": "sentinel" }),
            Neither(&["doesn't accept"]),
        ),
        user(
            "a token with a line end",
            json!({ "token": format!("{viewer}\n") }),
            Neither(&["user it, field token", "line end"]),
        ),
        file("a token file", in_file.clone(), viewer, Both(VIEWER)),
        file(
            "a token file with a line end",
            in_file.clone(),
            &format!("{viewer}\r\n"),
            Both(VIEWER),
        ),
        file(
            "an empty token file",
            in_file.clone(),
            "\n",
            Neither(&["field tokenFile", "is empty"]),
        ),
        user(
            "a token file that is missing",
            in_file.clone(),
            Neither(&["field tokenFile", "/token", "No such file"]),
        ),
        file(
            "an empty token and a file",
            json!({ "token": "", "tokenFile": "token" }),
            viewer,
            Both(VIEWER),
        ),
        file(
            "a token and a file of another",
            json!({ "token": auditor, "tokenFile": "token" }),
            viewer,
            Both(VIEWER),
        ),
        user(
            "a token and a missing file",
            json!({ "token": viewer, "tokenFile": "token" }),
            Both(VIEWER),
        ),
        user(
            "a user name and a password",
            json!({ "username": "u", "password": "sentinel" }),
            Neither(&["user name and password"]),
        ),
        user(
            "a token and a password",
            json!({ "token": viewer, "username": "u", "password": "sentinel" }),
            Neither(&["field username", "Remove one"]),
        ),
        file(
            "a token file and a user name",
            json!({ "tokenFile": "token", "username": "u" }),
            viewer,
            Neither(&["field username"]),
        ),
        file(
            "a token file and a password alone",
            json!({ "tokenFile": "token", "password": "sentinel" }),
            viewer,
            Both(VIEWER),
        ),
        user(
            "a token and a password alone",
            json!({ "token": viewer, "password": "sentinel" }),
            Neither(&["field password"]),
        ),
        user(
            "a password alone",
            json!({ "password": "sentinel" }),
            Neither(&["no credential"]),
        ),
        user("nobody", json!({}), Neither(&["no credential", "user it"])),
        user(
            "empty texts",
            json!({ "token": "", "tokenFile": "", "client-certificate": "" }),
            Neither(&["no credential"]),
        ),
        user(
            "a key without a certificate",
            json!({ "client-key-data": ground.admin.1 }),
            Neither(&["no credential"]),
        ),
        user("null", Json::Null, Neither(&["no credential"])),
        user(
            "a built-in sign-in",
            json!({ "auth-provider": { "name": "gcp" } }),
            Neither(&["auth-provider", "gcp", "exec"]),
        ),
        user(
            "a built-in sign-in that kubectl has",
            json!({ "token": viewer, "auth-provider": { "name": "oidc", "config": {
            "idp-issuer-url": "https://x.example", "client-id": "x",
        } } }),
            Kubectls(&["auth-provider", "oidc"]),
        ),
    ])
    .await;
}

#[tokio::test]
async fn client_certificates() {
    let ground = Ground::new();
    let (certificate, key) = (&ground.admin.0, &ground.admin.1);
    let lines = |text: &str| {
        let bytes: Vec<_> = text.as_bytes().chunks(64).collect();
        String::from_utf8(bytes.join(&b'\n')).expect("ASCII")
    };
    let user = |name: &str, user: Json, expected| ground.user_case(name, user, expected);
    let files = json!({ "client-certificate": "a/cert.pem", "client-key": "a/key.pem" });
    let in_files = |name: &str, expected| {
        ground
            .user_case(name, files.clone(), expected)
            .file("a/cert.pem", decoded(certificate))
            .file("a/key.pem", decoded(key))
    };
    let pair = |certificate: &str, key: &str| json!({ "client-certificate-data": certificate, "client-key-data": key });
    let garbage = "c2VudGluZWw=";
    check(vec![
        user("a certificate", ground.admin(), Both(ADMIN)),
        user("base64 with line breaks", pair(&lines(certificate), &lines(key)), Both(ADMIN)),
        user("base64 that is none", pair("sentinel!", key), Neither(&["client-certificate-data", "base64"])),
        user("a certificate that is none", pair(garbage, key), Neither(&["client-certificate", "PEM"])),
        user("a key that is none", pair(certificate, garbage), Neither(&["client-certificate", "key"])),
        user("a certificate without a key", json!({ "client-certificate-data": certificate }), Neither(&["client-key-data", "no key"])),
        in_files("relative files", Both(ADMIN)),
        user("files that are missing", files.clone(), Neither(&["client-certificate", "a/cert.pem", "No such file"])),
        user("a certificate twice", json!({
            "client-certificate-data": certificate, "client-certificate": "x", "client-key-data": key,
        }), Neither(&["client-certificate-data", "Remove one"])),
        user("a key twice", json!({
            "client-certificate-data": certificate, "client-key": "x", "client-key-data": key,
        }), Neither(&["client-key-data", "Remove one"])),
        user("a certificate beside a token", json!({
            "client-certificate-data": certificate, "client-key-data": key, "token": ground.viewer,
        }), Both(ADMIN)),
        ground
            .user_case("a key on the curve P-521", files.clone(), Both("p521"))
            .file("a/cert.pem", p521_certificate())
            .file("a/key.pem", include_str!("p521-key.pem")),
        in_files("a key of another certificate", Neither(&["client-certificate"])).file("a/key.pem", OTHER_KEY),
    ])
    .await;
}

/// A key that belongs to no certificate here.
const OTHER_KEY: &str = include_str!("other-key.pem");

#[tokio::test]
async fn other_persons() {
    let ground = Ground::new();
    let acting = |name: &str, fields: Json, expected| {
        let mut user = ground.admin();
        for (name, value) in fields.as_object().expect("fields") {
            user[name] = value.clone();
        }
        ground.user_case(name, user, expected)
    };
    check(vec![
        acting("as", json!({ "as": "somebody" }), Both("somebody")),
        acting("with all fields", json!({
            "as": "system:serviceaccount:kargo:kargo-admin", "as-uid": "u", "as-groups": ["g", "system:authenticated"],
            "as-user-extra": { "a/b%c": ["d", "e"], "X-y": ["f"] },
        }), Both("system:serviceaccount:kargo:kargo-admin")),
        acting("groups without a person", json!({ "as-groups": ["g"] }), Neither(&["field as:", "as-groups"])),
        acting("a uid without a person", json!({ "as-uid": "u" }), Neither(&["field as:"])),
        acting("a line end", json!({ "as": "a\nb" }), Neither(&["field as", "can't be sent"])),
        ground.user_case("without the right", json!({ "token": ground.viewer, "as": "somebody" }), Neither(&["may not"])),
    ])
    .await;
}
