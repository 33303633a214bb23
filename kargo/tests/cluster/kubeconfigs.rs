//! Kubeconfigs as kubectl reads them: each case is tried with the real kubectl and with this program. Both act as the same person on the same
//! server, or both refuse; where they differ, the table says so.

mod commands;
mod files;
mod rotation;
mod servers;
mod users;

use std::net::SocketAddr;

use base64::{Engine, prelude::BASE64_STANDARD};
use kargo::cluster::Cluster;
use serde_json::{Value as Json, json};
use tokio::task::JoinSet;

use super::support::{
    control_plane::admin_kubeconfig,
    kubectl::{Case, Expected},
};

const ADMIN: &str = "admin@local";
const VIEWER: &str = "viewer@example.com";
const AUDITOR: &str = "auditor@example.com";

/// What the control plane's kubeconfigs have.
struct Ground {
    server: String,
    ca: String,
    /// Certificate and key of the admin.
    admin: (String, String),
    viewer: String,
    auditor: String,
}

impl Ground {
    fn new() -> Self {
        let admin = admin_kubeconfig();
        let read = |name: &str, field: &str| {
            let text = std::fs::read_to_string(admin.with_file_name(name)).expect("a kubeconfig");
            let line = text.lines().find_map(|line| {
                line.trim_start_matches([' ', '-'])
                    .strip_prefix(&format!("{field}: "))
                    .map(str::to_owned)
            });
            line.expect("the field")
        };
        Self {
            server: read("kubeconfig", "server"),
            ca: read("kubeconfig", "certificate-authority-data"),
            admin: (
                read("kubeconfig", "client-certificate-data"),
                read("kubeconfig", "client-key-data"),
            ),
            viewer: read("users/viewer.kubeconfig", "token"),
            auditor: read("users/auditor.kubeconfig", "token"),
        }
    }

    fn cluster(&self) -> Json {
        json!({ "server": self.server, "certificate-authority-data": self.ca })
    }

    fn viewer(&self) -> Json {
        json!({ "token": self.viewer })
    }

    fn admin(&self) -> Json {
        json!({ "client-certificate-data": self.admin.0, "client-key-data": self.admin.1 })
    }

    fn address(&self) -> SocketAddr {
        let address = self.server.strip_prefix("https://").expect("https");
        address.parse().expect("an address")
    }

    /// A kubeconfig of one cluster and one user.
    fn of(cluster: &Json, user: &Json) -> Json {
        json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "it",
            "clusters": [{ "name": "it", "cluster": cluster }],
            "users": [{ "name": "it", "user": user }],
            "contexts": [{ "name": "it", "context": { "cluster": "it", "user": "it" } }],
        })
    }

    /// The same with the control plane's cluster.
    fn user(&self, user: &Json) -> Json {
        Self::of(&self.cluster(), user)
    }

    /// The same with the viewer.
    fn to(&self, cluster: &Json) -> Json {
        Self::of(cluster, &self.viewer())
    }

    /// The control plane's cluster with other fields.
    fn with(&self, fields: Json) -> Json {
        let mut cluster = self.cluster();
        for (name, value) in fields.as_object().expect("fields") {
            cluster[name] = value.clone();
        }
        self.to(&cluster)
    }

    fn user_case(&self, name: &str, user: Json, expected: Expected) -> Case {
        single(name, self.user(&user), expected)
    }
}

/// A case of one file.
fn single(name: &str, kubeconfig: impl ToString, expected: Expected) -> Case {
    Case::new(name, expected).file("kubeconfig", kubeconfig)
}

/// The text that a kubeconfig has in base64.
fn decoded(text: &str) -> String {
    String::from_utf8(BASE64_STANDARD.decode(text).expect("base64")).expect("PEM")
}

/// Who the API server says that we are, or why it is not known.
async fn user(cluster: &Cluster) -> String {
    match cluster.whoami().await {
        Ok(identity) => identity.user,
        Err(error) => error.problem().sentences(),
    }
}

/// Runs cases, a few at a time: each starts a kubectl.
async fn check(cases: Vec<Case>) {
    let mut cases = cases.into_iter().peekable();
    let mut wrong = Vec::new();
    while cases.peek().is_some() {
        let mut some = JoinSet::new();
        for case in cases.by_ref().take(4) {
            some.spawn(case.check());
        }
        wrong.extend(some.join_all().await.into_iter().flatten());
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A client certificate on the curve P-521 for the user `p521`, signed anew by the control plane's authority.
fn p521_certificate() -> String {
    use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
    let der = |pem: &str| {
        let lines = pem.lines().filter(|line| !line.starts_with("-----"));
        BASE64_STANDARD
            .decode(lines.collect::<String>())
            .expect("base64")
    };
    let authority = admin_kubeconfig().with_file_name("pki/ca.key");
    let authority = der(&std::fs::read_to_string(authority).expect("the authority's key"));
    // An EC private key is a sequence of a version, 32 bytes, the curve's name and the public key's 65 bytes.
    let public = &authority[authority.len() - 65..];
    let random = ring::rand::SystemRandom::new();
    let key = EcdsaKeyPair::from_private_key_and_public_key(
        &ECDSA_P256_SHA256_ASN1_SIGNING,
        &authority[7..39],
        public,
        &random,
    );
    let certificate = der(include_str!("kubeconfigs/p521-certificate.pem"));
    // A certificate is a sequence of what is signed, the algorithm (12 bytes) and the signature.
    let length = 4 + usize::from(u16::from_be_bytes([certificate[6], certificate[7]]));
    let (signed, rest) = certificate[4..].split_at(length);
    let signature = key.expect("a key").sign(&random, signed).expect("signed");
    let mut body = [signed, &rest[..12]].concat();
    body.extend([
        3,
        u8::try_from(signature.as_ref().len() + 1).expect("short"),
        0,
    ]);
    body.extend(signature.as_ref());
    let length = u16::try_from(body.len()).expect("short").to_be_bytes();
    let whole = [&[0x30, 0x82][..], &length, &body].concat();
    let base64 = BASE64_STANDARD.encode(whole);
    format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
}
