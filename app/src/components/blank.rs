//! What a page shows in place of a table: that there is nothing, or that nothing can be read, and what to do.

use leptos::prelude::*;

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
