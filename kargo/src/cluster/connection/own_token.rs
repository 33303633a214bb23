//! The token that an identity signed in with, read from the credential itself. It keeps a person from ending their own session by
//! accident. It is no security measure: the JWT is not verified.

use serde::Deserialize;

use crate::value::Value;

/// Namespace and Secret of a token that is used as a credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnToken {
    namespace: String,
    secret: String,
}

/// Claims that Kubernetes writes into the JWT of a Secret, or into a JWT that is bound to a Secret.
#[derive(Deserialize)]
struct Claims {
    #[serde(rename = "kubernetes.io/serviceaccount/namespace")]
    namespace: Option<String>,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    secret: Option<String>,
    #[serde(rename = "kubernetes.io")]
    bound: Option<Bound>,
}

#[derive(Deserialize)]
struct Bound {
    namespace: String,
    secret: Option<BoundSecret>,
}

#[derive(Deserialize)]
struct BoundSecret {
    name: String,
}

impl OwnToken {
    /// The token that a credential is; `None` for any other credential.
    pub fn of(credential: &Value) -> Option<Self> {
        match credential.unverified_claims()? {
            Claims {
                namespace: Some(namespace),
                secret: Some(secret),
                ..
            }
            | Claims {
                bound:
                    Some(Bound {
                        namespace,
                        secret: Some(BoundSecret { name: secret }),
                    }),
                ..
            } => Some(Self { namespace, secret }),
            _ => None,
        }
    }

    /// Its name, if it is a token of this namespace.
    pub fn name_in(&self, namespace: &str) -> Option<&str> {
        (self.namespace == namespace).then_some(self.secret.as_str())
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};

    use super::*;

    fn of(payload: &str) -> Option<OwnToken> {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(payload);
        OwnToken::of(&Value::new(format!("e30.{payload}.x")))
    }

    #[test]
    fn both_kinds_of_jwt_name_their_token() {
        let own = Some(OwnToken {
            namespace: "kargo".to_owned(),
            secret: "ci".to_owned(),
        });
        assert_eq!(
            of(
                r#"{"kubernetes.io/serviceaccount/namespace":"kargo","kubernetes.io/serviceaccount/secret.name":"ci"}"#
            ),
            own
        );
        assert_eq!(
            of(r#"{"kubernetes.io":{"namespace":"kargo","secret":{"name":"ci","uid":"u"}}}"#),
            own
        );
        assert_eq!(of(r#"{"kubernetes.io":{"namespace":"kargo"}}"#), None);
        assert_eq!(of("{}"), None);
        assert_eq!(OwnToken::of(&Value::new("opaque".to_owned())), None);
    }
}
