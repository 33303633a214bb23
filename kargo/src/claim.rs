//! Claim ids. A browser uses one to ask again for a value whose answer was lost.

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Random id that the browser makes for one reveal: 32 hexadecimal digits (128 bits).
///
/// The holder may ask for the same value again for a short time, so a claim id is handled like a secret and can't be printed.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ClaimId(String);

/// Error for a text that is no claim id.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("A claim must be 32 lower-case hexadecimal digits.")]
pub struct ClaimError;

impl ClaimId {
    /// Makes a claim id from 16 random bytes.
    pub fn from_random(random: [u8; 16]) -> Self {
        Self(format!("{:032x}", u128::from_be_bytes(random)))
    }

    /// The id as text, only for hashing and for the request.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// SHA-256 of the id in hexadecimal digits. The Secret records the hash: it identifies the claim, and the claim can't be derived from it.
    #[cfg(feature = "cluster")]
    pub(crate) fn hash(&self) -> String {
        use sha2::{Digest, Sha256};
        format!("{:x}", Sha256::digest(self.0.as_bytes()))
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

    #[cfg(feature = "cluster")]
    #[test]
    fn a_claim_is_recorded_by_its_hash() {
        // printf 00000000000000000000000000000000 | sha256sum
        assert_eq!(
            ClaimId::from_random([0; 16]).hash(),
            "84e0c0eafaa95a34c293f278ac52e45ce537bab5e752a00e6959a13ae103b65a"
        );
    }

    #[test]
    fn a_claim_is_read_as_it_is_made() {
        let claim = ClaimId::from_random([0xa7; 16]);
        assert_eq!(claim.expose(), "a7".repeat(16));
        assert_eq!(ClaimId::try_from(claim.expose().to_owned()), Ok(claim));
    }

    #[test]
    fn other_texts_are_refused_and_claims_are_never_printed() {
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
