//! The clean-up's head: for how many days tokens were unused, and what the list has.

use jiff::{SignedDuration, Timestamp};
use kargo::token::day;
use leptos::prelude::*;

use super::{count::days, search::hidden_fields};
use crate::query::ListAddress;

/// The head. `lists_unused`: whether tokens are listed because nobody used them.
#[component]
pub fn CleanUp(
    list: ListAddress,
    unused_days: u32,
    tracking_since: Option<String>,
    lists_unused: bool,
    now: Timestamp,
) -> impl IntoView {
    let hidden = hidden_fields(list.all_parameters().filter(|(name, _)| *name != "days"));
    view! {
        <section class="about" aria-label="Clean-up">
            <form method="get" action=list.path.clone()>
                {hidden}
                <label for="days">"Unused for"</label>
                <input id="days" name="days" type="number" min="0" max="3650" value=unused_days.to_string() />
                <span>"days"</span>
                <button type="submit" class="btn">"Show"</button>
            </form>
            <p class="help">{words(unused_days, tracking_since.as_deref(), lists_unused, now)}</p>
        </section>
    }
}

/// Sentences about the list: which tokens it has, and since when the cluster tracks uses.
fn words(unused_days: u32, since: Option<&str>, lists_unused: bool, now: Timestamp) -> String {
    let days = days(unused_days);
    let listed = format!(
        "Listed are tokens unused for {days}, tokens without a role, and tokens that Kargo doesn't manage."
    );
    let Some(since) = since else {
        return format!("{listed} You don't have permission to see since when use is tracked.");
    };
    let ago = SignedDuration::from_hours(24 * i64::from(unused_days));
    let is_long_enough = now
        .checked_sub(ago)
        .is_ok_and(|asked| since <= day(asked).as_str());
    match (is_long_enough, lists_unused) {
        (true, _) => format!("{listed} Use has been tracked since {since}."),
        (false, false) => format!(
            "Use has been tracked since {since} only, so no token can be {days} unused yet. Listed are tokens without a role and tokens that Kargo doesn't manage."
        ),
        // Older tokens without a recorded use.
        (false, true) => {
            format!("{listed} Use has been tracked since {since} only: an earlier use is unknown.")
        }
    }
}

#[cfg(test)]
mod tests {
    use kargo::sample::time;

    use super::*;

    #[test]
    fn the_words_tell_how_far_back_uses_are_known() {
        let now = time("2026-11-24T12:00:00Z");
        for (days, since, lists_unused, part) in [
            (90, Some("2026-01-01"), true, "unused for 90 days, tokens"),
            (90, Some("2026-01-01"), false, "tracked since 2026-01-01."),
            (1, Some("2026-11-23"), true, "unused for 1 day, tokens"),
            (1, Some("2026-11-23"), false, "tracked since 2026-11-23."),
            (
                90,
                Some("2026-11-20"),
                false,
                "so no token can be 90 days unused yet",
            ),
            (90, Some("2026-11-20"), true, "an earlier use is unknown"),
            (0, Some("2026-11-24"), true, "tracked since 2026-11-24."),
            (u32::MAX, Some("2026-11-20"), false, "no token can be"),
            (90, None, true, "don't have permission"),
        ] {
            let words = words(days, since, lists_unused, now);
            assert!(words.contains(part), "{words}");
        }
    }
}
