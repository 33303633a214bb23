//! Numbers as chips: each is also the filter that shows just these tokens.

use kargo::{filter::TokenFilter, inventory::Counts};
use leptos::prelude::*;

use super::count::grouped;
use crate::query::TokensQuery;

/// The chips of a scope.
#[component]
pub fn Chips(counts: Counts, query: TokensQuery) -> impl IntoView {
    let is_cleanup = matches!(query.filter, TokenFilter::CleanUp { .. });
    let chip = |count: usize, label: &str, filter: TokenFilter, needs_attention: bool| {
        let is_current =
            filter == query.filter || (is_cleanup && matches!(filter, TokenFilter::CleanUp { .. }));
        let current = is_current.then_some("page");
        let class = match (count, needs_attention) {
            (0, _) => "chip rests",
            (_, true) => "chip warn",
            (_, false) => "chip",
        };
        let address = query.with_filter(filter).address();
        view! { <li><a class=class href=address aria-current=current>{label.to_owned()} " " <b>{grouped(count)}</b></a></li> }
    };
    view! {
        <nav class="chips" aria-label="Filters">
            <ul>
                {chip(counts.all, "All", TokenFilter::All, false)}
                {chip(counts.active, "Active", TokenFilter::Active, false)}
                {chip(counts.unrevealed, "To reveal", TokenFilter::Unrevealed, false)}
                {chip(counts.suspended, "Suspended", TokenFilter::Suspended, false)}
                {chip(counts.due, "Ending", TokenFilter::Ending, false)}
                {chip(counts.expiring, "Expiring", TokenFilter::Expiring, true)}
                {chip(counts.never_used, "Never used", TokenFilter::NeverUsed, true)}
                {chip(counts.clean_up, "Clean up", TokenFilter::CLEAN_UP, true)}
            </ul>
        </nav>
    }
}
