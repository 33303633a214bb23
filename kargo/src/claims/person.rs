//! Claims of a person, from the JSON object of an ID token.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json};
use thiserror::Error;

use super::annotations::{ClaimValue, with_paired_surrogates};

/// Claims of a person. Only texts and lists of texts can match; of other types only the name is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonClaims(BTreeMap<String, Vec<String>>);

/// Why a text can't be read as claims.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClaimsError {
    /// The text is too long.
    #[error("The claims have {0} bytes; the limit is {max}.", max = PersonClaims::MAX)]
    TooLarge(usize),
    /// The text is no JSON object.
    #[error(
        "The claims are not a JSON object: line {line}, column {column}. Paste the payload of an ID token, from {{ to }}."
    )]
    NotAnObject {
        /// Line of the mistake, from 1.
        line: usize,
        /// Column of the mistake.
        column: usize,
    },
}

impl PersonClaims {
    /// Maximum size of the JSON in bytes. A header with a larger token would be refused by most servers.
    pub const MAX: usize = 64 * 1024;

    /// Reads a JSON object. Of a name that occurs twice, the last value counts.
    ///
    /// # Errors
    /// [`ClaimsError`] if the text is too large or no JSON object.
    pub fn parse(json: &str) -> Result<Self, ClaimsError> {
        if json.len() > Self::MAX {
            return Err(ClaimsError::TooLarge(json.len()));
        }
        let object: Map<String, Json> = serde_json::from_str(&with_paired_surrogates(json))
            .map_err(|error| ClaimsError::NotAnObject {
                line: error.line(),
                column: error.column(),
            })?;
        Ok(Self(
            object
                .into_iter()
                .map(|(name, value)| (name, texts(value)))
                .collect(),
        ))
    }

    /// Values of a claim that can match; empty if the person has no such claim, or none of a type that can match.
    pub fn texts(&self, claim: &str) -> &[String] {
        self.0.get(claim).map_or(&[], Vec::as_slice)
    }

    /// `true` if the person has a claim, of whatever type.
    pub fn has(&self, claim: &str) -> bool {
        self.0.contains_key(claim)
    }

    /// Every claim by name, with the values that can match; none for a claim of another type.
    pub fn list(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.0
            .iter()
            .map(|(claim, values)| (claim.as_str(), values.as_slice()))
    }

    /// Every claim that can match, with each of its values.
    pub(super) fn values(&self) -> impl Iterator<Item = ClaimValue> + '_ {
        self.0.iter().flat_map(|(claim, values)| {
            values.iter().map(|value| ClaimValue {
                claim: claim.clone(),
                value: value.clone(),
            })
        })
    }

    /// The claims of which `keeps` keeps a value, with the kept values only.
    #[cfg(feature = "cluster")]
    #[must_use]
    pub(crate) fn retain(&self, keeps: impl Fn(&ClaimValue) -> bool) -> Self {
        let mut kept = BTreeMap::<_, Vec<_>>::new();
        for value in self.values().filter(keeps) {
            kept.entry(value.claim).or_default().push(value.value);
        }
        Self(kept)
    }

    /// The claims as JSON that [`PersonClaims::parse`] reads: those that can match with their values, the others by name, as an empty list. A
    /// session keeps this instead of the whole ID token.
    pub fn to_json(&self) -> String {
        let matching: Map<String, Json> = self
            .0
            .iter()
            .map(|(name, values)| (name.clone(), values.clone().into()))
            .collect();
        Json::from(matching).to_string()
    }
}

fn texts(value: Json) -> Vec<String> {
    match value {
        Json::String(text) => vec![text],
        Json::Array(list) => list
            .into_iter()
            .filter_map(|value| match value {
                Json::String(text) => Some(text),
                _ => None,
            })
            .collect(),
        _ => vec![],
    }
}
