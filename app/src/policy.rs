//! What the program's configuration allows, the same for everybody who uses it.

use std::collections::BTreeMap;

#[cfg(feature = "ssr")]
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::error::ApiError;

/// Bounds that the configuration sets.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPolicy {
    /// Seconds in which a deletion can be undone; 0: deletions are confirmed and done at once.
    pub undo_window: u64,
    /// The longest lifetimes of new tokens.
    pub max_lifetime: MaxLifetime,
}

/// The longest lifetimes of new tokens, in seconds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct MaxLifetime {
    /// Longest lifetime of the tokens of all other roles; `None` for no limit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub all: Option<u64>,
    /// Longest lifetimes of the tokens of some roles, by the role's name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub roles: BTreeMap<String, u64>,
}

impl MaxLifetime {
    /// The longest lifetime of a role's tokens; `None` for no limit. A role's own limit holds, also where it is longer than that of all.
    pub fn of(&self, role: &str) -> Option<u64> {
        self.roles.get(role).copied().or(self.all)
    }

    /// The limit of a role's tokens as a sentence; `None` for no limit.
    pub fn sentence(&self, role: &str) -> Option<String> {
        let whose = if self.roles.contains_key(role) {
            format!("New tokens of {role}")
        } else {
            "New tokens".to_owned()
        };
        let longest = time_in_words(self.of(role)?);
        Some(format!("{whose} expire within {longest} at most."))
    }
}

/// A time in its largest unit that leaves no rest: `90 days`, `36 hours`.
fn time_in_words(seconds: u64) -> String {
    let units = [(86_400, "day"), (3600, "hour"), (60, "minute")];
    let unit = units
        .into_iter()
        .find(|(unit, _)| seconds.is_multiple_of(*unit));
    let (unit, word) = unit.unwrap_or((1, "second"));
    let count = seconds / unit;
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {word}{plural}")
}

/// Namespaces of Kargo's `globalServiceAccounts`, as configured. The server puts them into the context of every request.
#[cfg(feature = "ssr")]
#[derive(Debug, Clone, Default)]
pub struct GlobalNamespaces(pub std::sync::Arc<[kargo::name::ProjectName]>);

#[cfg(feature = "ssr")]
impl GlobalNamespaces {
    /// The configured namespaces.
    pub fn get() -> std::sync::Arc<[kargo::name::ProjectName]> {
        leptos::prelude::use_context::<Self>().unwrap_or_default().0
    }
}

/// The most seconds that a bulk deletion may add to the undo window.
#[cfg(feature = "ssr")]
const MOST_EXTRA: u64 = 3600;

#[cfg(feature = "ssr")]
impl TokenPolicy {
    /// The configured policy. The server puts it into the context of every request.
    pub fn get() -> Self {
        leptos::prelude::use_context().unwrap_or_default()
    }

    /// The time in which a deletion can be undone. `extra`: seconds more, an hour at most.
    pub fn undo_window(&self, extra: u64) -> SignedDuration {
        seconds(self.undo_window + extra.min(MOST_EXTRA))
    }

    /// Checks the requested lifetime of a role's token, in seconds; 0 and `None` mean a token without end.
    ///
    /// # Errors
    /// Names the longest allowed lifetime.
    pub fn lifetime(
        &self,
        role: &str,
        requested: Option<u64>,
    ) -> Result<Option<SignedDuration>, ApiError> {
        let requested = requested.filter(|seconds| *seconds > 0);
        let is_within = match (requested, self.max_lifetime.of(role)) {
            (_, None) => true,
            (None, Some(_)) => false,
            (Some(requested), Some(longest)) => requested <= longest,
        };
        if !is_within {
            let limit = self.max_lifetime.sentence(role).unwrap_or_default();
            return Err(ApiError::invalid(match requested {
                None => format!("This token would never expire. {limit}"),
                Some(_) => format!("This lifetime is too long. {limit}"),
            }));
        }
        Ok(requested.map(seconds))
    }
}

#[cfg(feature = "ssr")]
fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn limits(all: Option<u64>, roles: &[(&str, u64)]) -> TokenPolicy {
        let roles = roles
            .iter()
            .map(|(role, longest)| ((*role).to_owned(), *longest));
        TokenPolicy {
            undo_window: 30,
            max_lifetime: MaxLifetime {
                all,
                roles: roles.collect(),
            },
        }
    }

    #[test]
    fn a_lifetime_stays_within_the_limit_of_its_role() {
        let free = TokenPolicy::default();
        let limited = limits(Some(3600), &[("admin", 600), ("ci", 7200)]);
        let one_role = limits(None, &[("admin", 600)]);
        for (policy, role, requested, allowed) in [
            (&free, "ci", None, Some(None)),
            (&free, "ci", Some(0), Some(None)),
            (&free, "ci", Some(600), Some(Some(600))),
            (&limited, "viewer", Some(3600), Some(Some(3600))),
            (&limited, "viewer", None, None),
            (&limited, "viewer", Some(0), None),
            (&limited, "viewer", Some(3601), None),
            (&limited, "admin", Some(600), Some(Some(600))),
            (&limited, "admin", Some(601), None),
            (&limited, "admin", None, None),
            (&limited, "ci", Some(7200), Some(Some(7200))),
            (&limited, "ci", Some(7201), None),
            (&one_role, "admin", Some(601), None),
            (&one_role, "admin", Some(0), None),
            (&one_role, "viewer", None, Some(None)),
            (&one_role, "viewer", Some(9999), Some(Some(9999))),
        ] {
            let allowed = allowed.map(|seconds| seconds.map(SignedDuration::from_secs));
            assert_eq!(
                policy.lifetime(role, requested).ok(),
                allowed,
                "{role} {requested:?}"
            );
        }
    }

    #[test]
    fn a_refusal_names_the_role_whose_limit_it_is() {
        let policy = limits(Some(90 * 86_400), &[("kargo-admin", 12 * 3600)]);
        let refusal = |role| policy.lifetime(role, None).expect_err("refused").0.message;
        assert_eq!(
            [refusal("kargo-admin"), refusal("ci")],
            [
                "This token would never expire. New tokens of kargo-admin expire within 12 hours at most.",
                "This token would never expire. New tokens expire within 90 days at most.",
            ]
        );
        for (seconds, words) in [
            (86_400, "1 day"),
            (36 * 3600, "36 hours"),
            (600, "10 minutes"),
            (601, "601 seconds"),
        ] {
            assert_eq!(time_in_words(seconds), words);
        }
    }

    #[test]
    fn limits_are_read_as_they_are_written() {
        for policy in [TokenPolicy::default(), limits(Some(1), &[("a", 2)])] {
            let text = serde_json::to_string(&policy.max_lifetime).expect("JSON");
            assert_eq!(serde_json::from_str(&text).ok(), Some(policy.max_lifetime));
        }
    }
}
