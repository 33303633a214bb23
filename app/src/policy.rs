//! What the program's configuration allows, the same for everybody who uses it.

#[cfg(feature = "ssr")]
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

#[cfg(feature = "ssr")]
use crate::error::ApiError;

/// Bounds that the configuration sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenPolicy {
    /// Seconds in which a deletion can be undone; 0: deletions are confirmed and done at once.
    pub undo_window: u64,
    /// The longest lifetime of a new token in seconds; `None` for no limit.
    pub max_lifetime: Option<u64>,
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
    pub fn undo_window(self, extra: u64) -> SignedDuration {
        seconds(self.undo_window + extra.min(MOST_EXTRA))
    }

    /// Checks a requested lifetime in seconds; 0 and `None` mean a token without end.
    ///
    /// # Errors
    /// Names the longest allowed lifetime.
    pub fn lifetime(self, requested: Option<u64>) -> Result<Option<SignedDuration>, ApiError> {
        let requested = requested.filter(|seconds| *seconds > 0);
        match (requested, self.max_lifetime) {
            (None, Some(longest)) => Err(ApiError::invalid(format!(
                "New tokens must expire, within {longest} seconds at most."
            ))),
            (Some(requested), Some(longest)) if requested > longest => {
                Err(ApiError::invalid(format!(
                    "The lifetime of {requested} seconds is too long: new tokens expire within {longest} seconds at most."
                )))
            }
            (requested, _) => Ok(requested.map(seconds)),
        }
    }
}

#[cfg(feature = "ssr")]
fn seconds(seconds: u64) -> SignedDuration {
    SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    #[test]
    fn a_lifetime_stays_within_the_configured_limit() {
        let free = TokenPolicy::default();
        let limited = TokenPolicy {
            max_lifetime: Some(3600),
            ..free
        };
        for (policy, requested, allowed) in [
            (free, None, Some(None)),
            (free, Some(0), Some(None)),
            (free, Some(600), Some(Some(SignedDuration::from_mins(10)))),
            (
                limited,
                Some(3600),
                Some(Some(SignedDuration::from_hours(1))),
            ),
            (limited, None, None),
            (limited, Some(0), None),
            (limited, Some(3601), None),
        ] {
            assert_eq!(policy.lifetime(requested).ok(), allowed, "{requested:?}");
        }
    }
}
