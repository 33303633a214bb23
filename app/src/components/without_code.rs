//! What a page says where the browser's code doesn't run: without JavaScript, or where WebAssembly can't load.

use leptos::prelude::*;

/// The note without JavaScript. Stands below the page's title.
#[component]
pub fn NoScript() -> impl IntoView {
    view! {
        <noscript><p class="callout">"Without JavaScript you can read, delete and restore. Everything else needs it."</p></noscript>
    }
}

/// The note where scripts run: the style sheet shows it only when the code has not started after some seconds. Stands at the page's end,
/// because its place stays empty until then.
#[component]
pub fn NotStarted() -> impl IntoView {
    view! {
        <p class="help not-started">
            "The greyed-out commands need WebAssembly, which didn't load. Allow scripts and WebAssembly for this address, then reload the page. Reading, deleting and restoring work without it."
        </p>
    }
}
