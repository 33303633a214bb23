//! The one reveal of a token's value.
//!
//! Shown once is a fact in the cluster: the annotation goes from `pending` to `claimed` under the resourceVersion that was read, and
//! only whoever did that gets the value. What is noted is the time, the value's fingerprint and the hash of the browser's claim,
//! which lets the same claim ask again for a minute should the answer be lost. The creator check is coordination among honest
//! people: whoever may read or patch Secrets can do without it.

use base64::{
    Engine,
    prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD},
};
use jiff::{SignedDuration, Timestamp};
use kube::core::params::GetParams;
use serde::Deserialize;
use serde_json::json;
use tokio::time::Instant;

use super::{
    Cluster,
    annotate::{Outcome, TRIES},
    contract::{CLAIM, FINGERPRINT, Metadata, REVEAL, REVEALED_AT, Token, claim_hash},
    error::{Access, Error, TokenAt},
    find::secrets,
};
use crate::{
    claim::ClaimId,
    name::TokenName,
    scope::Scope,
    token::{Reveal, Revealed, TokenHandle, TokenState},
    value::{Fingerprint, Value},
};

/// How long the same claim may ask again.
const AGAIN: SignedDuration = SignedDuration::from_secs(60);

/// The whole Secret. The value is in base64 here.
#[derive(Deserialize)]
struct Secret {
    metadata: Metadata,
    #[serde(default)]
    data: Data,
}

#[derive(Default, Deserialize)]
struct Data {
    token: Option<Value>,
}

/// Who asks.
struct Asking {
    user: String,
    claim: String,
}

/// What an acceptable request for the value is.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    First,
    /// The same claim's, for the value of this fingerprint.
    Again(Fingerprint),
}

impl Cluster {
    /// The value, once: for the creator, who waits until Kubernetes has written it. Timed out, the token waits on, unrevealed.
    ///
    /// # Errors
    /// [`Error::AlreadyRevealed`], [`Error::NotTheCreator`], [`Error::NotReady`] and their like say why there is no value.
    pub async fn reveal_token(
        &self,
        seen: &TokenHandle,
        claim: &ClaimId,
    ) -> Result<Revealed, Error> {
        let TokenHandle { scope, name, .. } = seen;
        let asking = Asking {
            // Asked anew: a kubeconfig's credential may have become somebody else's meanwhile.
            user: self.review().await?.user,
            claim: claim_hash(claim),
        };
        let deadline = Instant::now() + self.reveal_wait;
        let at = self.token_at(scope, name);
        let mut tries = 0;
        loop {
            let found = self.find(scope, name).await?;
            found.token.judge(at.clone(), seen)?;
            asking.turn(&found.token, &at, found.now)?;
            self.wait_until_populated(scope, name, found, deadline)
                .await?;

            // Judged once more as it is now: the write below holds only for exactly this.
            let (token, revealed, now) = self.open(scope, name).await?;
            token.judge(at.clone(), seen)?;
            match asking.turn(&token, &at, now)? {
                Turn::Again(fingerprint) if fingerprint == revealed.fingerprint => {
                    return Ok(revealed);
                }
                Turn::Again(_) => return Err(Error::Changed(secret_access(&at))),
                Turn::First => {}
            }
            let note = json!({
                (REVEAL): "claimed",
                (REVEALED_AT): now.to_string(),
                (FINGERPRINT): revealed.fingerprint,
                (CLAIM): asking.claim,
            });
            tries += 1;
            match self.annotate(scope, &token, &note).await? {
                Outcome::Done => return Ok(revealed),
                Outcome::Conflict(error) if tries > TRIES => return Err(error),
                Outcome::Conflict(_) => {}
            }
        }
    }

    /// Reads a Secret with its value.
    async fn open(
        &self,
        scope: &Scope,
        name: &TokenName,
    ) -> Result<(Token, Revealed, Timestamp), Error> {
        let at = self.token_at(scope, name);
        let access = secret_access(&at);
        let request = secrets(&at.namespace).get(name.as_str(), &GetParams::default());
        let answer = self
            .read(&access, request)
            .await
            .map_err(|error| match error {
                Error::NotFound(_) => Error::NoToken(at.clone()),
                error => error,
            })?;
        let secret: Secret = answer.parse(&access)?;
        let token = Token::from(secret.metadata);
        let value = secret
            .data
            .token
            .and_then(|value| decoded(&value))
            .filter(|value| is_of(value, &at, &token.summary.role))
            .ok_or(Error::BadAnswer(access))?;
        let fingerprint = Fingerprint::of(&value);
        Ok((token, Revealed { value, fingerprint }, answer.now))
    }
}

fn secret_access(at: &TokenAt) -> Access {
    Access::to("get", "secrets")
        .within(&at.namespace)
        .named(at.name.as_str())
}

/// What Kubernetes writes into the JWT of a Secret.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    secret: String,
}

/// Whether it is the JWT that Kubernetes wrote for this Secret and role, and nothing else: whoever may write Secrets could put
/// anything there, a shell's command or another role's value, for the creator to paste.
fn is_of(value: &Value, at: &TokenAt, role: &str) -> bool {
    let mut parts = value.expose().split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_base64url = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    let claims = BASE64_URL_SAFE_NO_PAD
        .decode(payload)
        .ok()
        .and_then(|payload| serde_json::from_slice::<Claims>(&payload).ok());
    is_base64url(header)
        && is_base64url(signature)
        && claims.is_some_and(|claims| {
            claims.sub == format!("system:serviceaccount:{}:{role}", at.namespace)
                && claims.secret == at.name.as_str()
        })
}

fn decoded(base64: &Value) -> Option<Value> {
    let bytes = BASE64_STANDARD.decode(base64.expose()).ok()?;
    String::from_utf8(bytes)
        .ok()
        .filter(|text| !text.is_empty())
        .map(Value::new)
}

impl Asking {
    fn turn(&self, token: &Token, at: &TokenAt, now: Timestamp) -> Result<Turn, Error> {
        let summary = &token.summary;
        let (Some(reveal), Some(creator)) = (&summary.reveal, &summary.created_by) else {
            return Err(Error::NoReveal(at.clone()));
        };
        if matches!(summary.state, TokenState::Suspended { .. }) {
            return Err(Error::Suspended(at.clone()));
        }
        if *creator != self.user {
            return Err(Error::NotTheCreator {
                token: at.clone(),
                creator: creator.clone(),
            });
        }
        match reveal {
            Reveal::Pending => Ok(Turn::First),
            Reveal::Claimed {
                at: then,
                fingerprint,
            } if token.claim.as_ref() == Some(&self.claim)
                && now.duration_since(*then).abs() < AGAIN =>
            {
                Ok(Turn::Again(fingerprint.clone()))
            }
            Reveal::Claimed { at: then, .. } | Reveal::Confirmed { at: then, .. } => {
                Err(Error::AlreadyRevealed {
                    token: at.clone(),
                    at: *then,
                })
            }
        }
    }
}
