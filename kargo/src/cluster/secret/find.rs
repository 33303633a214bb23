//! Fresh reads of one token, and the check that comes before every change of it.

use base64::{Engine, prelude::BASE64_STANDARD};
use http::{HeaderValue, header::ACCEPT};
use jiff::Timestamp;
use kube::core::{
    Request,
    params::{GetParams, ListParams},
};
use serde::{Deserialize, de::DeserializeOwned};

use super::{
    keys::TYPE,
    metadata::{Metadata, Object, Token},
};
use crate::{
    cluster::connection::{
        Cluster,
        access::{Access, TokenLocation},
        error::Error,
        request::{ApiResponse, Built, List, with_value_in_answer},
    },
    name::TokenName,
    scope::Scope,
    token::{TokenRef, TokenSummary},
    value::Value,
};

/// A token as it is now.
pub(in crate::cluster) struct FetchedToken {
    pub token: Token,
    /// Time by the API server's clock.
    pub now: Timestamp,
}

/// A token as it is now, with the value that Kubernetes wrote.
pub(in crate::cluster) struct FetchedSecret {
    pub token: Token,
    /// Stored value; `None` if there is none yet, or none that could be a token's.
    pub value: Option<Value>,
    /// Version from which a watch misses nothing after this read.
    pub list_version: String,
    /// Time by the API server's clock.
    pub now: Timestamp,
}

/// A Secret with its value, and nothing else of its data.
#[derive(Deserialize)]
pub(super) struct Secret {
    pub metadata: Metadata,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    /// Base64 of the value.
    token: Option<Value>,
}

impl Secret {
    /// Judges the metadata at `now` and decodes the value.
    pub fn fetched(self, list_version: String, now: Timestamp) -> FetchedSecret {
        FetchedSecret {
            token: self.metadata.token(now),
            value: self.data.token.and_then(|base64| decoded(&base64)),
            list_version,
            now,
        }
    }
}

fn decoded(base64: &Value) -> Option<Value> {
    let bytes = BASE64_STANDARD.decode(base64.expose()).ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
        .map(Value::new)
}

/// Selects one token. A list by name and type proves the Secret's type, which metadata alone doesn't show.
pub(super) fn selector(name: &TokenName) -> String {
    format!("metadata.name={name},type={TYPE}")
}

/// Requests for the Secrets of a namespace.
pub(in crate::cluster) fn secrets(namespace: &str) -> Request {
    Request::new(format!("/api/v1/namespaces/{namespace}/secrets"))
}

/// Makes the API server answer with an object's metadata instead of the whole object.
pub(in crate::cluster) fn metadata_only<B>(mut request: http::Request<B>) -> http::Request<B> {
    let metadata =
        HeaderValue::from_static("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    request.headers_mut().insert(ACCEPT, metadata);
    request
}

/// Access that reading one whole Secret takes.
pub(in crate::cluster) fn secret_access(location: &TokenLocation) -> Access {
    Access::to("get", "secrets")
        .within(&location.namespace)
        .named(location.name.as_str())
}

impl Cluster {
    /// One token without its value.
    ///
    /// # Errors
    /// [`Error::NoToken`] if there is none.
    pub async fn get_token(&self, scope: &Scope, name: &TokenName) -> Result<TokenSummary, Error> {
        Ok(self.fetch(scope, name).await?.token.summary)
    }

    /// Reads the token that the person saw. Refuses a token with another UID or role, one that is being removed, and one that Kargo doesn't
    /// manage.
    pub(in crate::cluster) async fn fetch_verified(
        &self,
        target: &TokenRef,
    ) -> Result<FetchedToken, Error> {
        let TokenRef { scope, name, .. } = target;
        let fetched = self.fetch(scope, name).await?;
        fetched
            .token
            .verify_target(self.location(scope, name), target)?;
        Ok(fetched)
    }

    /// Reads one token without its value.
    pub(in crate::cluster) async fn fetch(
        &self,
        scope: &Scope,
        name: &TokenName,
    ) -> Result<FetchedToken, Error> {
        let params = ListParams::default().fields(&selector(name));
        let request = secrets(self.namespace(scope)).list_metadata(&params);
        let (object, _, now): (Object, _, _) = self.fetch_one(scope, name, request).await?;
        Ok(FetchedToken {
            token: object.metadata.token(now),
            now,
        })
    }

    /// Reads the Secret of a name without its values, of whatever type; `None` if there is none.
    pub(in crate::cluster) async fn fetch_any(
        &self,
        scope: &Scope,
        name: &TokenName,
    ) -> Result<Option<FetchedToken>, Error> {
        let params = ListParams::default().fields(&format!("metadata.name={name}"));
        let request = secrets(self.namespace(scope)).list_metadata(&params);
        match self.fetch_one::<Object>(scope, name, request).await {
            Ok((object, _, now)) => Ok(Some(FetchedToken {
                token: object.metadata.token(now),
                now,
            })),
            Err(Error::NoToken(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Reads one token with its value.
    pub(in crate::cluster) async fn fetch_with_value(
        &self,
        scope: &Scope,
        name: &TokenName,
    ) -> Result<FetchedSecret, Error> {
        let params = ListParams::default().fields(&selector(name));
        let request = with_value_in_answer(secrets(self.namespace(scope)).list(&params));
        let (secret, version, now): (Secret, _, _) = self.fetch_one(scope, name, request).await?;
        Ok(secret.fetched(version, now))
    }

    /// Sends a list of one object, and answers with the object, the list's version and the time.
    async fn fetch_one<T: DeserializeOwned>(
        &self,
        scope: &Scope,
        name: &TokenName,
        request: Built,
    ) -> Result<(T, String, Timestamp), Error> {
        let access = Access::to("list", "secrets").within(self.namespace(scope));
        let answer = self.read(&access, request).await?;
        let list: List<T> = answer.parse(&access)?;
        let version = list.metadata.resource_version.clone();
        let object = list
            .items()
            .into_iter()
            .next()
            .ok_or_else(|| Error::NoToken(self.location(scope, name)))?;
        Ok((object, version, answer.now))
    }

    /// Reads one whole Secret, its values included. The caller parses no more of it than it needs.
    pub(in crate::cluster) async fn get_secret(
        &self,
        location: &TokenLocation,
    ) -> Result<ApiResponse, Error> {
        let request =
            secrets(&location.namespace).get(location.name.as_str(), &GetParams::default());
        let request = with_value_in_answer(request);
        let answer = self.read(&secret_access(location), request).await;
        answer.map_err(|error| match error {
            Error::NotFound(_) => Error::NoToken(location.clone()),
            error => error,
        })
    }

    /// Reads the value of a token whose type is known. Unlike [`Cluster::fetch_with_value`], it takes the right to `get` the Secret.
    pub(in crate::cluster) async fn get_value(
        &self,
        location: &TokenLocation,
    ) -> Result<Value, Error> {
        let access = secret_access(location);
        let answer = self.get_secret(location).await?;
        let secret: Secret = answer.parse(&access)?;
        secret
            .data
            .token
            .and_then(|base64| decoded(&base64))
            .ok_or(Error::BadAnswer(access))
    }
}

impl Token {
    /// Refuses a token with another UID or role, one that is being removed, and one that Kargo doesn't manage. Comes before every write.
    pub fn verify_target(&self, location: TokenLocation, target: &TokenRef) -> Result<(), Error> {
        if self.summary.uid != target.uid {
            return Err(Error::Replaced(location));
        }
        // A token of another role gives other rights than the person saw.
        if self.summary.role != target.role {
            return Err(Error::OtherRole(location));
        }
        if self.summary.is_terminating {
            return Err(Error::Terminating(location));
        }
        if !self.summary.is_managed() {
            return Err(Error::Unmanaged {
                token: location,
                missing: self.summary.missing.clone(),
            });
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_the_value_of_the_data_is_read() {
        let value = |data: serde_json::Value| {
            let secret = json!({
                "metadata": {
                    "name": "ci", "uid": "u", "resourceVersion": "1",
                    "creationTimestamp": "2026-01-01T00:00:00Z",
                },
                "data": data,
            });
            let secret: Secret = serde_json::from_value(secret).expect("a Secret");
            let fetched = secret.fetched(String::new(), Timestamp::UNIX_EPOCH);
            fetched.value.map(|value| value.expose().to_owned())
        };
        let base64 = |text: &str| BASE64_STANDARD.encode(text);
        assert_eq!(
            value(json!({ "token": base64("jwt"), "ca.crt": base64("other") })).as_deref(),
            Some("jwt")
        );
        assert_eq!(value(json!({ "ca.crt": base64("other") })), None);
        assert_eq!(value(json!({ "token": "" })), None);
        assert_eq!(value(json!({ "token": "no base64" })), None);
    }

    #[test]
    fn only_the_managed_token_that_was_seen_is_verified() {
        let token = |uid: &str, role: &str, label: &str, deletion: Option<&str>| {
            let metadata = json!({
                "name": "ci", "uid": uid, "resourceVersion": "1",
                "creationTimestamp": "2026-01-01T00:00:00Z", "deletionTimestamp": deletion,
                "labels": { "rbac.kargo.akuity.io/api-token": label },
                "annotations": {
                    "kubernetes.io/service-account.name": role,
                    "rbac.kargo.akuity.io/managed": "true",
                },
            });
            let metadata: Metadata = serde_json::from_value(metadata).expect("metadata");
            metadata.token(Timestamp::UNIX_EPOCH)
        };
        let target = TokenRef {
            scope: Scope::System,
            role: "viewer".to_owned(),
            name: "ci".parse().expect("a name"),
            uid: crate::name::Uid("u".to_owned()),
        };
        let location = || TokenLocation {
            name: target.name.clone(),
            namespace: "kargo".to_owned(),
        };
        let verify = |token: Token| token.verify_target(location(), &target);
        assert!(verify(token("u", "viewer", "true", None)).is_ok());
        let removed = Some("2026-01-02T00:00:00Z");
        for (token, expected) in [
            (token("v", "viewer", "true", None), "Replaced"),
            (token("u", "admin", "true", None), "OtherRole"),
            (token("u", "viewer", "true", removed), "Terminating"),
            (token("u", "viewer", "false", None), "Unmanaged"),
        ] {
            let error = format!("{:?}", verify(token).expect_err(expected));
            assert!(error.starts_with(expected), "{error}");
        }
    }
}
