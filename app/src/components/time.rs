//! Times as people say them, with the exact time on hover. Counted from the API server's clock.

use jiff::{SignedDuration, Timestamp};
use leptos::prelude::*;

use crate::protocol::UNTIL;

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
const MONTH: i64 = 30 * DAY;
const YEAR: i64 = 365 * DAY;

/// `3 mo`: how long it was from `then` to `now`, in the largest unit that fits, rounded down.
fn age(now: Timestamp, then: Timestamp) -> String {
    let seconds = now.as_second() - then.as_second();
    match seconds {
        ..MINUTE => "just now".to_owned(),
        MINUTE..HOUR => format!("{} min", seconds / MINUTE),
        HOUR..DAY => format!("{} h", seconds / HOUR),
        DAY..MONTH => format!("{} d", seconds / DAY),
        MONTH..YEAR => format!("{} mo", seconds / MONTH),
        YEAR.. => format!("{} y", seconds / YEAR),
    }
}

/// `today`, `yesterday`, `12 d ago`: a day (UTC, `YYYY-MM-DD`) relative to `now`. A text that is no day stays as it is.
pub fn day(now: Timestamp, day: &str) -> String {
    let Ok(then) = format!("{day}T00:00:00Z").parse::<Timestamp>() else {
        return day.to_owned();
    };
    match now.as_second().div_euclid(DAY) - then.as_second().div_euclid(DAY) {
        ..=0 => "today".to_owned(),
        1 => "yesterday".to_owned(),
        _ => format!("{} ago", age(now, then)),
    }
}

/// An age, with the exact UTC time on hover.
#[component]
pub fn Age(now: Timestamp, then: Timestamp) -> impl IntoView {
    view! { <time datetime=then.to_string() title=exact(then)>{age(now, then)}</time> }
}

/// `3 d ago`, `in 2 h`, `just now`.
pub fn from_now(now: Timestamp, then: Timestamp) -> String {
    if then > now {
        if age(then, now) == "just now" {
            return "in less than a minute".to_owned();
        }
        // Round up: a 24 h deadline set seconds ago shows 1 d.
        let then = then.saturating_add(SignedDuration::from_secs(MINUTE - 1));
        let then = then.unwrap_or(now);
        // Deadlines are told in days up to a year: 89 days are not 2 months.
        let days = (then.as_second() - now.as_second()) / DAY;
        return if (MONTH / DAY..YEAR / DAY).contains(&days) {
            format!("in {days} d")
        } else {
            format!("in {}", age(then, now))
        };
    }
    match age(now, then) {
        text if text == "just now" => text,
        text => format!("{text} ago"),
    }
}

/// `2026-08-24 10:00:05 UTC`.
pub fn exact(then: Timestamp) -> String {
    then.strftime("%Y-%m-%d %H:%M:%S UTC").to_string()
}

/// A time relative to `now`, with the exact time on hover.
#[component]
pub fn Moment(now: Timestamp, then: Timestamp) -> impl IntoView {
    view! { <time datetime=then.to_string() title=exact(then)>{from_now(now, then)}</time> }
}

/// Relative and exact time as text: `3 d ago (2026-08-24 10:00:05 UTC)`.
#[component]
pub fn ExactMoment(now: Timestamp, then: Timestamp) -> impl IntoView {
    view! { <time datetime=then.to_string()>{from_now(now, then)} " (" {exact(then)} ")"</time> }
}

/// The time that is left until `until`, counted down by the browser's code. Without JavaScript, the exact time.
#[component]
pub fn Countdown(until: Timestamp) -> impl IntoView {
    let text = format!("until {}", until.strftime("%H:%M:%S UTC"));
    view! { <time datetime=until.to_string()>{text}</time> }
        .attr(UNTIL, until.as_second().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        text.parse().expect("a time")
    }

    #[test]
    fn an_age_uses_the_largest_unit_that_fits() {
        let now = at("2026-11-24T12:00:00Z");
        for (then, said) in [
            ("2026-11-24T12:00:30Z", "just now"),
            ("2026-11-24T11:59:01Z", "just now"),
            ("2026-11-24T11:59:00Z", "1 min"),
            ("2026-11-24T11:00:00Z", "1 h"),
            ("2026-11-23T12:00:00Z", "1 d"),
            ("2026-10-25T12:00:00Z", "1 mo"),
            ("2025-11-24T12:00:00Z", "1 y"),
        ] {
            assert_eq!(age(now, at(then)), said, "{then}");
        }
    }

    #[test]
    fn a_day_is_relative_to_the_utc_calendar() {
        let now = at("2026-11-24T00:10:00Z");
        for (then, said) in [
            ("2026-11-25", "today"),
            ("2026-11-24", "today"),
            ("2026-11-23", "yesterday"),
            ("2026-11-22", "2 d ago"),
            ("2026-08-24", "3 mo ago"),
            ("compromised", "compromised"),
        ] {
            assert_eq!(day(now, then), said, "{then}");
        }
    }

    #[test]
    fn past_and_future_differ() {
        let now = at("2026-11-24T12:00:00Z");
        for (then, said) in [
            ("2026-11-21T12:00:00Z", "3 d ago"),
            ("2026-11-24T11:59:30Z", "just now"),
            ("2026-11-24T12:00:00Z", "just now"),
            ("2026-11-24T12:00:30Z", "in less than a minute"),
            ("2026-11-24T14:00:00Z", "in 2 h"),
            ("2026-11-25T11:59:20Z", "in 1 d"),
            ("2027-02-22T12:00:00Z", "in 90 d"),
            ("2028-11-24T12:00:00Z", "in 2 y"),
        ] {
            assert_eq!(from_now(now, at(then)), said, "{then}");
        }
        assert_eq!(
            exact(at("2026-08-24T10:00:05.5Z")),
            "2026-08-24 10:00:05 UTC"
        );
    }
}
