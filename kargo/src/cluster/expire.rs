//! Tokens that end by themselves: Kubernetes mints their value when it is revealed (TokenRequest), bound to the token's Secret, and it
//! is kept nowhere.

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use kube::core::{Request, params::PostParams};
use serde::Deserialize;
use serde_json::json;

use super::{
    Cluster,
    contract::Token,
    error::{Access, Error},
};
use crate::{
    name::RoleName,
    scope::Scope,
    token::{Expiry, Revealed},
    value::{Fingerprint, Value},
};

/// The shortest life that Kubernetes mints, in seconds.
pub const SHORTEST: i64 = 600;

#[derive(Deserialize)]
struct TokenRequest {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    token: Value,
    expiration_timestamp: Timestamp,
}

impl Cluster {
    /// Mints the value of an expiring token, for the time that is left of what was asked for.
    pub(super) async fn mint(
        &self,
        scope: &Scope,
        token: &Token,
        now: Timestamp,
    ) -> Result<Revealed, Error> {
        let summary = &token.summary;
        let at = self.token_at(scope, &summary.name);
        let Some(asked) = summary.expires else {
            return Err(Error::NoReveal(at));
        };
        // It becomes a part of the address: an annotation can have any text.
        let Ok(role) = summary.role.parse::<RoleName>() else {
            return Err(Error::NoToken(at));
        };
        // Whoever may change the Secret could have made it name another ServiceAccount since it was created.
        self.role_for_a_token(scope, &role).await?;
        let access = Access::to("create", "serviceaccounts/token")
            .within(&at.namespace)
            .named(role.as_str());
        let seconds = asked.duration_since(now).as_secs().max(SHORTEST);
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {
                "expirationSeconds": seconds,
                "boundObjectRef": { "apiVersion": "v1", "kind": "Secret", "name": summary.name, "uid": summary.uid },
            },
        });
        let request = Request::new(format!(
            "/api/v1/namespaces/{}/serviceaccounts",
            at.namespace
        ))
        .create_subresource(
            "token",
            role.as_str(),
            &PostParams::default(),
            body.to_string().into_bytes(),
        );
        let answer = self
            .write(&access, request)
            .await
            .map_err(|error| match error {
                // Either the Secret or its role, which takes its Secrets along.
                Error::NotFound(_) => Error::NoToken(at),
                error => error,
            })?;
        let TokenRequest { status } = answer.parse(&access)?;
        if !is_base64url_jwt(&status.token) {
            return Err(Error::BadAnswer(access));
        }
        let fingerprint = Fingerprint::of(&status.token);
        Ok(Revealed {
            value: status.token,
            fingerprint,
            expiry: Some(Expiry {
                asked,
                granted: status.expiration_timestamp,
            }),
        })
    }
}

/// Three parts of base64url: nothing that a shell or a file could take for something else.
pub(super) fn is_base64url_jwt(value: &Value) -> bool {
    let parts: Vec<_> = value.expose().split('.').collect();
    parts.len() == 3
        && parts.iter().all(|part| {
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        })
}

/// The payload of a JWT, unverified.
pub(super) fn payload<T: serde::de::DeserializeOwned>(value: &Value) -> Option<T> {
    let payload = value.expose().split('.').nth(1)?;
    let payload = BASE64_URL_SAFE_NO_PAD.decode(payload).ok()?;
    serde_json::from_slice(&payload).ok()
}
