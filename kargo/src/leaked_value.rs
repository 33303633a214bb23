//! Which token a leaked value belongs to, by what the value says of itself. Anybody can write a text that says the same: the signature isn't
//! checked, since only the API server can.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use serde::Deserialize;

use crate::name::TokenName;

/// Kinds of JWTs that a text can contain.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LeakedValue {
    /// The value of a token: of a Secret, or minted by Kubernetes and bound to one.
    Token {
        /// Namespace of the Secret.
        namespace: String,
        /// Name of the Secret.
        name: TokenName,
        /// ServiceAccount that the value acts as.
        role: String,
        /// End of the value, if it has one.
        expires: Option<Timestamp>,
    },
    /// A value that Kubernetes minted for a ServiceAccount without a Secret, such as a pod's.
    Minted {
        /// Namespace of the ServiceAccount.
        namespace: String,
        /// The ServiceAccount.
        role: String,
        /// End of the value.
        expires: Option<Timestamp>,
    },
    /// A JWT of another issuer, such as an ID token of OIDC.
    OfAnother {
        /// The issuer, as the JWT names it; empty if it names none.
        issuer: String,
    },
}

/// Claims of the two kinds of Kubernetes' tokens for ServiceAccounts.
#[derive(Deserialize)]
struct Claims {
    #[serde(default)]
    iss: String,
    exp: Option<i64>,
    #[serde(rename = "kubernetes.io")]
    bound: Option<Bound>,
    #[serde(rename = "kubernetes.io/serviceaccount/namespace")]
    namespace: Option<String>,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    secret: Option<String>,
    #[serde(rename = "kubernetes.io/serviceaccount/service-account.name")]
    role: Option<String>,
}

#[derive(Deserialize)]
struct Bound {
    namespace: String,
    serviceaccount: Reference,
    secret: Option<Reference>,
}

#[derive(Deserialize)]
struct Reference {
    name: String,
}

/// Finds the first JWT in a text, such as a line of a log, and reads what it says of itself. `None` if there is none.
pub fn identify(text: &str) -> Option<LeakedValue> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    text.match_indices("eyJ").find_map(|(start, _)| {
        let found = &text[start..];
        let jwt = &found[..found.find(|c| !is_part(c)).unwrap_or(found.len())];
        let payload = BASE64_URL_SAFE_NO_PAD.decode(jwt.split('.').nth(1)?).ok()?;
        Some(meaning(serde_json::from_slice(&payload).ok()?))
    })
}

fn meaning(claims: Claims) -> LeakedValue {
    let Claims {
        iss,
        exp,
        bound,
        namespace,
        secret,
        role,
    } = claims;
    let expires = exp.and_then(|exp| Timestamp::from_second(exp).ok());
    let (namespace, role, secret) = match (bound, namespace, role) {
        (Some(bound), _, _) => (
            bound.namespace,
            bound.serviceaccount.name,
            bound.secret.map(|secret| secret.name),
        ),
        (None, Some(namespace), Some(role)) => (namespace, role, secret),
        _ => return LeakedValue::OfAnother { issuer: iss },
    };
    match secret.and_then(|name| name.parse().ok()) {
        Some(name) => LeakedValue::Token {
            namespace,
            name,
            role,
            expires,
        },
        None => LeakedValue::Minted {
            namespace,
            role,
            expires,
        },
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn jwt(claims: &serde_json::Value) -> String {
        let part = |json: String| BASE64_URL_SAFE_NO_PAD.encode(json);
        let header = part(json!({ "alg": "RS256" }).to_string());
        format!("{header}.{}.c2ln", part(claims.to_string()))
    }

    #[test]
    fn a_value_leads_to_its_token() {
        let stored = json!({
            "iss": "kubernetes/serviceaccount",
            "kubernetes.io/serviceaccount/namespace": "kargo",
            "kubernetes.io/serviceaccount/secret.name": "ci-7f3kq",
            "kubernetes.io/serviceaccount/service-account.name": "kargo-admin",
            "sub": "system:serviceaccount:kargo:kargo-admin",
        });
        let token = |expires| {
            Some(LeakedValue::Token {
                namespace: "kargo".to_owned(),
                name: "ci-7f3kq".parse().expect("a name"),
                role: "kargo-admin".to_owned(),
                expires,
            })
        };
        let value = jwt(&stored);
        for text in [
            value.clone(),
            format!("Authorization: Bearer {value}\n"),
            format!("eyJ is how they start; token={value}, then"),
            value.rsplit_once('.').expect("a signature").0.to_owned(),
        ] {
            assert_eq!(identify(&text), token(None), "{text}");
        }
        let bound = json!({
            "iss": "https://kubernetes.default.svc", "exp": 1_767_225_600,
            "kubernetes.io": {
                "namespace": "kargo",
                "secret": { "name": "ci-7f3kq", "uid": "u" },
                "serviceaccount": { "name": "kargo-admin", "uid": "s" },
            },
        });
        let end = Timestamp::from_second(1_767_225_600).ok();
        assert_eq!(identify(&jwt(&bound)), token(end));
    }

    #[test]
    fn what_is_no_token_here_is_told_apart() {
        let minted = json!({
            "exp": 0,
            "kubernetes.io": { "namespace": "kargo", "serviceaccount": { "name": "kargo-admin", "uid": "s" } },
        });
        assert!(matches!(
            identify(&jwt(&minted)),
            Some(LeakedValue::Minted { .. })
        ));
        let id_token = json!({ "iss": "https://login.example.com", "sub": "me" });
        assert_eq!(
            identify(&jwt(&id_token)),
            Some(LeakedValue::OfAnother {
                issuer: "https://login.example.com".to_owned()
            })
        );
        for text in [
            "",
            "eyJ",
            "eyJhbGciOiJSUzI1NiJ9",
            "eyJhbGciOiJSUzI1NiJ9.e.x",
            "no token",
        ] {
            assert_eq!(identify(text), None, "{text}");
        }
    }
}
