//! `POST /api/reveal_token`: the one answer that holds a value.

use kargo::value::Fingerprint;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

use super::{ApiError, Exposed};

/// When a token ends, in words for people: a browser needs no library of times for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ends {
    /// What was asked for.
    pub asked: String,
    /// What the cluster granted, which decides.
    pub granted: String,
    /// Whether that is noticeably less.
    pub is_cut: bool,
}

#[cfg(feature = "ssr")]
impl Ends {
    fn of(expiry: &kargo::token::Expiry) -> Self {
        let words = |time: jiff::Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
        Self {
            asked: words(expiry.asked),
            granted: words(expiry.granted),
            is_cut: expiry.is_cut(),
        }
    }
}

/// The value, once. Not `Clone`: it is moved into the reveal dialog and dropped there.
#[derive(Debug, Serialize, Deserialize)]
pub struct RevealedToken {
    /// The value.
    pub value: Exposed,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// When it ends, where it does.
    pub expiry: Option<Ends>,
}

/// Waits until Kubernetes has written the value, claims it for the caller, answers with it. The same `claim` (a random id of the
/// caller's, 32 hexadecimal digits) may ask again for a minute, should the answer be lost.
#[server(endpoint = "reveal_token", input = PostUrl, output = Json)]
pub async fn reveal_token(
    scope: String,
    role: String,
    name: String,
    uid: String,
    claim: String,
) -> Result<RevealedToken, ApiError> {
    let token = super::handle(scope, role, name, uid)?;
    let claim = super::argument("claim", claim)?;
    let revealed = super::cluster()?.reveal_token(&token, &claim).await?;
    Ok(RevealedToken {
        value: Exposed(revealed.value),
        fingerprint: revealed.fingerprint,
        expiry: revealed.expiry.as_ref().map(Ends::of),
    })
}
