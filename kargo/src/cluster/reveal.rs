//! The one reveal of a token's value.
//!
//! Shown once is a fact in the cluster: the annotation goes from `pending` to `claimed` under the resourceVersion that was read, and
//! only whoever did that gets the value. What is noted is the time, the value's fingerprint and the hash of the browser's claim,
//! which lets the same claim ask again for a minute should the answer be lost. The creator check is coordination among honest
//! people: whoever may read or patch Secrets can do without it.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    Cluster,
    change::{Change, Moment, Outcome, TRIES},
    contract::{CLAIM, EXPIRES_AT, FINGERPRINT, Metadata, REVEAL, REVEALED_AT, Token, claim_hash},
    error::{Error, TokenAt},
    expire::{is_base64url_jwt, payload},
    find::{Found, secret_access},
};
use crate::{
    claim::ClaimId,
    name::TokenName,
    scope::Scope,
    token::{Did, Reveal, Revealed, TokenHandle, TokenState},
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
            let found = self.find_seen(seen).await?;
            asking.turn(&found.token, &at, found.now)?;
            let (token, revealed, now) = self.value_of(scope, found, deadline).await?;

            // Judged once more as it is now: the write below holds only for exactly this.
            token.judge(at.clone(), seen)?;
            let mut change = Change::that(Did::Revealed)
                .annotation(REVEAL, "claimed")
                .annotation(FINGERPRINT, revealed.fingerprint.0.clone())
                .annotation(CLAIM, asking.claim.clone());
            match asking.turn(&token, &at, now)? {
                Turn::First => change = change.annotation(REVEALED_AT, now.to_string()),
                Turn::Again(fingerprint) if fingerprint == revealed.fingerprint => {
                    return Ok(revealed);
                }
                // What was minted for the first answer is kept nowhere: another value takes its place. The minute in which the claim
                // may ask goes on from the first.
                Turn::Again(_) if revealed.expiry.is_some() => {}
                Turn::Again(_) => return Err(Error::Changed(secret_access(&at))),
            }
            if let Some(expiry) = &revealed.expiry {
                change = change.annotation(EXPIRES_AT, expiry.granted.to_string());
                if expiry.is_cut() {
                    change = change.about(format!("granted until {} only", expiry.granted));
                }
            }
            let moment = Moment {
                now,
                by: asking.user.clone(),
                at: at.clone(),
            };
            tries += 1;
            match self.apply(scope, &token, &moment, change).await? {
                Outcome::Done(_) => return Ok(revealed),
                Outcome::Conflict(error) if tries > TRIES => return Err(error),
                Outcome::Conflict(_) => {}
            }
        }
    }

    /// A token with its value: what Kubernetes wrote or is about to, or for an expiring token, what it mints now.
    async fn value_of(
        &self,
        scope: &Scope,
        found: Found,
        deadline: Instant,
    ) -> Result<(Token, Revealed, Timestamp), Error> {
        if found.token.summary.is_expiring() {
            let revealed = self.mint(scope, &found.token, found.now).await?;
            return Ok((found.token, revealed, found.now));
        }
        let name = found.token.summary.name.clone();
        self.wait_until_populated(scope, &name, found, deadline)
            .await?;
        self.open(scope, &name).await
    }

    /// Reads a Secret with its value.
    pub(super) async fn open(
        &self,
        scope: &Scope,
        name: &TokenName,
    ) -> Result<(Token, Revealed, Timestamp), Error> {
        let at = self.token_at(scope, name);
        let access = secret_access(&at);
        let answer = self.read_secret(&at).await?;
        let secret: Secret = answer.parse(&access)?;
        let token = Token::read(secret.metadata, answer.now);
        let value = secret
            .data
            .token
            .and_then(|value| decoded(&value))
            .filter(|value| is_of(value, &at, &token.summary.role))
            .ok_or(Error::BadAnswer(access))?;
        let fingerprint = Fingerprint::of(&value);
        let revealed = Revealed {
            value,
            fingerprint,
            expiry: None,
        };
        Ok((token, revealed, answer.now))
    }
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
    is_base64url_jwt(value)
        && payload::<Claims>(value).is_some_and(|claims| {
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
        match summary.state {
            TokenState::Suspended { .. } | TokenState::Deleting { .. } => {
                return Err(Error::Suspended(at.clone()));
            }
            TokenState::Expired { at: end } => {
                return Err(Error::Expired {
                    token: at.clone(),
                    at: end,
                });
            }
            TokenState::Preparing | TokenState::Unrevealed | TokenState::Active => {}
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
