//! Spans of days.

use std::{fmt, str::FromStr};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::MOST_DAYS;
use crate::token::day;

/// A span of days: `from` and more, and less than `until`. Its text is `30d-90d`, or `90d-` without an end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayRange {
    /// The first day.
    pub from: u32,
    /// The day after the last one; `None` for no end.
    pub until: Option<u32>,
}

impl DayRange {
    /// The span between two numbers of days.
    pub const fn new(from: u32, until: u32) -> Self {
        Self {
            from,
            until: Some(until),
        }
    }

    /// The span without an end.
    pub const fn from(from: u32) -> Self {
        Self { from, until: None }
    }
}

impl fmt::Display for DayRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}d-", self.from)?;
        self.until.map_or(Ok(()), |until| write!(f, "{until}d"))
    }
}

impl FromStr for DayRange {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (from, until) = text.split_once('-').ok_or(())?;
        let from = parse_days(from).ok_or(())?;
        let until = match until {
            "" => None,
            until => Some(parse_days(until).filter(|until| *until > from).ok_or(())?),
        };
        Ok(Self { from, until })
    }
}

/// Parses a number of days: `30d`.
pub(super) fn parse_days(text: &str) -> Option<u32> {
    let digits = text.strip_suffix('d')?;
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let days = is_number.then(|| digits.parse::<u32>().ok())??;
    (days <= MOST_DAYS).then_some(days)
}

/// A time some days before or after another one.
pub(super) fn days_from(now: Timestamp, days: i64) -> Timestamp {
    let span = SignedDuration::from_hours(24 * days);
    let limit = if days < 0 {
        Timestamp::MIN
    } else {
        Timestamp::MAX
    };
    now.checked_add(span).unwrap_or(limit)
}

/// A time some days ago, and its UTC day.
#[derive(Debug, Clone)]
pub(super) struct Ago {
    pub time: Timestamp,
    day: String,
    /// A use after this day is forged: nobody used a token in the future.
    last: String,
}

impl Ago {
    pub fn days(now: Timestamp, days: u32) -> Self {
        let time = days_from(now, -i64::from(days));
        Self {
            day: day(time),
            last: day(days_from(now, 1)),
            time,
        }
    }

    /// Whether a use (UTC day) was before that day.
    pub fn is_after(&self, used: &str) -> bool {
        *used < *self.day
    }

    /// Whether a use (UTC day) can have been.
    pub fn is_possible(&self, used: &str) -> bool {
        *used <= *self.last
    }
}

/// The limits of a span of days that lies before a time.
#[derive(Debug, Clone)]
pub(super) struct AgoRange {
    from: Ago,
    is_from_today: bool,
    until: Option<Ago>,
}

impl AgoRange {
    pub fn of(range: DayRange, now: Timestamp) -> Self {
        Self {
            is_from_today: range.from == 0,
            from: Ago::days(now, range.from),
            until: range.until.map(|until| Ago::days(now, until)),
        }
    }

    /// Whether a use (UTC day) lies in the span.
    pub fn has_day(&self, used: &str) -> bool {
        (self.is_from_today || self.from.is_after(used))
            && self.from.is_possible(used)
            && !self
                .until
                .as_ref()
                .is_some_and(|until| until.is_after(used))
    }

    /// Whether a time lies in the span.
    pub fn has_time(&self, time: Timestamp) -> bool {
        (self.is_from_today || time <= self.from.time)
            && self.until.as_ref().is_none_or(|until| time > until.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_span_leads_back_from_its_text() {
        for range in [
            DayRange::new(0, 30),
            DayRange::new(30, 90),
            DayRange::from(365),
        ] {
            assert_eq!(range.to_string().parse(), Ok(range));
        }
        for text in [
            "", "30d", "-", "d-", "30-90", "90d-30d", "30d-30d", "0d-9999d", "+1d-",
        ] {
            assert_eq!(text.parse::<DayRange>(), Err(()), "{text}");
        }
    }

    #[test]
    fn spans_meet_without_a_gap() {
        let now = sample::time("2026-11-24T12:00:00Z");
        let spans = [
            DayRange::new(0, 7),
            DayRange::new(7, 30),
            DayRange::from(30),
        ];
        for day in [
            "2026-11-24",
            "2026-11-17",
            "2026-11-16",
            "2026-10-25",
            "2026-10-24",
            "2020-01-01",
        ] {
            let of = |range: &DayRange| AgoRange::of(*range, now).has_day(day);
            assert_eq!(spans.iter().filter(|range| of(range)).count(), 1, "{day}");
            let time = sample::time(&format!("{day}T12:00:00Z"));
            let of = |range: &DayRange| AgoRange::of(*range, now).has_time(time);
            assert_eq!(spans.iter().filter(|range| of(range)).count(), 1, "{day}");
        }
        let future = |range: &DayRange| AgoRange::of(*range, now).has_day("9999-12-31");
        assert!(!spans.iter().any(future), "nobody used it in the future");
    }
}
