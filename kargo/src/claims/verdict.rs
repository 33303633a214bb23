//! Whether a person's claims match those of a ServiceAccount, and why not.

use serde::{Deserialize, Serialize};

use super::{
    annotations::{AcceptedClaims, ClaimValue, VoidClaims},
    person::PersonClaims,
};
use crate::text::foreign;

/// Values of a claim that are looked at for a near miss.
const NEARLY: usize = 1000;

/// Whether a person's claims match those of a ServiceAccount, and why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "verdict")]
pub enum Verdict {
    /// The ServiceAccount accepts this claim of the person.
    Matches(ClaimValue),
    /// Kargo's sign-in doesn't look at the ServiceAccount's namespace.
    NotLookedAt,
    /// The JSON annotation is void, and no other annotation matches.
    Void {
        /// Where the annotation is wrong, and why.
        void: VoidClaims,
        /// `true` if the corrected annotation would match the person.
        would_match: bool,
    },
    /// The person's claim differs from an accepted one only in upper and lower case, or in spaces around it.
    NearMiss {
        /// Claim that the ServiceAccount accepts.
        accepted: ClaimValue,
        /// Claim of the person.
        has: ClaimValue,
    },
    /// The person has the claim, but as a number, a boolean or an object, which never match.
    OtherType {
        /// Name of the claim.
        claim: String,
    },
    /// The person has the claim with other values.
    OtherValue {
        /// Name of the claim.
        claim: String,
        /// Values of the person.
        has: Vec<String>,
    },
    /// The person has none of the claims.
    Missing {
        /// Names of the claims that the ServiceAccount accepts.
        claims: Vec<String>,
    },
    /// The ServiceAccount names no claims.
    NoClaims,
}

impl Verdict {
    /// `true` if the person may act as the ServiceAccount.
    pub fn is_match(&self) -> bool {
        matches!(self, Self::Matches(_))
    }

    /// The same for pages: annotations and ID tokens are texts that others wrote.
    #[must_use]
    pub fn shown(self) -> Self {
        let all = |texts: Vec<String>| texts.into_iter().map(foreign).collect();
        match self {
            Self::Matches(found) => Self::Matches(found.shown()),
            Self::Void { void, would_match } => Self::Void {
                void: void.shown(),
                would_match,
            },
            Self::NearMiss { accepted, has } => Self::NearMiss {
                accepted: accepted.shown(),
                has: has.shown(),
            },
            Self::OtherType { claim } => Self::OtherType {
                claim: foreign(claim),
            },
            Self::OtherValue { claim, has } => Self::OtherValue {
                claim: foreign(claim),
                has: all(has),
            },
            Self::Missing { claims } => Self::Missing {
                claims: all(claims),
            },
            Self::NotLookedAt | Self::NoClaims => self,
        }
    }
}

impl AcceptedClaims {
    /// The first claim of the person that is accepted: a text equal to an accepted value, or a list with such a text. Upper and lower case
    /// count, and nothing is trimmed on the person's side.
    pub fn matching(&self, person: &PersonClaims) -> Option<ClaimValue> {
        self.claims.iter().find_map(|claim| {
            let value = person.first_of(&claim.name, &claim.values)?;
            Some(ClaimValue {
                claim: claim.name.clone(),
                value: value.clone(),
            })
        })
    }

    /// `true` if a claim with exactly this value is accepted.
    #[cfg(feature = "cluster")]
    pub(crate) fn accepts(&self, value: &ClaimValue) -> bool {
        self.claims.iter().any(|claim| {
            claim.name == value.claim && claim.values.binary_search(&value.value).is_ok()
        })
    }

    /// Judges a person's claims, for a ServiceAccount in a namespace that is looked at.
    pub fn judge(&self, person: &PersonClaims) -> Verdict {
        if let Some(found) = self.matching(person) {
            return Verdict::Matches(found);
        }
        if let Some(void) = &self.void {
            return Verdict::Void {
                would_match: void.would_match(person),
                void: void.clone(),
            };
        }
        if self.claims.is_empty() {
            return Verdict::NoClaims;
        }
        if let Some(near) = self.near_miss(person) {
            return near;
        }
        let names = || self.claims.iter().map(|claim| &claim.name);
        if let Some(claim) = names().find(|name| !person.texts(name).is_empty()) {
            return Verdict::OtherValue {
                claim: claim.clone(),
                has: person.texts(claim).to_vec(),
            };
        }
        match names().find(|name| person.has(name)) {
            Some(claim) => Verdict::OtherType {
                claim: claim.clone(),
            },
            None => Verdict::Missing {
                claims: names().cloned().collect(),
            },
        }
    }

    /// Looks at the first [`NEARLY`] values of each claim.
    fn near_miss(&self, person: &PersonClaims) -> Option<Verdict> {
        self.claims.iter().find_map(|claim| {
            claim.values.iter().take(NEARLY).find_map(|value| {
                let has = person.nearly(&claim.name, value)?.clone();
                let accepted = ClaimValue {
                    claim: claim.name.clone(),
                    value: value.clone(),
                };
                Some(Verdict::NearMiss { accepted, has })
            })
        })
    }
}

impl VoidClaims {
    /// `true` if the corrected annotation would match the person. A correction has lists of texts only, so it can be read as a person's claims;
    /// the browser then needs no second reader of JSON.
    fn would_match(&self, person: &PersonClaims) -> bool {
        let corrected = self.corrected.as_deref().map(PersonClaims::parse);
        let Some(Ok(corrected)) = corrected else {
            return false;
        };
        corrected.list().any(|(claim, accepted)| {
            let mut accepted: Vec<_> = accepted
                .iter()
                .map(|value| value.trim().to_owned())
                .collect();
            accepted.sort();
            person.first_of(claim, &accepted).is_some()
        })
    }
}
