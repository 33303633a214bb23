//! `POST /api/reveal_token`: the one answer that holds a value.

use kargo::{token::TokenRef, value::Fingerprint};
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};
use serde::{Deserialize, Serialize};

use super::{ApiError, WireValue};

/// The end of a token as text: a browser needs no library of times to show it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExpiryText {
    /// The requested end.
    #[serde(rename = "asked")]
    pub requested: String,
    /// The end that the cluster granted, which decides.
    pub granted: String,
    /// Whether the cluster granted noticeably less.
    pub is_cut: bool,
}

#[cfg(feature = "ssr")]
impl ExpiryText {
    fn of(expiry: &kargo::token::Expiry) -> Self {
        let words = |time: jiff::Timestamp| time.strftime("%Y-%m-%d %H:%M UTC").to_string();
        Self {
            requested: words(expiry.asked),
            granted: words(expiry.granted),
            is_cut: expiry.is_cut(),
        }
    }
}

/// The answer of the one reveal. Not `Clone`: it is moved into the reveal dialog and dropped there.
#[derive(Debug, Serialize, Deserialize)]
pub struct RevealedToken {
    /// The value.
    pub value: WireValue,
    /// `false` if it could not be checked whether the API server signed it.
    pub is_checked: bool,
    /// Its fingerprint.
    pub fingerprint: Fingerprint,
    /// When it ends, where it does.
    pub expiry: Option<ExpiryText>,
}

/// Waits until Kubernetes has written the value, claims it for the caller, and answers with it. `claim`: a random id of the caller, 32
/// hexadecimal digits. The same claim may ask again for a minute, in case the answer was lost.
#[server(endpoint = "reveal_token", input = PostUrl, output = Json)]
pub async fn reveal_token(
    #[server(flatten)] token: TokenRef,
    claim: String,
) -> Result<RevealedToken, ApiError> {
    let claim = super::argument("claim", claim)?;
    let viewer = super::viewer()?;
    let cluster = viewer
        .to_at_least(&token.scope, super::requests::REVEAL, 2)
        .await?;
    let revealed = cluster.reveal_token(&token, &claim).await?;
    Ok(RevealedToken {
        value: WireValue(revealed.value),
        is_checked: revealed.is_checked,
        fingerprint: revealed.fingerprint,
        expiry: revealed.expiry.as_ref().map(ExpiryText::of),
    })
}
