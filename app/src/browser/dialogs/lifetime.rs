//! The choice of how long a new token lives: a field of several dialogs.

use kargo::token::SHORTEST_LIFETIME;
use leptos::prelude::*;

use crate::{
    browser::page::{clock, dom},
    protocol::BrowserContext,
};

const DAY: u64 = 24 * 3600;
/// The choices in days, with their texts.
const CHOICES: [(u64, &str); 3] = [(30, "30 days"), (90, "90 days"), (365, "1 year")];
const DEFAULT: u64 = 90 * DAY;

/// The chosen lifetime.
#[derive(Debug, Clone, PartialEq)]
enum Choice {
    Never,
    /// Seconds.
    For(u64),
    /// A day in the browser's own form (`YYYY-MM-DD`), to its end in UTC.
    Until(String),
}

/// The choice, and whether it can be used. The longest lifetime is that of the role's tokens.
#[derive(Clone, Copy)]
pub struct Lifetime {
    /// Whether the person may have Kubernetes mint expiring tokens.
    mint: bool,
    /// The longest lifetime in seconds.
    longest: Memo<Option<u64>>,
    /// The same as a sentence.
    limit: Memo<Option<String>>,
    /// The API server's time in seconds since 1970; `None` where the page doesn't know it.
    now: Option<i64>,
    /// `None` until the person chooses.
    chosen: RwSignal<Option<Choice>>,
    /// An empty day is no error before the person was at its field, or tried to go on.
    is_touched: RwSignal<bool>,
}

impl Lifetime {
    /// 90 days where the person may have expiring tokens minted; otherwise without end, as Kargo does. `role`: the token's.
    pub fn new(role: impl Fn() -> String + Copy + Send + Sync + 'static) -> Self {
        Self::of(dom::context().mint, role)
    }

    /// The choice of somebody who may.
    pub fn with_mint(role: String) -> Self {
        let role = StoredValue::new(role);
        Self::of(true, move || role.get_value())
    }

    fn of(mint: bool, role: impl Fn() -> String + Copy + Send + Sync + 'static) -> Self {
        let BrowserContext {
            max_lifetime, now, ..
        } = dom::context();
        let limits = StoredValue::new(max_lifetime);
        Self {
            mint,
            longest: Memo::new(move |_| limits.with_value(|limits| limits.of(&role()))),
            limit: Memo::new(move |_| limits.with_value(|limits| limits.sentence(&role()))),
            now: (now > 0).then(clock::now),
            chosen: RwSignal::new(None),
            is_touched: RwSignal::new(false),
        }
    }

    /// The choice; tracked.
    fn choice(self) -> Choice {
        self.chosen
            .with(|chosen| within(chosen.as_ref(), self.mint, self.longest.get()))
    }

    /// Shows what is wrong with the choice, an empty day included.
    pub fn touch(self) {
        self.is_touched.set(true);
    }

    /// Seconds for the request; 0: without end. Tracked.
    ///
    /// # Errors
    /// Says what is wrong with a day.
    pub fn seconds(self) -> Result<u64, String> {
        match self.choice() {
            Choice::Never => Ok(0),
            Choice::For(seconds) => Ok(seconds),
            Choice::Until(day) => {
                let end = js_sys::Date::parse(&format!("{day}T23:59:59Z")) / 1000.0;
                let now = self.now.unwrap_or_default();
                until(end, now, self.longest.get(), self.limit.get())
            }
        }
    }
}

/// The choice within the limit of the role: another role may have another limit than the one that was chosen from.
fn within(chosen: Option<&Choice>, mint: bool, longest: Option<u64>) -> Choice {
    match (chosen, longest) {
        (None, None) if !mint => Choice::Never,
        (None, None) => Choice::For(DEFAULT),
        (None | Some(Choice::Never), Some(longest)) => Choice::For(longest.min(DEFAULT)),
        (Some(Choice::For(seconds)), Some(longest)) => Choice::For(longest.min(*seconds)),
        (Some(chosen), _) => chosen.clone(),
    }
}

/// Seconds until the end of a day. `end`: seconds since 1970, or no number.
fn until(end: f64, now: i64, longest: Option<u64>, limit: Option<String>) -> Result<u64, String> {
    if end.is_nan() {
        return Err("Choose a day.".to_owned());
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a day that a field can hold"
    )]
    let seconds = u64::try_from(end as i64 - now).unwrap_or(0);
    match longest {
        _ if seconds < SHORTEST_LIFETIME.unsigned_abs() => {
            Err("Choose a day in the future.".to_owned())
        }
        Some(longest) if seconds > longest => Err(limit.unwrap_or_default()),
        _ => Ok(seconds),
    }
}

/// The choices of the field: value and text.
fn options(longest: Option<u64>, has_clock: bool) -> Vec<(String, String)> {
    let mut options: Vec<(String, String)> = CHOICES
        .into_iter()
        .filter(|(days, _)| longest.is_none_or(|longest| days * DAY <= longest))
        .map(|(days, label)| ((days * DAY).to_string(), label.to_owned()))
        .collect();
    if let Some(longest) = longest
        && !options
            .iter()
            .any(|(value, _)| *value == longest.to_string())
    {
        let label = match (longest / DAY, longest / 3600) {
            (0, hours) => format!("{hours} hours, the longest here"),
            (days, _) => format!("{days} days, the longest here"),
        };
        options.push((longest.to_string(), label));
    }
    if has_clock {
        options.push(("date".to_owned(), "Until a day…".to_owned()));
    }
    if longest.is_none() {
        options.push(("never".to_owned(), "Never (as Kargo does)".to_owned()));
    }
    options
}

/// The field. Says why, where there is no choice.
#[component]
pub fn LifetimeField(lifetime: Lifetime) -> impl IntoView {
    let Lifetime { mint, longest, .. } = lifetime;
    // The choices are those of the role, so another limit is another field.
    move || {
        let longest = longest.get();
        if mint || longest.is_some() {
            view! { <Choices lifetime longest /> }.into_any()
        } else {
            view! {
                <p class="help">
                    "The token never expires. You don't have permission to have Kubernetes mint expiring tokens: that takes a ClusterRole with the verb create on serviceaccounts/token (kargo-tokens-minter)."
                </p>
            }
            .into_any()
        }
    }
}

/// The choices up to the longest lifetime, and the limit that holds.
#[component]
fn Choices(lifetime: Lifetime, longest: Option<u64>) -> impl IntoView {
    let Lifetime {
        limit,
        now,
        chosen,
        is_touched,
        ..
    } = lifetime;
    let value = move || match lifetime.choice() {
        Choice::Never => "never".to_owned(),
        Choice::For(seconds) => seconds.to_string(),
        Choice::Until(_) => "date".to_owned(),
    };
    let on_change = move |event: leptos::ev::Event| {
        is_touched.set(false);
        chosen.set(Some(match event_target_value(&event).as_str() {
            "never" => Choice::Never,
            "date" => Choice::Until(String::new()),
            seconds => Choice::For(seconds.parse().unwrap_or(DEFAULT)),
        }));
    };
    let error = Memo::new(move |_| {
        let is_empty = matches!(lifetime.choice(), Choice::Until(day) if day.is_empty());
        let is_shown = !is_empty || is_touched.get();
        lifetime.seconds().err().filter(|_| is_shown)
    });
    let help = move || match lifetime.choice() {
        Choice::Never => {
            "The cluster keeps the value until the token is deleted. The token can be suspended."
        }
        _ => {
            "The token stops working then. The cluster doesn't store its value, so it can't be suspended."
        }
    };
    view! {
        <div class="field">
            <label for="lifetime">"Expires after"</label>
            <select id="lifetime" aria-describedby="lifetime-limit lifetime-help" prop:value=value on:change=on_change>
                {options(longest, now.is_some())
                    .into_iter()
                    .map(|(of, label)| {
                        let selected = of == untrack(value);
                        view! { <option value=of selected=selected>{label}</option> }
                    })
                    .collect_view()}
            </select>
            {move || {
                matches!(lifetime.choice(), Choice::Until(_)).then(|| {
                    view! {
                        <label for="lifetime-day">"Last day (UTC)"</label>
                        <input
                            id="lifetime-day"
                            type="date"
                            aria-describedby="lifetime-error"
                            aria-invalid=move || error.get().is_some().to_string()
                            on:blur=move |_| is_touched.set(true)
                            on:input=move |event| chosen.set(Some(Choice::Until(event_target_value(&event))))
                        />
                    }
                })
            }}
            <p id="lifetime-error" class="field-error" aria-live="polite">{error}</p>
            <p id="lifetime-limit" class="help" aria-live="polite">{limit}</p>
            <p id="lifetime-help" class="help">{help}</p>
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_checked_before_it_is_sent() {
        for (end, longest, seconds) in [
            (10_000.0, None, Ok(9_000)),
            (1_500.0, None, Err("Choose a day in the future.")),
            (0.0, None, Err("Choose a day in the future.")),
            (f64::NAN, None, Err("Choose a day.")),
            (400_000.0, Some(DAY), Err("the limit")),
            (10_000.0, Some(DAY), Ok(9_000)),
        ] {
            let seconds = seconds.map_err(ToOwned::to_owned);
            let limit = longest.map(|_| "the limit".to_owned());
            assert_eq!(until(end, 1_000, longest, limit), seconds, "{end}");
        }
    }

    #[test]
    fn a_choice_stays_within_the_limit_of_the_role_that_is_chosen_later() {
        let until = Choice::Until("2026-01-01".to_owned());
        for (chosen, mint, longest, expected) in [
            (None, false, None, Choice::Never),
            (None, true, None, Choice::For(DEFAULT)),
            (None, true, Some(3600), Choice::For(3600)),
            (None, false, Some(365 * DAY), Choice::For(DEFAULT)),
            (Some(Choice::Never), true, None, Choice::Never),
            (Some(Choice::Never), true, Some(3600), Choice::For(3600)),
            (
                Some(Choice::For(30 * DAY)),
                true,
                Some(DAY),
                Choice::For(DAY),
            ),
            (
                Some(Choice::For(DAY)),
                true,
                Some(30 * DAY),
                Choice::For(DAY),
            ),
            (Some(until.clone()), true, Some(DAY), until),
        ] {
            assert_eq!(within(chosen.as_ref(), mint, longest), expected);
        }
    }

    #[test]
    fn the_choices_stay_within_the_limit() {
        let values = |longest, has_clock| {
            let options = options(longest, has_clock);
            let values: Vec<_> = options.into_iter().map(|(value, _)| value).collect();
            values.join(" ")
        };
        assert_eq!(values(None, true), "2592000 7776000 31536000 date never");
        assert_eq!(values(None, false), "2592000 7776000 31536000 never");
        assert_eq!(values(Some(3600), true), "3600 date");
        assert_eq!(values(Some(90 * DAY), true), "2592000 7776000 date");
    }
}
