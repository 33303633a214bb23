//! A point in time, past or to come: told from now, and exactly.

use jiff::Timestamp;
use leptos::prelude::*;

use super::time::age;

/// `3 d ago`, `in 2 h`, `just now`.
pub fn from_now(now: Timestamp, then: Timestamp) -> String {
    if then > now {
        return match age(then, now) {
            text if text == "just now" => "in less than a minute".to_owned(),
            text => format!("in {text}"),
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

/// Told from now, with the exact time on hover.
#[component]
pub fn Moment(now: Timestamp, then: Timestamp) -> impl IntoView {
    view! { <time datetime=then.to_string() title=exact(then)>{from_now(now, then)}</time> }
}

/// Both, for everybody to read: `3 d ago (2026-08-24 10:00:05 UTC)`.
#[component]
pub fn ExactMoment(now: Timestamp, then: Timestamp) -> impl IntoView {
    view! { <time datetime=then.to_string()>{from_now(now, then)} " (" {exact(then)} ")"</time> }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_and_future_are_told_apart() {
        let at = |text: &str| text.parse::<Timestamp>().expect("a time");
        let now = at("2026-11-24T12:00:00Z");
        for (then, said) in [
            ("2026-11-21T12:00:00Z", "3 d ago"),
            ("2026-11-24T11:59:30Z", "just now"),
            ("2026-11-24T12:00:00Z", "just now"),
            ("2026-11-24T12:00:30Z", "in less than a minute"),
            ("2026-11-24T14:00:00Z", "in 2 h"),
        ] {
            assert_eq!(from_now(now, at(then)), said, "{then}");
        }
        assert_eq!(
            exact(at("2026-08-24T10:00:05.5Z")),
            "2026-08-24 10:00:05 UTC"
        );
    }
}
