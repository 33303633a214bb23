//! A token's value, the one thing that is never stored, logged or sent twice.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serialize};

/// The secret JWT of a token. It has no `Display` and no `Serialize`, its `Debug` shows nothing, and its memory is cleared when dropped.
#[derive(Debug)]
pub struct Value(SecretString);

impl Value {
    /// Takes the text over; whoever had it should have kept no copy.
    pub fn new(text: String) -> Self {
        Self(SecretString::from(text))
    }

    /// The value in the open: for the one answer of a reveal, for the clipboard, for a request that signs in with it.
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl<'de> Deserialize<'de> for Value {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from).map(Self::new)
    }
}

/// First 12 hexadecimal digits of the value's SHA-256: tells two values apart without telling either.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fingerprint(pub String);

#[cfg(feature = "cluster")]
impl Fingerprint {
    /// The fingerprint of a value.
    pub fn of(value: &Value) -> Self {
        use sha2::{Digest, Sha256};
        let digest = Sha256::digest(value.expose().as_bytes());
        Self(crate::hex::hex(&digest[..6]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_never_printed() {
        let value = Value::new("sentinel".to_owned());
        assert!(!format!("{value:?}").contains("sentinel"));
        assert_eq!(value.expose(), "sentinel");
    }

    #[cfg(feature = "cluster")]
    #[test]
    fn fingerprint_is_the_start_of_sha256() {
        // printf abc | sha256sum
        assert_eq!(
            Fingerprint::of(&Value::new("abc".to_owned())).0,
            "ba7816bf8f01"
        );
    }
}
