//! Credentials that change on disk while the program runs.

use std::time::Duration;

use kargo::{identity::ServiceAccountRef, impersonation::ImpersonationForm, value::Value};
use serde_json::json;

use super::{
    super::support::people::note, ADMIN, AUDITOR, Expected::Both, Ground, VIEWER, decoded,
    p521_certificate, user,
};

#[tokio::test]
async fn files_are_read_again() {
    let ground = Ground::new();
    let case = ground
        .user_case("rotated", json!({ "tokenFile": "token" }), Both(VIEWER))
        .file("token", &ground.viewer);
    let (connector, cluster) = case.load().await.expect("a kubeconfig");
    assert_eq!(user(&cluster).await, VIEWER);
    let token = case.folder().join("token");
    // Unusable for a moment: the last token stays.
    std::fs::write(&token, "").expect("a file");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(user(&cluster).await, VIEWER);
    std::fs::write(&token, format!("{}\n", ground.auditor)).expect("a file");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(user(&cluster).await, AUDITOR);
    // A refused token is read again at once.
    std::fs::write(&token, "nobodys").expect("a file");
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert!(user(&cluster).await.contains("doesn't accept"));
    std::fs::write(&token, &ground.viewer).expect("a file");
    assert_eq!(user(&cluster).await, VIEWER);
    let stranger = connector
        .with_bearer(&Value::new("nobodys".to_owned()))
        .expect("a token");
    assert!(user(&stranger).await.contains("doesn't accept"));
}

#[tokio::test]
async fn certificate_files_are_read_again() {
    let ground = Ground::new();
    let user_entry = json!({ "client-certificate": "cert.pem", "client-key": "key.pem" });
    let case = ground.user_case("rotated", user_entry, Both(ADMIN));
    let write = |certificate: &str, key: &str| {
        std::fs::write(case.folder().join("cert.pem"), certificate).expect("a file");
        std::fs::write(case.folder().join("key.pem"), key).expect("a file");
    };
    write(&decoded(&ground.admin.0), &decoded(&ground.admin.1));
    let (_, cluster) = case.load().await.expect("a kubeconfig");
    assert_eq!(user(&cluster).await, ADMIN);
    let role = "system:serviceaccount:kargo:kargo-viewer";
    let account = ServiceAccountRef::of_user(role).expect("an account");
    let acting = cluster
        .impersonating(&account, &note("ana"), ImpersonationForm::Constrained)
        .expect("a view");
    assert_eq!(user(&acting).await, role);
    write(&p521_certificate(), include_str!("p521-key.pem"));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(user(&cluster).await, "p521");
    // Who acts as a role for people acts with the program's credential as it is now.
    let refused = user(&acting).await;
    assert!(refused.contains("may not act as the role"), "{refused}");
    // Certificate and key of two persons: somebody is writing them. The last pair stays.
    write(&p521_certificate(), &decoded(&ground.admin.1));
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(user(&cluster).await, "p521");
}
