//! The times of an ID token, by this machine's clock. The issuer's clock may differ by five minutes.

use serde_json::Value as Json;
use thiserror::Error;

use super::registered::Registered;

/// Difference between two clocks that is borne, in seconds.
const DIFFERENCE: i64 = 5 * 60;

/// Why an ID token isn't valid now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum NotNow {
    /// It has no end.
    #[error("it has no end (exp)")]
    NoEnd,
    /// It has ended.
    #[error("it has ended {0} seconds ago")]
    Ended(i64),
    /// It begins later.
    #[error("it begins in {0} seconds")]
    Early(i64),
}

/// Checks `exp`, `nbf` and `iat`, in seconds of Unix time. Answers with the end.
pub fn check(claims: &Registered, now: i64) -> Result<i64, NotNow> {
    let time = |value: &Json| {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a time far beyond is cut to the largest"
        )]
        value
            .as_i64()
            .or_else(|| value.as_f64().map(|time| time as i64))
    };
    let end = time(&claims.exp).ok_or(NotNow::NoEnd)?;
    if now >= end.saturating_add(DIFFERENCE) {
        return Err(NotNow::Ended(now.saturating_sub(end)));
    }
    let begin = [time(&claims.nbf), time(&claims.iat)]
        .into_iter()
        .flatten()
        .max();
    match begin {
        Some(begin) if begin > now + DIFFERENCE => Err(NotNow::Early(begin.saturating_sub(now))),
        _ => Ok(end),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn clocks_may_differ_by_five_minutes() {
        let now = 1_800_000_000;
        for (payload, expected) in [
            (json!({ "exp": now + 60 }), Ok(now + 60)),
            (json!({ "exp": now - 299 }), Ok(now - 299)),
            (json!({ "exp": now - 300 }), Err(NotNow::Ended(300))),
            (json!({ "exp": now + 60, "nbf": now + 300 }), Ok(now + 60)),
            (
                json!({ "exp": now + 60, "nbf": now + 301 }),
                Err(NotNow::Early(301)),
            ),
            (
                json!({ "exp": now + 60, "iat": now + 301 }),
                Err(NotNow::Early(301)),
            ),
            (json!({ "exp": 1_800_000_060.5 }), Ok(now + 60)),
            (json!({ "exp": "soon" }), Err(NotNow::NoEnd)),
            (json!({}), Err(NotNow::NoEnd)),
            (json!({ "exp": 1e300 }), Ok(i64::MAX)),
            (json!({ "exp": i64::MIN }), Err(NotNow::Ended(i64::MAX))),
        ] {
            let shown = payload.to_string();
            let claims = serde_json::from_value(payload).expect("claims");
            assert_eq!(check(&claims, now), expected, "{shown}");
        }
    }
}
