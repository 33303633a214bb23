//! The notice of a form post without JavaScript.

use leptos::prelude::*;

use crate::flash::{Flash, NotShownYet};

/// Shows what the last form post did, once; and that a page is older than what the person did last.
#[component]
pub fn FlashNotice() -> impl IntoView {
    let late = use_context::<NotShownYet>().map(|_| {
        view! { <p class="callout" role="status">"Your last change is not shown here yet. Reload the page in a moment."</p> }
    });
    let flash = use_context::<Flash>().map(|flash| {
        let class = if flash.is_failure() {
            "callout bad"
        } else {
            "callout"
        };
        view! { <p class=class role="status">{flash.words()}</p> }
    });
    (late, flash)
}
