//! Claims of a person, from the JSON object of an ID token.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde_json::{Map, Value as Json, error::Category};
use thiserror::Error;

use super::annotations::{ClaimValue, with_paired_surrogates};

/// Claims of a person. Only texts and lists of texts can match; of other types only the name is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonClaims {
    texts: BTreeMap<String, Vec<String>>,
    /// The same, to look a text up.
    known: BTreeMap<String, BTreeSet<String>>,
    /// Names and texts without upper case and outer spaces, and how they are written.
    folded: HashMap<(String, String), ClaimValue>,
}

/// Why a text can't be read as claims.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum ClaimsError {
    /// The text is too long.
    #[error("The claims have {0} bytes; the limit is {max}.", max = PersonClaims::MAX)]
    TooLarge(usize),
    /// The text is no JSON object.
    #[error(
        "The claims are no JSON object: {what} at line {line}, column {column}. Paste the payload of an ID token, from {{ to }}."
    )]
    NotAnObject {
        /// The mistake, in the words of the JSON reader; quotes nothing of the text.
        what: String,
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
                what: what(&error),
                line: error.line(),
                column: error.column(),
            })?;
        let object = object.into_iter();
        Ok(Self::of(object.map(|(name, value)| (name, texts(value)))))
    }

    fn of(texts: impl Iterator<Item = (String, Vec<String>)>) -> Self {
        let mut claims = Self {
            texts: texts.collect(),
            ..Self::default()
        };
        let values: Vec<_> = claims.values().collect();
        for value in values {
            let known = claims.known.entry(value.claim.clone());
            known.or_default().insert(value.value.clone());
            let folded = (fold(&value.claim), fold(&value.value));
            claims.folded.entry(folded).or_insert(value);
        }
        claims
    }

    /// The first of some sorted texts that a claim of the person has. Takes time by the shorter of the two lists: whoever writes an annotation, or
    /// pastes claims, can make theirs very long.
    pub(super) fn first_of<'a>(&self, claim: &str, sorted: &'a [String]) -> Option<&'a String> {
        let known = self.known.get(claim)?;
        if sorted.len() < known.len() {
            return sorted.iter().find(|text| known.contains(*text));
        }
        known
            .iter()
            .find_map(|text| Some(&sorted[sorted.binary_search(text).ok()?]))
    }

    /// The person's claim that differs from this one at most in upper and lower case, and in spaces around it.
    pub(super) fn nearly(&self, claim: &str, text: &str) -> Option<&ClaimValue> {
        self.folded.get(&(fold(claim), fold(text)))
    }

    /// Values of a claim that can match; empty if the person has no such claim, or none of a type that can match.
    pub fn texts(&self, claim: &str) -> &[String] {
        self.texts.get(claim).map_or(&[], Vec::as_slice)
    }

    /// `true` if the person has a claim, of whatever type.
    pub fn has(&self, claim: &str) -> bool {
        self.texts.contains_key(claim)
    }

    /// Every claim by name, with the values that can match; none for a claim of another type.
    pub fn list(&self) -> impl Iterator<Item = (&str, &[String])> {
        self.texts
            .iter()
            .map(|(claim, values)| (claim.as_str(), values.as_slice()))
    }

    /// Every claim that can match, with each of its values.
    pub(crate) fn values(&self) -> impl Iterator<Item = ClaimValue> + '_ {
        self.texts.iter().flat_map(|(claim, values)| {
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
        Self::of(kept.into_iter())
    }

    /// The claims as JSON that [`PersonClaims::parse`] reads: those that can match with their values, the others by name, as an empty list. A
    /// session keeps this instead of the whole ID token.
    pub fn to_json(&self) -> String {
        let matching: Map<String, Json> = self
            .texts
            .iter()
            .map(|(name, values)| (name.clone(), values.clone().into()))
            .collect();
        Json::from(matching).to_string()
    }
}

/// Names the mistake of a JSON text.
fn what(error: &serde_json::Error) -> String {
    let text = error.to_string();
    match error.classify() {
        // Another type than an object: the reader would quote it.
        Category::Data => "another type begins".to_owned(),
        Category::Eof => "the text ends too early".to_owned(),
        Category::Io | Category::Syntax => text
            .split(" at line ")
            .next()
            .unwrap_or_default()
            .to_owned(),
    }
}

/// A text without upper case and outer spaces.
fn fold(text: &str) -> String {
    text.trim().to_lowercase()
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
