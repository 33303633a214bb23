//! The choice of how long a new token lives.

use leptos::prelude::*;

use super::page::Facts;

const DAY: u64 = 24 * 3600;
/// The choices in days, and what they are called.
const CHOICES: [(u64, &str); 3] = [(30, "30 days"), (90, "90 days"), (365, "1 year")];
const DEFAULT: u64 = 90 * DAY;

/// What is chosen.
#[derive(Debug, Clone, PartialEq)]
enum Choice {
    Never,
    /// Seconds.
    For(u64),
    /// A day in the browser's own form (`YYYY-MM-DD`); to its end, UTC.
    Until(String),
}

/// The choice, and whether it can be used.
#[derive(Clone, Copy)]
pub struct Lifetime {
    /// Whether the person may have values minted.
    mint: bool,
    /// Seconds that it may be at most.
    most: Option<u64>,
    /// The time by the API server's clock, in seconds since 1970.
    now: i64,
    choice: RwSignal<Choice>,
}

impl Lifetime {
    /// Where the person may have expiring tokens minted, 90 days; otherwise never, as Kargo does.
    pub fn new() -> Self {
        let Facts {
            mint,
            max_lifetime: most,
            now,
            ..
        } = Facts::read();
        let choice = match (mint, most) {
            (_, Some(most)) => Choice::For(most.min(DEFAULT)),
            (true, None) => Choice::For(DEFAULT),
            (false, None) => Choice::Never,
        };
        Self {
            mint,
            most,
            now,
            choice: RwSignal::new(choice),
        }
    }

    /// Seconds for the request; 0: never.
    ///
    /// # Errors
    /// What is wrong with a date.
    pub fn seconds(self) -> Result<u64, String> {
        self.choice.with(|choice| match choice {
            Choice::Never => Ok(0),
            Choice::For(seconds) => Ok(*seconds),
            Choice::Until(day) => until(day, self.now, self.most),
        })
    }
}

fn until(day: &str, now: i64, most: Option<u64>) -> Result<u64, String> {
    let end = js_sys::Date::parse(&format!("{day}T23:59:59Z")) / 1000.0;
    if end.is_nan() {
        return Err("Choose a day.".to_owned());
    }
    #[allow(
        clippy::cast_possible_truncation,
        reason = "a day that a field can hold"
    )]
    let seconds = u64::try_from(end as i64 - now).unwrap_or(0);
    match most {
        _ if seconds < 600 => Err("Choose a day that is still to come.".to_owned()),
        Some(most) if seconds > most => Err(format!(
            "Tokens made here expire within {} days at most.",
            most / DAY
        )),
        _ => Ok(seconds),
    }
}

/// The field. Says why there is no choice where there is none.
#[component]
pub fn LifetimeField(lifetime: Lifetime) -> impl IntoView {
    let Lifetime {
        mint, most, choice, ..
    } = lifetime;
    if !mint && most.is_none() {
        return view! {
            <p class="help">
                "It never expires. Tokens that do are minted by Kubernetes, which you may not ask for here: that takes a ClusterRole with the verb create on serviceaccounts/token (kargo-tokens-minter)."
            </p>
        }
        .into_any();
    }
    let allowed = move |seconds: u64| most.is_none_or(|most| seconds <= most);
    let mut options: Vec<(String, String)> = CHOICES
        .into_iter()
        .filter(|(days, _)| allowed(days * DAY))
        .map(|(days, label)| ((days * DAY).to_string(), label.to_owned()))
        .collect();
    if let Some(most) = most
        && !options.iter().any(|(value, _)| *value == most.to_string())
    {
        let label = match (most / DAY, most / 3600) {
            (0, hours) => format!("{hours} hours, the most here"),
            (days, _) => format!("{days} days, the most here"),
        };
        options.push((most.to_string(), label));
    }
    options.push(("date".to_owned(), "Until a day…".to_owned()));
    if most.is_none() {
        options.push(("never".to_owned(), "Never (as Kargo does)".to_owned()));
    }
    let value = move || {
        choice.with(|choice| match choice {
            Choice::Never => "never".to_owned(),
            Choice::For(seconds) => seconds.to_string(),
            Choice::Until(_) => "date".to_owned(),
        })
    };
    let on_change = move |event: leptos::ev::Event| {
        choice.set(match event_target_value(&event).as_str() {
            "never" => Choice::Never,
            "date" => Choice::Until(String::new()),
            seconds => Choice::For(seconds.parse().unwrap_or(DEFAULT)),
        });
    };
    let error = Memo::new(move |_| lifetime.seconds().err());
    let help = move || match choice.get() {
        Choice::Never => {
            "Its value is kept in the cluster until the token is deleted. It can be suspended."
        }
        _ => {
            "Its value is kept nowhere but with you, and Kubernetes ends it. It can't be suspended, only deleted."
        }
    };
    view! {
        <label for="lifetime">"Expires after"</label>
        <select id="lifetime" aria-describedby="lifetime-help" prop:value=value on:change=on_change>
            {options
                .into_iter()
                .map(|(of, label)| {
                    let selected = of == value();
                    view! { <option value=of selected=selected>{label}</option> }
                })
                .collect_view()}
        </select>
        {move || {
            matches!(choice.get(), Choice::Until(_)).then(|| {
                view! {
                    <label for="lifetime-day">"Last day (UTC)"</label>
                    <input
                        id="lifetime-day"
                        type="date"
                        aria-describedby="lifetime-error"
                        on:input=move |event| choice.set(Choice::Until(event_target_value(&event)))
                    />
                }
            })
        }}
        <p id="lifetime-error" class="field-error" aria-live="polite">{error}</p>
        <p id="lifetime-help" class="help">{help}</p>
    }
    .into_any()
}
