//! Claims annotations of a ServiceAccount, decoded as Kargo's sign-in does. Kargo decodes the JSON annotation as Go does into lists of strings:
//! `null` is an empty list or an empty text, and anything else that is no list of strings voids the whole annotation, silently. The older
//! annotations, one a claim, count beside it.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use serde::{
    Deserialize, Serialize,
    de::{Deserializer, MapAccess, Visitor},
};
use serde_json::Value as Json;

use crate::text::{foreign, without_values};

/// Annotation with all claims as JSON.
pub(crate) const CLAIMS: &str = "rbac.kargo.akuity.io/claims";
/// Start of the older annotations, each with the values of one claim.
pub(crate) const CLAIM_PREFIX: &str = "rbac.kargo.akuity.io/claim.";

/// A claim that maps to a role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Claim {
    /// Name, such as `groups`.
    pub name: String,
    /// Accepted values; one match is enough.
    pub values: Vec<String>,
}

/// One claim with one value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimValue {
    /// Name of the claim, such as `groups`.
    pub claim: String,
    /// The value.
    pub value: String,
}

/// Claims that a ServiceAccount accepts, word for word.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct AcceptedClaims {
    /// Claims of all annotations, sorted by name, each with its values, sorted.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub claims: Vec<Claim>,
    /// Where and why the JSON annotation is void, if it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void: Option<VoidClaims>,
}

/// A JSON annotation that Kargo ignores as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct VoidClaims {
    /// Line of the first mistake, from 1.
    pub line: usize,
    /// Column of the first mistake, in bytes; 0 if the text ends before.
    pub column: usize,
    /// The mistake.
    pub reason: VoidReason,
    /// Annotation as it was probably meant, to copy; `None` if that can't be derived.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub corrected: Option<String>,
}

/// Why a JSON annotation is void.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoidReason {
    /// The text is no JSON.
    NotJson,
    /// The text is JSON, but no object.
    NotAnObject,
    /// A claim has a single value instead of a list.
    NotAList {
        /// Name of the claim.
        claim: String,
    },
    /// The list of a claim has something else than texts.
    NotATextInList {
        /// Name of the claim.
        claim: String,
    },
}

impl fmt::Display for VoidReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson => f.write_str("the text is not valid JSON"),
            Self::NotAnObject => f.write_str("the JSON is not an object"),
            Self::NotAList { claim } => {
                write!(
                    f,
                    "the claim {claim} has a single value, not a list of texts"
                )
            }
            Self::NotATextInList { claim } => {
                write!(
                    f,
                    "the list of the claim {claim} has something else than texts"
                )
            }
        }
    }
}

/// `the claim email has a single value, not a list of texts (line 1, column 15)`.
impl fmt::Display for VoidClaims {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            line,
            column,
            reason,
            ..
        } = self;
        write!(f, "{reason} (line {line}, column {column})")
    }
}

impl Claim {
    /// The same for pages: others wrote these texts.
    #[must_use]
    pub fn shown(self) -> Self {
        Self {
            name: foreign(self.name),
            values: self.values.into_iter().map(foreign).collect(),
        }
    }
}

impl ClaimValue {
    /// The same for pages.
    #[must_use]
    pub(super) fn shown(self) -> Self {
        Self {
            claim: foreign(self.claim),
            value: foreign(self.value),
        }
    }
}

impl VoidClaims {
    /// The same for pages: names cleaned, and no correction that can't be shown as it is.
    #[must_use]
    pub fn shown(self) -> Self {
        Self {
            reason: match self.reason {
                VoidReason::NotAList { claim } => VoidReason::NotAList {
                    claim: foreign(claim),
                },
                VoidReason::NotATextInList { claim } => VoidReason::NotATextInList {
                    claim: foreign(claim),
                },
                other => other,
            },
            corrected: self.corrected.filter(|json| foreign(json.clone()) == *json),
            ..self
        }
    }
}

type Values = BTreeMap<String, BTreeSet<String>>;

impl AcceptedClaims {
    /// Decodes the annotations of a ServiceAccount.
    pub fn of(annotations: &BTreeMap<String, String>) -> Self {
        let (mut all, void) = match annotations.get(CLAIMS).map(|json| decoded(json)) {
            None => (Values::new(), None),
            Some(Ok(values)) => (values, None),
            Some(Err(void)) => (Values::new(), Some(void)),
        };
        for (key, values) in annotations {
            if let Some(name) = key.strip_prefix(CLAIM_PREFIX) {
                let values = values
                    .split(',')
                    .map(str::trim)
                    .filter(|value| !value.is_empty());
                all.entry(name.to_owned())
                    .or_default()
                    .extend(values.map(str::to_owned));
            }
        }
        all.retain(|_, values| !values.is_empty());
        Self {
            claims: all
                .into_iter()
                .map(|(name, values)| Claim {
                    name,
                    values: values.into_iter().collect(),
                })
                .collect(),
            void,
        }
    }

    /// The same without anything that has the shape of a token's value; every other text is kept word for word, for a comparison elsewhere.
    #[must_use]
    pub fn without_values(self) -> Self {
        let clean = |text: String| without_values(&text);
        Self {
            claims: self
                .claims
                .into_iter()
                .map(|Claim { name, values }| Claim {
                    name: clean(name),
                    values: values.into_iter().map(clean).collect(),
                })
                .collect(),
            void: self.void.map(VoidClaims::shown),
        }
    }

    /// `true` if there is no annotation of claims, not even a void one.
    pub fn is_empty(&self) -> bool {
        self.claims.is_empty() && self.void.is_none()
    }
}

fn decoded(json: &str) -> Result<Values, VoidClaims> {
    type Lists = BTreeMap<String, Option<Vec<Option<String>>>>;
    let json = with_paired_surrogates(json);
    let lists = serde_json::from_str::<Option<Lists>>(&json).map_err(|error| {
        let (reason, corrected) = explained(&json);
        VoidClaims {
            line: error.line(),
            column: error.column(),
            reason,
            corrected,
        }
    })?;
    let values = |list: Option<Vec<Option<String>>>| {
        list.into_iter()
            .flatten()
            .map(|value| value.unwrap_or_default().trim().to_owned())
            .collect()
    };
    Ok(lists
        .unwrap_or_default()
        .into_iter()
        .map(|(name, list)| (name, values(list)))
        .collect())
}

/// Entries of an object, in the order of the text. A name can occur twice.
struct Entries(Vec<(String, Json)>);

impl<'de> Deserialize<'de> for Entries {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Entries;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entries, A::Error> {
                let mut all = Vec::new();
                while let Some(entry) = map.next_entry()? {
                    all.push(entry);
                }
                Ok(Entries(all))
            }
        }
        from.deserialize_map(InOrder)
    }
}

/// Why a void annotation is void, and the annotation as it was probably meant.
fn explained(json: &str) -> (VoidReason, Option<String>) {
    if serde_json::from_str::<serde::de::IgnoredAny>(json).is_err() {
        return (VoidReason::NotJson, None);
    }
    let Ok(Entries(entries)) = serde_json::from_str(json) else {
        // A number that no computer can hold is an error, too.
        let reason = if json.trim_start().starts_with('{') {
            VoidReason::NotJson
        } else {
            VoidReason::NotAnObject
        };
        return (reason, None);
    };
    let reason = entries
        .iter()
        .find_map(|(claim, value)| match value {
            Json::Null => None,
            Json::Array(list)
                if list
                    .iter()
                    .all(|value| value.is_null() || value.is_string()) =>
            {
                None
            }
            Json::Array(_) => Some(VoidReason::NotATextInList {
                claim: claim.clone(),
            }),
            _ => Some(VoidReason::NotAList {
                claim: claim.clone(),
            }),
        })
        .unwrap_or(VoidReason::NotJson);
    (reason, corrected(&entries))
}

/// The entries with each single value as a list of one text. `None` for objects and lists in lists: what they mean can't be known.
fn corrected(entries: &[(String, Json)]) -> Option<String> {
    let text = |value: &Json| match value {
        Json::Null | Json::String(_) => Some(value.clone()),
        Json::Bool(_) | Json::Number(_) => Some(value.to_string().into()),
        Json::Array(_) | Json::Object(_) => None,
    };
    let list = |value: &Json| match value {
        Json::Null => Some(Json::Null),
        Json::Array(list) => list
            .iter()
            .map(text)
            .collect::<Option<Vec<_>>>()
            .map(Json::from),
        single => Some(Json::from(vec![text(single)?])),
    };
    let entries = entries
        .iter()
        .map(|(name, value)| Some(format!("{}:{}", Json::from(name.as_str()), list(value)?)))
        .collect::<Option<Vec<_>>>()?;
    Some(format!("{{{}}}", entries.join(",")))
}

/// Replaces each half of a surrogate pair that stands alone by `\ufffd`, as Go does. JSON with such an escape is an error for serde.
pub(super) fn with_paired_surrogates(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return json.into();
    }
    let escape = |text: &str| {
        let hex = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(hex, 16).ok()
    };
    let (is_high, is_low) = (0xd800..0xdc00, 0xdc00..0xe000);
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('\\') {
        let (before, found) = rest.split_at(start);
        clean.push_str(before);
        let (taken, length) = match escape(found) {
            Some(unit) if is_high.contains(&unit) => match escape(&found[6..]) {
                Some(next) if is_low.contains(&next) => (&found[..12], 12),
                _ => ("\\ufffd", 6),
            },
            Some(unit) if is_low.contains(&unit) => ("\\ufffd", 6),
            Some(_) => (&found[..6], 6),
            None => {
                let length = found
                    .char_indices()
                    .nth(2)
                    .map_or(found.len(), |(end, _)| end);
                (&found[..length], length)
            }
        };
        clean.push_str(taken);
        rest = &found[length..];
    }
    clean.push_str(rest);
    clean.into()
}
