//! What a page shows in place of a table: that there is nothing, or that nothing can be read, and what to do.

use kargo::{filter::TokenFilter, text::foreign};
use leptos::prelude::*;

use crate::query::ListAddress;

/// An empty state. `children`: what to do next.
#[component]
pub fn Blank(title: String, children: Children) -> impl IntoView {
    view! {
        <div class="blank">
            <p class="blank-title">{title}</p>
            {children()}
        </div>
    }
}

/// Characters of a search that are shown.
const SEARCH_LENGTH: usize = 40;

/// The empty state of a list in which a search or a filter finds nothing.
pub fn nothing_found(list: &ListAddress) -> impl IntoView + use<> {
    let text = foreign(list.search.text().chars().take(SEARCH_LENGTH).collect());
    let (title, without) = match (list.search.is_empty(), list.filter.is_all()) {
        (true, _) => ("No tokens pass this filter.".to_owned(), None),
        (false, true) => (
            format!("No token is found for \u{201c}{text}\u{201d}."),
            None,
        ),
        (false, false) => (
            format!("No token with \u{201c}{text}\u{201d} passes these filters."),
            Some(list.with_filter(TokenFilter::default())),
        ),
    };
    let all = list.with_all();
    let without =
        without.map(|address| view! { <a class="btn" href=address>"Remove the filters"</a> " " });
    view! {
        <Blank title>
            <p>{without}<a class="btn" href=all>"Show all tokens"</a></p>
        </Blank>
    }
}
