//! The one reveal of a token's value.
//!
//! The cluster guarantees that a value is shown once: the annotation goes from `pending` to `claimed` under the resourceVersion that was
//! read, and only the request that wrote this gets the value. The Secret records the time, the value's fingerprint and the hash of the
//! browser's claim. The same claim may ask again for a minute, in case the answer was lost. The creator check coordinates honest people:
//! whoever may read or patch Secrets can bypass it.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    connection::{Cluster, access::TokenLocation, error::Error},
    secret::{
        change::{Change, Outcome, TRIES, WriteContext},
        find::{FetchedSecret, secret_access},
        keys::{CLAIM, EXPIRES_AT, FINGERPRINT, REVEAL, REVEALED_AT},
        metadata::Token,
    },
};
use crate::{
    claim::ClaimId,
    token::{ChangedToken, Expiry, HistoryAction, Reveal, TokenRef, TokenState},
    value::{Fingerprint, Value},
};

/// Time for which the same claim may ask again.
const RETRY_WINDOW: SignedDuration = SignedDuration::from_secs(60);

/// Answer of the one reveal.
#[derive(Debug)]
pub struct Revealed {
    /// The value.
    pub value: Value,
    /// `false` if it could not be checked whether the API server signed the value.
    pub is_checked: bool,
    /// Fingerprint of the value; the Secret records it, too.
    pub fingerprint: Fingerprint,
    /// End of an expiring token.
    pub expiry: Option<Expiry>,
    /// The token after the reveal.
    pub changed: ChangedToken,
}

/// A request for a value.
struct RevealRequest {
    user: String,
    /// Hash of the claim.
    claim: String,
}

/// What an acceptable request is.
#[derive(Debug, PartialEq, Eq)]
enum RevealAttempt {
    /// The first request.
    First,
    /// A repeated request of the same claim, for the value of this fingerprint.
    Retry(Fingerprint),
}

impl Cluster {
    /// Reveals the value, once, to the token's creator. Waits until Kubernetes has written the value; after a timeout the token stays
    /// unrevealed.
    ///
    /// # Errors
    /// [`Error::AlreadyRevealed`], [`Error::NotTheCreator`], [`Error::NotReady`] and similar ones say why there is no value.
    pub async fn reveal_token(
        &self,
        target: &TokenRef,
        claim: &ClaimId,
    ) -> Result<Revealed, Error> {
        let TokenRef { scope, name, .. } = target;
        let request = RevealRequest {
            user: self.current_user().await?,
            claim: claim.hash(),
        };
        let deadline = Instant::now() + self.reveal_wait;
        let location = self.location(scope, name);
        let mut tries = 0;
        let mut minting = None;
        loop {
            let mut fetched = self.fetch_with_value(scope, name).await?;
            // One value is minted after the other, so that each is recorded before the next one.
            if fetched.token.summary.is_expiring() && minting.is_none() {
                minting = Some(self.minting.lock().await);
                fetched = self.fetch_with_value(scope, name).await?;
            }
            fetched.token.verify_target(location.clone(), target)?;
            request.attempt(&fetched.token, &location, fetched.now)?;
            let (token, value, expiry, now) =
                Box::pin(self.obtain_value(target, fetched, deadline)).await?;
            // A minted value comes from the API server itself.
            let is_signed = match expiry {
                Some(_) => Some(true),
                None => Box::pin(self.is_signed(&value)).await,
            };
            if is_signed == Some(false) {
                return Err(Error::UnsignedValue(location));
            }
            let is_checked = is_signed.is_some();
            let fingerprint = Fingerprint::of(&value);

            // Judged again: the wait may have changed the token, and the write below holds only for exactly this version.
            token.verify_target(location.clone(), target)?;
            let mut change = Change::of(HistoryAction::Revealed)
                .annotation(REVEAL, "claimed")
                .annotation(FINGERPRINT, fingerprint.0.clone())
                .annotation(CLAIM, request.claim.clone());
            let attempt = request.attempt(&token, &location, now)?;
            match &attempt {
                RevealAttempt::First => {
                    change = change.annotation(REVEALED_AT, now.to_string());
                }
                RevealAttempt::Retry(recorded) if *recorded == fingerprint => {
                    return Ok(Revealed {
                        value,
                        is_checked,
                        fingerprint,
                        expiry,
                        changed: token.changed(),
                    });
                }
                // A minted value is stored nowhere, so a retry mints another one. The claim's minute still counts from the first answer.
                RevealAttempt::Retry(_) if expiry.is_some() => {}
                RevealAttempt::Retry(_) => return Err(Error::Conflict(secret_access(&location))),
            }
            if let Some(expiry) = &expiry {
                let cut = if expiry.is_cut() {
                    format!(", granted until {} only", expiry.granted)
                } else {
                    String::new()
                };
                // A retry mints another value, and both work: the history names each.
                change = change
                    .annotation(EXPIRES_AT, expiry.granted.to_string())
                    .detail(format!("fingerprint {}{cut}", fingerprint.0));
            }
            let context = WriteContext {
                now,
                actor: self.in_history(&request.user),
                location: location.clone(),
            };
            tries += 1;
            match self.apply(&token, &context, change).await? {
                Outcome::Done(token) => {
                    if attempt == RevealAttempt::First {
                        self.connector()
                            .observed()
                            .tell(|observer| observer.revealed());
                    }
                    return Ok(Revealed {
                        value,
                        is_checked,
                        fingerprint,
                        expiry,
                        changed: token.changed(),
                    });
                }
                Outcome::Conflict(error) if tries > TRIES => return Err(error),
                Outcome::Conflict(_) => {}
            }
        }
    }

    /// The token with its value: the value that Kubernetes wrote or is about to write, or for an expiring token, a freshly minted one.
    async fn obtain_value(
        &self,
        target: &TokenRef,
        fetched: FetchedSecret,
        deadline: Instant,
    ) -> Result<(Token, Value, Option<Expiry>, Timestamp), Error> {
        let TokenRef { scope, name, .. } = target;
        if fetched.token.summary.is_expiring() {
            let (value, expiry) = self.mint(scope, &fetched.token, fetched.now).await?;
            return Ok((fetched.token, value, Some(expiry), fetched.now));
        }
        let location = self.location(scope, name);
        let FetchedSecret {
            token, value, now, ..
        } = self
            .wait_until_populated(scope, name, fetched, deadline)
            .await?;
        let value = value
            .filter(|value| is_value_of(value, &location, &token.summary.role))
            .ok_or_else(|| Error::NotItsValue(location.clone()))?;
        Ok((token, value, None, now))
    }
}

/// Claims that Kubernetes writes into the JWT of a Secret.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(rename = "kubernetes.io/serviceaccount/secret.name")]
    secret: String,
}

/// `true` if the value is the JWT that Kubernetes wrote for this Secret and role. Whoever may write Secrets could put anything in its place,
/// such as a shell command or another role's value, for the creator to paste.
pub(super) fn is_value_of(value: &Value, location: &TokenLocation, role: &str) -> bool {
    value.is_jwt()
        && value.unverified_claims::<Claims>().is_some_and(|claims| {
            claims.sub == format!("system:serviceaccount:{}:{role}", location.namespace)
                && claims.secret == location.name.as_str()
        })
}

impl RevealRequest {
    /// Judges whether the request may get the token's value.
    fn attempt(
        &self,
        token: &Token,
        location: &TokenLocation,
        now: Timestamp,
    ) -> Result<RevealAttempt, Error> {
        let summary = &token.summary;
        let (Some(reveal), Some(creator)) = (&summary.reveal, &summary.created_by) else {
            return Err(Error::NoReveal(location.clone()));
        };
        match summary.state {
            TokenState::Suspended { .. } | TokenState::Deleting { .. } => {
                return Err(Error::Suspended(location.clone()));
            }
            TokenState::Expired { time } => {
                return Err(Error::Expired {
                    token: location.clone(),
                    time,
                });
            }
            TokenState::Preparing | TokenState::Unrevealed | TokenState::Active => {}
        }
        if *creator != self.user {
            return Err(Error::NotTheCreator {
                token: location.clone(),
                creator: creator.clone(),
            });
        }
        match reveal {
            Reveal::Pending => Ok(RevealAttempt::First),
            Reveal::Claimed { time, fingerprint }
                if token.claim.as_ref() == Some(&self.claim)
                    && now.duration_since(*time).abs() < RETRY_WINDOW =>
            {
                Ok(RevealAttempt::Retry(fingerprint.clone()))
            }
            Reveal::Claimed { time, .. } | Reveal::Confirmed { time, .. } => {
                Err(Error::AlreadyRevealed {
                    token: location.clone(),
                    time: *time,
                })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{sample::token as sample, token::HistoryText};

    const NOW: &str = "2026-01-02T00:01:00Z";

    fn time(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    fn location() -> TokenLocation {
        TokenLocation {
            name: "ci".parse().expect("a name"),
            namespace: "kargo".to_owned(),
        }
    }

    /// Judges a request of `me` with the claim `mine`.
    fn attempt(change: impl FnOnce(&mut Token)) -> Result<RevealAttempt, String> {
        let mut token = Token {
            summary: sample(),
            resource_version: "1".to_owned(),
            claim: None,
            suspended_by_deletion: false,
            history: HistoryText::default(),
        };
        token.summary.created_by = Some("me".to_owned());
        token.summary.reveal = Some(Reveal::Pending);
        change(&mut token);
        let request = RevealRequest {
            user: "me".to_owned(),
            claim: "mine".to_owned(),
        };
        let attempt = request.attempt(&token, &location(), time(NOW));
        attempt.map_err(|error| {
            let error = format!("{error:?}");
            let end = error.find(['(', ' ']).unwrap_or(error.len());
            error[..end].to_owned()
        })
    }

    #[test]
    fn only_the_creator_gets_the_value_and_only_once() {
        let fingerprint = || Fingerprint("abc".to_owned());
        let claimed = |at: &str| {
            Some(Reveal::Claimed {
                time: time(at),
                fingerprint: fingerprint(),
            })
        };
        let claimed_by = |at: &'static str, claim: &'static str| {
            let reveal = claimed(at);
            attempt(move |token| {
                token.summary.reveal = reveal;
                token.claim = Some(claim.to_owned());
            })
        };
        let already = || Err("AlreadyRevealed".to_owned());
        assert_eq!(attempt(|_| {}), Ok(RevealAttempt::First));
        assert_eq!(
            claimed_by("2026-01-02T00:00:01Z", "mine"),
            Ok(RevealAttempt::Retry(fingerprint()))
        );
        assert_eq!(claimed_by("2026-01-02T00:00:00Z", "mine"), already());
        assert_eq!(claimed_by("2026-01-02T00:02:00Z", "mine"), already());
        assert_eq!(claimed_by("2026-01-02T00:00:59Z", "another"), already());
        assert_eq!(
            attempt(|token| {
                token.summary.reveal = Some(Reveal::Confirmed {
                    time: time(NOW),
                    fingerprint: fingerprint(),
                });
                token.claim = Some("mine".to_owned());
            }),
            already()
        );
    }

    #[test]
    fn a_token_that_does_not_work_or_has_no_reveal_is_not_revealed() {
        let refused = |change: fn(&mut Token)| attempt(change).expect_err("refused");
        assert_eq!(
            refused(|token| token.summary.created_by = Some("other".to_owned())),
            "NotTheCreator"
        );
        assert_eq!(refused(|token| token.summary.created_by = None), "NoReveal");
        assert_eq!(refused(|token| token.summary.reveal = None), "NoReveal");
        let suspended: fn(&mut Token) = |token| {
            token.summary.state = TokenState::Suspended {
                since: "2026-01-01".to_owned(),
            };
        };
        assert_eq!(refused(suspended), "Suspended");
        assert_eq!(
            refused(|token| token.summary.state = TokenState::Deleting { until: time(NOW) }),
            "Suspended"
        );
        assert_eq!(
            refused(|token| token.summary.state = TokenState::Expired { time: time(NOW) }),
            "Expired"
        );
    }
}
