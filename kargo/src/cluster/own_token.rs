//! The token that an identity signed in with, if its credential is one: told by the JWT itself, so that nobody ends it by accident in the
//! middle of their work. Not a question of security: the JWT is not verified here.

use serde::Deserialize;

use super::{Cluster, expire::payload};
use crate::{name::TokenName, scope::Scope, value::Value};

/// Where a token lives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct OwnToken {
    namespace: String,
    secret: String,
}

/// What Kubernetes writes into the JWT of a Secret, and into one that is bound to a Secret.
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
        match payload(credential)? {
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
}

impl Cluster {
    /// Whether this identity signed in with that token.
    pub fn is_own_token(&self, scope: &Scope, name: &TokenName) -> bool {
        self.own_token.as_ref().is_some_and(|own| {
            own.namespace == self.namespace(scope) && own.secret == name.as_str()
        })
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
    fn is_told_by_both_kinds_of_jwt() {
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
