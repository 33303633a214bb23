//! Parses durations in flags: `30s`, `5m`, `12h`, `90d`, or a combination (`1d12h`). Results are in seconds.

use kargo::token::SHORTEST_LIFETIME;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
/// Maximum undo window. Suspension serves longer periods.
const MAX_UNDO_WINDOW: u64 = 3600;
/// Longest limit of sessions.
const LONGEST_SESSION: u64 = 30 * 86_400;
const EXPECTED_FORMAT: &str = "write a number and s, m, h or d, such as 30s, 5m, 12h or 90d";

/// Parses the undo window: zero to one hour.
pub fn undo_window(text: &str) -> Result<u64, String> {
    match seconds(text)? {
        window @ ..=MAX_UNDO_WINDOW => Ok(window),
        _ => Err(
            "the undo window is 1h at most; suspend a token to disable it for longer".to_owned(),
        ),
    }
}

/// Parses the time between the request to end and the end: zero to one minute.
pub fn shutdown_delay(text: &str) -> Result<u64, String> {
    match seconds(text)? {
        delay @ ..=60 => Ok(delay),
        _ => Err("the delay is 1m at most".to_owned()),
    }
}

/// Parses the maximum lifetime of a new token: at least the shortest lifetime that Kubernetes issues.
pub fn max_lifetime(text: &str) -> Result<u64, String> {
    let lifetime = seconds(text)?;
    if lifetime < SHORTEST_LIFETIME.unsigned_abs() {
        return Err("Kubernetes issues no token for less than 10m".to_owned());
    }
    Ok(lifetime)
}

/// Parses a limit of sessions: one minute to thirty days.
pub fn session(text: &str) -> Result<u64, String> {
    match seconds(text)? {
        time @ 60..=LONGEST_SESSION => Ok(time),
        _ => Err("a session's limit is between 1m and 30d".to_owned()),
    }
}

/// Parses numbers with a unit each, largest unit first. A lone `0` needs no unit.
fn seconds(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    let (mut rest, mut units, mut sum) = (text, UNITS.as_slice(), 0_u64);
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(|| format!("a unit is missing: {EXPECTED_FORMAT}"))?;
        let (number, after) = rest.split_at(end);
        let unit = after.chars().next();
        let index = units.iter().position(|(name, _)| Some(*name) == unit);
        let (Some(index), false) = (index, number.is_empty()) else {
            return Err(EXPECTED_FORMAT.to_owned());
        };
        sum = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(units[index].1))
            .and_then(|part| sum.checked_add(part))
            .filter(|sum| i64::try_from(*sum).is_ok())
            .ok_or("the duration is too long")?;
        (rest, units) = (&after[1..], &units[index + 1..]);
    }
    if text.is_empty() {
        return Err(EXPECTED_FORMAT.to_owned());
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_parsed_in_each_unit() {
        for (text, expected) in [
            ("0", 0),
            ("0s", 0),
            ("30s", 30),
            ("5m", 300),
            ("12h", 43_200),
            ("90d", 7_776_000),
            ("1d12h", 129_600),
        ] {
            assert_eq!(seconds(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn an_invalid_duration_is_refused_with_an_explanation() {
        for text in [
            "", "s", "-5s", "5 m", "1.5h", "5x", "5M", "5ü", "1m1h", "1s1s", "90", "1d12",
        ] {
            let error = seconds(text).expect_err(text);
            assert!(error.contains("such as 30s, 5m"), "{text}: {error}");
        }
        for text in ["99999999999999999999s", "999999999999999999d"] {
            assert_eq!(seconds(text), Err("the duration is too long".to_owned()));
        }
    }

    #[test]
    fn durations_outside_the_limits_are_refused() {
        assert_eq!((undo_window("0"), undo_window("1h")), (Ok(0), Ok(3600)));
        assert!(undo_window("61m").is_err_and(|error| error.contains("1h at most")));
        assert_eq!(max_lifetime("10m"), Ok(600));
        assert!(max_lifetime("599s").is_err_and(|error| error.contains("10m")));
        assert!(max_lifetime("0").is_err());
    }
}
