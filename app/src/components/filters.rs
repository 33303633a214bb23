//! Filters that have no chip: a form in a popover, and the words for what is chosen. Works without JavaScript.

use kargo::filter::{
    Counts, DayRange, EXPIRES_DAYS, ExpiryFilter, StateFilter, TokenFilter, UNUSED_DAYS, UseFilter,
};
use leptos::prelude::*;

use super::{
    count::{capitalised, days, grouped},
    search::hidden_fields,
};
use crate::query::ListAddress;

/// The popover's `id`.
const ID: &str = "filters";

/// The button and its form. Keeps state, search and order.
#[component]
pub fn Filters<'a>(counts: &'a Counts, list: ListAddress) -> impl IntoView + use<> {
    let filter = list.filter;
    let only_state = TokenFilter::of(filter.state);
    let kept = ListAddress {
        filter: only_state,
        ..list.clone()
    };
    let hidden = hidden_fields(kept.all_parameters());
    view! {
        <button type="button" class="chip" popovertarget=ID>"More filters…"</button>
        <div id=ID class="menu-items filters" popover="auto">
            <form method="get" action=list.path.clone()>
                {hidden}
                {select("used", "Last use", uses(counts), filter.used.map(|used| (used.word(), used_label(used))))}
                {select("expires", "Expiry", ends(counts), filter.expires.map(|end| (end.word(), expiry_label(end))))}
                {select("age", "Age", ages(counts), filter.age.map(|age| (age.to_string(), age_label(age))))}
                {select("managed", "Kargo", managed(counts), filter.managed.map(|managed| (if managed { "yes" } else { "no" }.to_owned(), managed_label(managed).to_owned())))}
                {select("owner", "Owner", owner(counts), filter.has_no_owner.then(|| ("none".to_owned(), NO_OWNER.to_owned())))}
                <div class="go">
                    <a class="btn" href=list.with_filter(only_state)>"Clear"</a>
                    <button type="submit" class="btn primary">"Show"</button>
                </div>
            </form>
        </div>
    }
}

/// Value, text and number of a choice.
type Choice = (String, String, usize);

/// A field of the form. `chosen`: value and text of what is chosen, which may be none of the choices.
fn select(
    name: &'static str,
    label: &'static str,
    choices: Vec<Choice>,
    chosen: Option<(String, String)>,
) -> impl IntoView {
    let is_chosen = |value: &str| chosen.as_ref().is_some_and(|(word, _)| word == value);
    let other = chosen
        .as_ref()
        .filter(|(word, _)| !choices.iter().any(|(value, ..)| value == word))
        .map(
            |(word, text)| view! { <option value=word.clone() selected>{capitalised(text)}</option> },
        );
    let options = choices
        .iter()
        .map(|(value, text, count)| {
            let text = format!("{} ({})", capitalised(text), grouped(*count));
            view! { <option value=value.clone() selected=is_chosen(value)>{text}</option> }
        })
        .collect_view();
    let id = format!("filter-{name}");
    view! {
        <label for=id.clone()>{label}</label>
        <select id=id name=name>
            <option value="">"Any"</option>
            {options}
            {other}
        </select>
    }
}

fn uses(counts: &Counts) -> Vec<Choice> {
    let unused = UNUSED_DAYS.into_iter().zip(counts.unused);
    [
        (UseFilter::Ever, counts.used),
        (UseFilter::Never, counts.never_used),
        (UseFilter::Untracked, counts.untracked),
    ]
    .into_iter()
    .chain(unused.map(|(days, count)| (UseFilter::NotFor(days), count)))
    .map(|(used, count)| (used.word(), used_label(used), count))
    .collect()
}

fn ends(counts: &Counts) -> Vec<Choice> {
    let within = EXPIRES_DAYS.into_iter().zip(counts.expires);
    [(ExpiryFilter::Never, counts.never_expires)]
        .into_iter()
        .chain(within.map(|(days, count)| (ExpiryFilter::Within(days), count)))
        .map(|(end, count)| (end.word(), expiry_label(end), count))
        .collect()
}

fn ages(counts: &Counts) -> Vec<Choice> {
    let ages = Counts::AGES.into_iter().zip(counts.ages);
    ages.map(|(age, count)| (age.to_string(), age_label(age), count))
        .collect()
}

fn managed(counts: &Counts) -> Vec<Choice> {
    let of = |managed: bool, word: &str, count| {
        (word.to_owned(), managed_label(managed).to_owned(), count)
    };
    vec![
        of(true, "yes", counts.managed),
        of(false, "no", counts.unmanaged),
    ]
}

fn owner(counts: &Counts) -> Vec<Choice> {
    vec![("none".to_owned(), NO_OWNER.to_owned(), counts.no_owner)]
}

const NO_OWNER: &str = "no contact or creator";

fn managed_label(managed: bool) -> &'static str {
    if managed {
        "managed by Kargo"
    } else {
        "not managed by Kargo"
    }
}

/// A span of days in words.
fn span(range: DayRange) -> String {
    match (range.from, range.until) {
        (from, None) => format!("{} or more", days(from)),
        (0, Some(until)) => format!("less than {}", days(until)),
        (from, Some(until)) => format!("{from} to {}", days(until)),
    }
}

/// A filter by age in words.
pub fn age_label(age: DayRange) -> String {
    format!("{} old", span(age))
}

/// A filter by use in words.
pub fn used_label(used: UseFilter) -> String {
    match used {
        UseFilter::Ever => "used at some time".to_owned(),
        UseFilter::Never => "never used".to_owned(),
        UseFilter::Untracked => "use not tracked (expiring tokens)".to_owned(),
        UseFilter::NotFor(number) => format!("unused for {}", days(number)),
        UseFilter::Ago(range) => format!("used {} ago", span(range)),
    }
}

/// A filter by the end in words.
pub fn expiry_label(expires: ExpiryFilter) -> String {
    match expires {
        ExpiryFilter::Never => "never expires".to_owned(),
        ExpiryFilter::Over => "expired".to_owned(),
        ExpiryFilter::Within(number) => format!("expires within {}", days(number)),
        ExpiryFilter::In(range) => format!("expires in {}", span(range)),
    }
}

/// A filter by state in words.
pub fn state_label(state: StateFilter) -> &'static str {
    match state {
        StateFilter::All => "any state",
        StateFilter::Active => "active",
        StateFilter::Unrevealed => "to reveal",
        StateFilter::Suspended => "suspended",
        StateFilter::Deleting => "being deleted",
        StateFilter::Expired => "expired",
        StateFilter::Ending => "ending",
        StateFilter::CleanUp { .. } => "clean up",
    }
}

/// The change that removes a part of a filter.
type Without = fn(TokenFilter) -> TokenFilter;

/// Each part of a filter in words, and the change that removes it.
pub fn named(filter: &TokenFilter) -> Vec<(String, Without)> {
    let state = (filter.state != StateFilter::All).then(|| state_label(filter.state).to_owned());
    let parts: [(Option<String>, Without); 6] = [
        (state, |filter| TokenFilter {
            state: StateFilter::All,
            ..filter
        }),
        (filter.used.map(used_label), |filter| TokenFilter {
            used: None,
            ..filter
        }),
        (filter.expires.map(expiry_label), |filter| TokenFilter {
            expires: None,
            ..filter
        }),
        (filter.age.map(age_label), |filter| TokenFilter {
            age: None,
            ..filter
        }),
        (
            filter.managed.map(|it| managed_label(it).to_owned()),
            |filter| TokenFilter {
                managed: None,
                ..filter
            },
        ),
        (filter.has_no_owner.then(|| NO_OWNER.to_owned()), |filter| {
            TokenFilter {
                has_no_owner: false,
                ..filter
            }
        }),
    ];
    parts
        .into_iter()
        .filter_map(|(label, without)| Some((capitalised(&label?), without)))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_part_has_words_and_can_be_removed() {
        let filter = TokenFilter {
            state: StateFilter::Expired,
            age: Some(DayRange::new(30, 90)),
            used: Some(UseFilter::NotFor(1)),
            expires: Some(ExpiryFilter::In(DayRange::from(90))),
            managed: Some(false),
            has_no_owner: true,
        };
        let parts = named(&filter);
        let words: Vec<_> = parts.iter().map(|(words, _)| words.as_str()).collect();
        assert_eq!(
            words,
            [
                "Expired",
                "Unused for 1 day",
                "Expires in 90 days or more",
                "30 to 90 days old",
                "Not managed by Kargo",
                "No contact or creator",
            ]
        );
        let rest = parts
            .iter()
            .fold(filter, |filter, (_, without)| without(filter));
        assert!(rest.is_all());
        assert_eq!(age_label(DayRange::new(0, 30)), "less than 30 days old");
    }
}
