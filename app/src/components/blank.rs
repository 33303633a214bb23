//! What a page shows in place of a table: that there is nothing, or that nothing can be read, and what to do.

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

/// The empty state of a list in which a search or a filter finds nothing.
pub fn nothing_found(list: &ListAddress) -> impl IntoView + use<> {
    let title = if list.search.is_empty() {
        "No tokens pass this filter.".to_owned()
    } else {
        format!(
            "No token is found for \u{201c}{}\u{201d}.",
            list.search.text()
        )
    };
    let all = list.with_all();
    view! {
        <Blank title>
            <p><a class="btn" href=all>"Show all tokens"</a></p>
        </Blank>
    }
}
