//! The claims that the protocol itself needs.

use serde::Deserialize;
use serde_json::Value as Json;

/// These claims, of whatever type. A token that has one of them twice is refused.
#[derive(Default, Deserialize)]
#[serde(default)]
pub struct Registered {
    /// Issuer.
    pub iss: Json,
    /// Subject.
    pub sub: Json,
    /// Audience: one, or a list.
    pub aud: Json,
    /// Client that it was issued to.
    pub azp: Json,
    /// What the sign-in was begun with.
    pub nonce: Json,
    /// End.
    pub exp: Json,
    /// Begin.
    pub nbf: Json,
    /// Time of issue.
    pub iat: Json,
}
