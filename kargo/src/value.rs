//! Values of tokens: never stored, never logged, never sent twice.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};

/// Secret JWT of a token. The type has no `Display` and no `Serialize`, its `Debug` hides the text, and dropping it clears the memory.
#[derive(Debug)]
pub struct Value(SecretString);

impl Value {
    /// Wraps the text. The caller should keep no copy.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The plain text, for the one answer of a reveal, for the clipboard, and for a request that signs in with it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

#[cfg(feature = "cluster")]
impl Value {
    /// `true` if the value is three dot-separated parts of base64url. A shell or a file can't take such a text for anything else.
    pub(crate) fn is_jwt(&self) -> bool {
        let mut parts = 0;
        let are_base64url = self.expose().split('.').all(|part| {
            parts += 1;
            !part.is_empty()
                && part
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        are_base64url && parts == 3
    }

    /// Header of the JWT.
    pub(crate) fn unverified_header<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        self.unverified_part(0)
    }

    /// Payload of the JWT. The signature is not verified.
    pub(crate) fn unverified_claims<T: serde::de::DeserializeOwned>(&self) -> Option<T> {
        self.unverified_part(1)
    }

    fn unverified_part<T: serde::de::DeserializeOwned>(&self, number: usize) -> Option<T> {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        let part = self.expose().split('.').nth(number)?;
        let part = BASE64_URL_SAFE_NO_PAD.decode(part).ok()?;
        serde_json::from_slice(&part).ok()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

/// First 12 hexadecimal digits of the value's SHA-256. Fingerprints tell two values apart without revealing either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(pub String);

#[cfg(feature = "cluster")]
impl Fingerprint {
    /// Fingerprint of a value.
    pub fn of(value: &Value) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(value.expose().as_bytes());
        Self(format!("{digest:x}")[..12].to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_never_printed() {
        let value = Value::new("sentinel".to_owned());
        assert!(!format!("{value:?}").contains("sentinel"));
        assert_eq!(value.expose(), "sentinel");
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn a_fingerprint_is_the_start_of_sha256() {
        // printf abc | sha256sum
        assert_eq!(
            Fingerprint::of(&Value::new("abc".to_owned())).0,
            "ba7816bf8f01"
        );
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn only_three_parts_of_base64url_are_a_jwt() {
        for (text, expected) in [
            ("e30.e30.x-_9", true),
            ("e30.e30", false),
            ("e30.e30.x.y", false),
            ("e30..x", false),
            ("e30.e30.x y", false),
            ("e30.e30.x\n", false),
            ("e30.e30.$(x)", false),
            ("", false),
        ] {
            assert_eq!(Value::new(text.to_owned()).is_jwt(), expected, "{text}");
        }
    }
}
