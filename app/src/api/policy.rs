//! What this program's configuration allows, the same for everybody who uses it.

use serde::{Deserialize, Serialize};

/// Bounds that the configuration sets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Policy {
    /// Seconds in which a deletion can be undone; 0: deletions are confirmed and done at once.
    pub undo_window: u64,
    /// Seconds that a new token may live at most; `None`: as long as its creator wants.
    pub max_lifetime: Option<u64>,
}

#[cfg(feature = "ssr")]
mod on_the_server {
    use jiff::SignedDuration;
    use leptos::prelude::use_context;

    use super::Policy;
    use crate::api::ApiError;

    impl Policy {
        /// The configured one; the server puts it into the context of every request.
        pub fn get() -> Self {
            use_context().unwrap_or_default()
        }

        /// The time in which a deletion can be undone; `more`: by so many seconds longer, an hour at most.
        pub fn undo_window(self, more: u64) -> SignedDuration {
            seconds(self.undo_window + more.min(3600))
        }

        /// A lifetime as it was asked for, in seconds (0 or nothing: without end), if it is allowed.
        ///
        /// # Errors
        /// Says what the most is.
        pub fn lifetime(self, asked: Option<u64>) -> Result<Option<SignedDuration>, ApiError> {
            let asked = asked.filter(|seconds| *seconds > 0);
            match (asked, self.max_lifetime) {
                (None, Some(most)) => Err(ApiError::invalid(format!(
                    "Tokens made here must expire, within {most} seconds at most."
                ))),
                (Some(asked), Some(most)) if asked > most => Err(ApiError::invalid(format!(
                    "The lifetime of {asked} seconds is too long: tokens made here expire within {most} seconds at most."
                ))),
                (asked, _) => Ok(asked.map(seconds)),
            }
        }
    }

    fn seconds(seconds: u64) -> SignedDuration {
        SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX))
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_lifetime_is_bounded_where_that_is_configured() {
            let free = Policy::default();
            assert_eq!(free.lifetime(None), Ok(None));
            assert_eq!(free.lifetime(Some(0)), Ok(None));
            assert_eq!(
                free.lifetime(Some(600)),
                Ok(Some(SignedDuration::from_mins(10)))
            );
            let bounded = Policy {
                max_lifetime: Some(3600),
                ..free
            };
            assert_eq!(
                bounded.lifetime(Some(3600)),
                Ok(Some(SignedDuration::from_hours(1)))
            );
            for asked in [None, Some(0), Some(3601)] {
                assert!(bounded.lifetime(asked).is_err(), "{asked:?}");
            }
        }
    }
}
