//! JWTs: their claims, and ones as Kubernetes would mint them, signed with the control plane's own key, with an end that a test chooses.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jiff::Timestamp;
use kargo::{token::TokenSummary, value::Value};
use ring::{
    rand::SystemRandom,
    signature::{RSA_PKCS1_SHA256, RsaKeyPair},
};
use serde_json::{Value as Json, json};

use super::{control_plane::admin_kubeconfig, project::Project};

/// The claims, unverified.
pub fn claims(value: &Value) -> Json {
    let payload = value.expose().split('.').nth(1).expect("a JWT");
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).expect("base64");
    serde_json::from_slice(&payload).expect("JSON")
}

/// The value that a TokenRequest for a token would have given an hour before `end`.
pub fn bound(minted: &Value, token: &TokenSummary, project: &Project, end: Timestamp) -> Value {
    let mut claims = claims(minted);
    assert_eq!(
        claims["kubernetes.io"]["secret"],
        json!({ "name": token.name, "uid": token.uid })
    );
    assert_eq!(claims["kubernetes.io"]["namespace"], project.namespace);
    claims["exp"] = end.as_second().into();
    for start in ["iat", "nbf"] {
        claims[start] = (end.as_second() - 3600).into();
    }
    sign(&claims)
}

fn sign(claims: &Json) -> Value {
    let file = admin_kubeconfig().with_file_name("pki/service-account.key");
    let pem = std::fs::read_to_string(file).expect("the control plane's key");
    let base64: String = pem
        .lines()
        .filter(|line| !line.starts_with("-----"))
        .collect();
    let der = BASE64_STANDARD.decode(base64).expect("base64");
    let key = RsaKeyPair::from_der(&der).expect("an RSA key");
    let part = |json: Json| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    let signed = format!(
        "{}.{}",
        part(json!({ "alg": "RS256" })),
        part(claims.clone())
    );
    let mut signature = vec![0; key.public().modulus_len()];
    key.sign(
        &RSA_PKCS1_SHA256,
        &SystemRandom::new(),
        signed.as_bytes(),
        &mut signature,
    )
    .expect("a signature");
    Value::new(format!(
        "{signed}.{}",
        BASE64_URL_SAFE_NO_PAD.encode(signature)
    ))
}
