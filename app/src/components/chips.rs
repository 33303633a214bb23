//! Numbers as chips: each is also the filter that shows just these tokens. Filters of different kinds combine.

use kargo::filter::{Counts, EXPIRES_SOON_DAYS, ExpiryFilter, StateFilter, TokenFilter, UseFilter};
use leptos::prelude::*;

use super::{
    count::grouped,
    filters::{Filters, named},
};
use crate::query::ListAddress;

/// The filter of the chip *Expiring*.
const SOON: ExpiryFilter = ExpiryFilter::Within(EXPIRES_SOON_DAYS);

/// The chips of a list.
#[component]
pub fn Chips<'a>(counts: &'a Counts, list: ListAddress) -> impl IntoView + use<> {
    let filter = list.filter;
    let of_state = |count: usize, label: &'static str, state: StateFilter| {
        let needs_attention = state.is_cleanup();
        let is_current = filter.state == state || (filter.state.is_cleanup() && state.is_cleanup());
        let state = if is_current { StateFilter::All } else { state };
        let next = TokenFilter { state, ..filter };
        chip(&list, label, count, next, is_current, needs_attention)
    };
    let all = TokenFilter::default();
    let soon = filter.expires == Some(SOON);
    let expiring = TokenFilter {
        expires: (!soon).then_some(SOON),
        ..filter
    };
    let never = filter.used == Some(UseFilter::Never);
    let never_used = TokenFilter {
        used: (!never).then_some(UseFilter::Never),
        ..filter
    };
    let others = named(&others(filter)).into_iter().map(|(label, without)| {
        let next = without(filter);
        let address = list.with_filter(next);
        view! { <li><a class="chip" href=address aria-current="true" title="Remove this filter">{label} " " <span aria-hidden="true">"✕"</span></a></li> }
    });
    view! {
        <nav class="chips" aria-label="Filters">
            <ul>
                {chip(&list, "All", counts.all, all, filter.is_all(), false)}
                {of_state(counts.active, "Active", StateFilter::Active)}
                {of_state(counts.unrevealed, "To reveal", StateFilter::Unrevealed)}
                {of_state(counts.suspended, "Suspended", StateFilter::Suspended)}
                {of_state(counts.due, "Ending", StateFilter::Ending)}
                {chip(&list, "Expiring", counts.expiring, expiring, soon, true)}
                {chip(&list, "Never used", counts.never_used, never_used, never, true)}
                {of_state(counts.clean_up, "Clean up", StateFilter::CLEAN_UP)}
                {others.collect_view()}
                <li><Filters counts list=list.clone() /></li>
            </ul>
        </nav>
    }
}

/// The parts of a filter that have no chip of their own.
fn others(filter: TokenFilter) -> TokenFilter {
    let has_chip = matches!(
        filter.state,
        StateFilter::Active
            | StateFilter::Unrevealed
            | StateFilter::Suspended
            | StateFilter::Ending
    ) || filter.state.is_cleanup();
    TokenFilter {
        state: if has_chip {
            StateFilter::All
        } else {
            filter.state
        },
        used: filter.used.filter(|used| *used != UseFilter::Never),
        expires: filter.expires.filter(|expires| *expires != SOON),
        ..filter
    }
}

/// A chip. `next`: the filter that a click leads to.
fn chip(
    list: &ListAddress,
    label: &'static str,
    count: usize,
    next: TokenFilter,
    is_current: bool,
    needs_attention: bool,
) -> impl IntoView + use<> {
    let class = match (count, needs_attention) {
        (0, _) => "chip rests",
        (_, true) => "chip warn",
        (_, false) => "chip",
    };
    let current = is_current.then_some("true");
    let address = list.with_filter(next);
    view! { <li><a class=class href=address aria-current=current>{label} " " <b>{grouped(count)}</b></a></li> }
}
