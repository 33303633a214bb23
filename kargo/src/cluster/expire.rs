//! Expiring tokens: Kubernetes mints their value at the reveal (TokenRequest), bound to the token's Secret. The value is stored nowhere.

use jiff::Timestamp;
use kube::core::{Request, params::PostParams};
use serde::Deserialize;
use serde_json::json;

use super::{
    connection::{Cluster, access::Access, error::Error, request::with_value_in_answer},
    secret::metadata::Token,
};
use crate::{
    name::RoleName,
    scope::Scope,
    token::{Expiry, SHORTEST_LIFETIME},
    value::Value,
};

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
    /// Mints the value of an expiring token for what remains of the requested lifetime.
    pub(super) async fn mint(
        &self,
        scope: &Scope,
        token: &Token,
        now: Timestamp,
    ) -> Result<(Value, Expiry), Error> {
        let summary = &token.summary;
        let location = self.location(scope, &summary.name);
        let Some(asked) = summary.expires else {
            return Err(Error::NoReveal(location));
        };
        // The role becomes a part of the request's path, and an annotation can contain any text.
        let Ok(role) = summary.role.parse::<RoleName>() else {
            return Err(Error::NoToken(location));
        };
        // Whoever may change the Secret could have named another ServiceAccount since its creation.
        self.require_role(scope, &role).await?;
        let access = Access::to("create", "serviceaccounts/token")
            .within(&location.namespace)
            .named(role.as_str());
        let seconds = asked.duration_since(now).as_secs().max(SHORTEST_LIFETIME);
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
            location.namespace
        ))
        .create_subresource(
            "token",
            role.as_str(),
            &PostParams::default(),
            body.to_string().into_bytes(),
        );
        let answer = self
            .write(&access, with_value_in_answer(request))
            .await
            .map_err(|error| match error {
                // The Secret is gone, or its role, which takes its Secrets along.
                Error::NotFound(_) => Error::NoToken(location),
                error => error,
            })?;
        let TokenRequest { status } = answer.parse(&access)?;
        if !status.token.is_jwt() {
            return Err(Error::BadAnswer(access));
        }
        Ok((
            status.token,
            Expiry {
                asked,
                granted: status.expiration_timestamp,
            },
        ))
    }
}
