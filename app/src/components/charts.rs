//! Small charts of a list: how many tokens by state, last use, expiry and age. Drawn on the server as SVG; a bar is a link that filters. Each
//! has its numbers as a table, too.

use kargo::filter::{Counts, ExpiryFilter, SPANS, StateFilter, TokenFilter, UseFilter};
use leptos::prelude::*;

use super::{
    count::{capitalised, grouped},
    filters::{expiry_label, state_label, used_label},
};
use crate::query::ListAddress;

/// Widths and heights of a chart, in units of its SVG.
const LABEL: usize = 112;
const BAR: usize = 120;
const NUMBER: usize = 60;
const ROW: usize = 24;

/// A bar.
struct Bar {
    label: String,
    count: usize,
    address: String,
    is_chosen: bool,
}

/// The charts of a list.
#[component]
pub fn Charts<'a>(counts: &'a Counts, list: ListAddress) -> impl IntoView + use<> {
    let filter = list.filter;
    // A chosen bar leads back to all.
    let bar =
        |label: &str, count: usize, is_chosen: bool, chosen: TokenFilter, without: TokenFilter| {
            Bar {
                label: label.to_owned(),
                count,
                address: list.with_filter(if is_chosen { without } else { chosen }),
                is_chosen,
            }
        };
    let by_state = |state: StateFilter, count| {
        let of = |state| TokenFilter { state, ..filter };
        let is_chosen = filter.state == state;
        let label = capitalised(state_label(state));
        bar(&label, count, is_chosen, of(state), of(StateFilter::All))
    };
    let by_use = |used: UseFilter, label: &str, count| {
        let of = |used| TokenFilter { used, ..filter };
        let is_chosen = filter.used == Some(used);
        bar(label, count, is_chosen, of(Some(used)), of(None))
    };
    let by_end = |end: ExpiryFilter, label: &str, count| {
        let of = |expires| TokenFilter { expires, ..filter };
        let is_chosen = filter.expires == Some(end);
        bar(label, count, is_chosen, of(Some(end)), of(None))
    };
    let states = vec![
        by_state(StateFilter::Active, counts.active),
        by_state(StateFilter::Unrevealed, counts.unrevealed),
        by_state(StateFilter::Suspended, counts.suspended),
        by_state(StateFilter::Deleting, counts.deleting),
        by_state(StateFilter::Expired, counts.expired),
    ];
    let spans = || SPANS.into_iter();
    let mut uses = vec![
        by_use(
            UseFilter::Never,
            &capitalised(&used_label(UseFilter::Never)),
            counts.never_used,
        ),
        by_use(UseFilter::Untracked, "Not tracked", counts.untracked),
    ];
    uses.extend(spans().zip(counts.used_ago).map(|(range, count)| {
        by_use(
            UseFilter::Ago(range),
            &days(range.from, range.until, "ago"),
            count,
        )
    }));
    let mut ends = vec![
        by_end(ExpiryFilter::Never, "Never", counts.never_expires),
        by_end(
            ExpiryFilter::Over,
            &capitalised(&expiry_label(ExpiryFilter::Over)),
            counts.over,
        ),
    ];
    ends.extend(spans().zip(counts.expires_in).map(|(range, count)| {
        by_end(
            ExpiryFilter::In(range),
            &days(range.from, range.until, ""),
            count,
        )
    }));
    let ages = Counts::AGES
        .into_iter()
        .zip(counts.ages)
        .map(|(range, count)| {
            let of = |age| TokenFilter { age, ..filter };
            let is_chosen = filter.age == Some(range);
            bar(
                &days(range.from, range.until, ""),
                count,
                is_chosen,
                of(Some(range)),
                of(None),
            )
        })
        .collect();
    view! {
        <section class="charts" aria-label="Numbers of tokens">
            {chart("State", "by-state", states)}
            {chart("Last use", "by-use", uses)}
            {chart("Expiry", "by-expiry", ends)}
            {chart("Age", "by-age", ages)}
        </section>
    }
}

/// A span of days, briefly.
fn days(from: u32, until: Option<u32>, after: &str) -> String {
    let span = match until {
        None => format!("{from}+ days"),
        Some(until) => format!("{from}–{until} days"),
    };
    format!("{span} {after}").trim_end().to_owned()
}

/// One chart: a bar a row.
fn chart(title: &'static str, id: &'static str, bars: Vec<Bar>) -> impl IntoView {
    let most = bars.iter().map(|bar| bar.count).max().unwrap_or(0).max(1);
    let (width, height) = (LABEL + BAR + NUMBER, bars.len() * ROW);
    let rows = bars
        .iter()
        .enumerate()
        .map(|(n, bar)| {
            let y = n * ROW;
            // A bar that counts something is always visible.
            let length = (bar.count * BAR / most).max(usize::from(bar.count > 0) * 2);
            let number = grouped(bar.count);
            let name = format!("{title}: {}, {number}", bar.label);
            let class = match (bar.is_chosen, bar.count) {
                (true, _) => "bar chosen",
                (false, 0) => "bar rests",
                (false, _) => "bar",
            };
            let shape = view! {
                <rect class="row" x="0" y=y.to_string() width=width.to_string() height=ROW.to_string() rx="4" />
                <text x="4" y=(y + 16).to_string()>{bar.label.clone()}</text>
                <rect class="length" x=LABEL.to_string() y=(y + 6).to_string() width=length.to_string() height="12" rx="2" />
                <text class="number" x=(LABEL + length + 6).to_string() y=(y + 16).to_string()>{number}</text>
            };
            // A bar that counts nothing would lead to an empty list.
            if bar.count == 0 && !bar.is_chosen {
                return view! { <g class=class>{shape}</g> }.into_any();
            }
            let current = bar.is_chosen.then_some("true");
            view! { <a href=bar.address.clone() class=class aria-label=name aria-current=current>{shape}</a> }
                .into_any()
        })
        .collect_view();
    let numbers = bars
        .iter()
        .map(|bar| view! { <tr><th scope="row">{bar.label.clone()}</th><td>{grouped(bar.count)}</td></tr> })
        .collect_view();
    view! {
        <figure class="chart" aria-labelledby=id>
            <figcaption id=id>{title}</figcaption>
            <svg viewBox=format!("0 0 {width} {height}") width=width.to_string() height=height.to_string()>{rows}</svg>
            // A table doesn't shrink by itself.
            <div class="visually-hidden">
                <table>
                    <caption>{title}</caption>
                    <tbody>{numbers}</tbody>
                </table>
            </div>
        </figure>
    }
}
