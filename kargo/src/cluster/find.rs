//! One token's metadata, read fresh, and the judgement that comes before every change of it.

use http::{HeaderValue, header::ACCEPT};
use jiff::Timestamp;
use kube::core::{
    Request,
    params::{GetParams, ListParams},
};

use super::{
    Cluster,
    contract::{self, Object, Token},
    error::{Access, Error, TokenAt},
    request::{Answer, List},
};
use crate::{
    name::TokenName,
    scope::Scope,
    token::{TokenHandle, TokenSummary},
};

/// A token as it is now.
pub(super) struct Found {
    pub token: Token,
    /// Where a watch starts that misses nothing after this.
    pub version: String,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

/// Selects one token: a list by name and type proves the Secret's type, which metadata alone doesn't show.
pub(super) fn selector(name: &TokenName) -> String {
    format!("metadata.name={name},type={}", contract::TYPE)
}

pub(super) fn secrets(namespace: &str) -> Request {
    Request::new(format!("/api/v1/namespaces/{namespace}/secrets"))
}

/// Has the API server answer with an object's metadata alone, where it would answer with the whole object.
pub(super) fn metadata_only<B>(mut request: http::Request<B>) -> http::Request<B> {
    let metadata =
        HeaderValue::from_static("application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1");
    request.headers_mut().insert(ACCEPT, metadata);
    request
}

/// What reading one whole Secret takes.
pub(super) fn secret_access(at: &TokenAt) -> Access {
    Access::to("get", "secrets")
        .within(&at.namespace)
        .named(at.name.as_str())
}

impl Cluster {
    /// One token without its value.
    ///
    /// # Errors
    /// [`Error::NoToken`] if there is none.
    pub async fn get_token(&self, scope: &Scope, name: &TokenName) -> Result<TokenSummary, Error> {
        Ok(self.find(scope, name).await?.token.summary)
    }

    /// Reads one whole Secret, its values included: the caller parses no more of it than it needs.
    pub(super) async fn read_secret(&self, at: &TokenAt) -> Result<Answer, Error> {
        let request = secrets(&at.namespace).get(at.name.as_str(), &GetParams::default());
        let answer = self.read(&secret_access(at), request).await;
        answer.map_err(|error| match error {
            Error::NotFound(_) => Error::NoToken(at.clone()),
            error => error,
        })
    }

    /// Reads the token that the person saw; refuses another one, and one that Kargo would refuse too.
    pub(super) async fn find_seen(&self, seen: &TokenHandle) -> Result<Found, Error> {
        let TokenHandle { scope, name, .. } = seen;
        let found = self.find(scope, name).await?;
        found.token.judge(self.token_at(scope, name), seen)?;
        Ok(found)
    }

    /// Reads one token.
    pub(super) async fn find(&self, scope: &Scope, name: &TokenName) -> Result<Found, Error> {
        let namespace = self.namespace(scope);
        let access = Access::to("list", "secrets").within(namespace);
        let params = ListParams::default().fields(&selector(name));
        let answer = self
            .read(&access, secrets(namespace).list_metadata(&params))
            .await?;
        let list: List<Object> = answer.parse(&access)?;
        let version = list.metadata.resource_version.clone();
        let object = list
            .items()
            .into_iter()
            .next()
            .ok_or_else(|| Error::NoToken(self.token_at(scope, name)))?;
        Ok(Found {
            token: Token::read(object.metadata, answer.now),
            version,
            now: answer.now,
        })
    }
}

impl Token {
    /// Refuses a token that Kargo would refuse too, and one that isn't the token that the person saw.
    pub fn judge(&self, at: TokenAt, seen: &TokenHandle) -> Result<(), Error> {
        if self.summary.uid != seen.uid {
            return Err(Error::Replaced(at));
        }
        // With another role it is worth something else than what the person saw.
        if self.summary.role != seen.role {
            return Err(Error::OtherRole(at));
        }
        if self.summary.is_terminating {
            return Err(Error::Terminating(at));
        }
        if !self.summary.is_managed() {
            return Err(Error::Unmanaged {
                token: at,
                missing: self.summary.missing.clone(),
            });
        }
        Ok(())
    }
}
