//! Lengths of time as they are written in flags: `30s`, `5m`, `12h`, `90d`, or several of them together (`1d12h`). In seconds.

use kargo::cluster::SHORTEST;

const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
/// The longest time in which a deletion can be undone: whoever needs longer suspends the token instead.
const LONGEST_UNDO: u64 = 3600;
const FORM: &str = "write a number and s, m, h or d, such as 30s, 5m, 12h or 90d";

/// The time in which a deletion can be undone: none to an hour.
pub fn undo_window(text: &str) -> Result<u64, String> {
    match seconds(text)? {
        window @ ..=LONGEST_UNDO => Ok(window),
        _ => Err(
            "a deletion can be undone for 1h at most; a token that is to rest longer can be suspended"
                .to_owned(),
        ),
    }
}

/// The longest life of a new token: as long as the shortest that Kubernetes mints, or longer.
pub fn max_lifetime(text: &str) -> Result<u64, String> {
    let lifetime = seconds(text)?;
    if lifetime < SHORTEST.unsigned_abs() {
        return Err("Kubernetes mints no token for less than 10m".to_owned());
    }
    Ok(lifetime)
}

/// Parts with a unit each, the largest unit first; a zero needs none.
fn seconds(text: &str) -> Result<u64, String> {
    if text == "0" {
        return Ok(0);
    }
    let (mut rest, mut units, mut sum) = (text, UNITS.as_slice(), 0_u64);
    while !rest.is_empty() {
        let end = rest
            .find(|c: char| !c.is_ascii_digit())
            .ok_or_else(|| format!("a unit is missing: {FORM}"))?;
        let (number, after) = rest.split_at(end);
        let unit = after.chars().next();
        let place = units.iter().position(|(name, _)| Some(*name) == unit);
        let (Some(place), false) = (place, number.is_empty()) else {
            return Err(FORM.to_owned());
        };
        sum = number
            .parse::<u64>()
            .ok()
            .and_then(|number| number.checked_mul(units[place].1))
            .and_then(|part| sum.checked_add(part))
            .filter(|sum| i64::try_from(*sum).is_ok())
            .ok_or("the time is too long")?;
        (rest, units) = (&after[1..], &units[place + 1..]);
    }
    if text.is_empty() {
        return Err(FORM.to_owned());
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_with_their_units() {
        for (text, seconds_) in [
            ("0", 0),
            ("0s", 0),
            ("30s", 30),
            ("5m", 300),
            ("12h", 43_200),
            ("90d", 7_776_000),
            ("1d12h", 129_600),
        ] {
            assert_eq!(seconds(text), Ok(seconds_), "{text}");
        }
    }

    #[test]
    fn what_is_no_time_is_refused_in_words() {
        for text in [
            "", "s", "-5s", "5 m", "1.5h", "5x", "5M", "5ü", "1m1h", "1s1s", "90", "1d12",
        ] {
            let why = seconds(text).expect_err(text);
            assert!(why.contains("such as 30s, 5m"), "{text}: {why}");
        }
        for text in ["99999999999999999999s", "999999999999999999d"] {
            assert_eq!(seconds(text), Err("the time is too long".to_owned()));
        }
    }

    #[test]
    fn bounds_are_kept() {
        assert_eq!((undo_window("0"), undo_window("1h")), (Ok(0), Ok(3600)));
        assert!(undo_window("61m").is_err_and(|why| why.contains("1h at most")));
        assert_eq!(max_lifetime("10m"), Ok(600));
        assert!(max_lifetime("599s").is_err_and(|why| why.contains("10m")));
        assert!(max_lifetime("0").is_err());
    }
}
