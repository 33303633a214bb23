//! The claim by which a browser may ask again for a value whose answer was lost on the way.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::hex::hex;

/// A random id that the browser made for one reveal: 32 hexadecimal digits (128 bits).
///
/// Whoever holds it may ask for the same value again for a short time, so it is kept like a secret: it can't be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimId(String);

/// Why a text is no claim id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("A claim is 32 lower-case hexadecimal digits.")]
pub struct ClaimError;

impl ClaimId {
    /// The claim made of 16 random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(hex(&random))
    }

    /// Its text: for hashing and for the request, nothing else.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for ClaimId {
    type Error = ClaimError;
    fn try_from(text: String) -> Result<Self, ClaimError> {
        let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() == 32 && text.bytes().all(hex) {
            Ok(Self(text))
        } else {
            Err(ClaimError)
        }
    }
}

impl From<ClaimId> for String {
    fn from(claim: ClaimId) -> Self {
        claim.0
    }
}

impl std::fmt::Debug for ClaimId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ClaimId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_read_as_it_is_made() {
        let claim = ClaimId::from_random([0xa7; 16]);
        assert_eq!(claim.expose(), "a7".repeat(16));
        assert_eq!(ClaimId::try_from(claim.expose().to_owned()), Ok(claim));
    }

    #[test]
    fn refuses_everything_else_and_is_never_printed() {
        for text in [
            "",
            "a7",
            &"A7".repeat(16),
            &"zz".repeat(16),
            &"a7".repeat(17),
        ] {
            assert_eq!(ClaimId::try_from(text.to_owned()), Err(ClaimError));
        }
        assert!(!format!("{:?}", ClaimId::from_random([0xa7; 16])).contains("a7"));
    }
}
