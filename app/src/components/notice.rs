//! The notice of a form post without JavaScript.

use leptos::prelude::*;

use crate::flash::Flash;

/// Shows what the last form post did, once.
#[component]
pub fn FlashNotice() -> impl IntoView {
    use_context::<Flash>().map(|flash| {
        let class = if flash.is_failure() {
            "callout bad"
        } else {
            "callout"
        };
        view! { <p class=class role="status">{flash.words()}</p> }
    })
}
