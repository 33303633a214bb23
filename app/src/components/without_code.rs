//! What a page says where the browser's code doesn't run: without JavaScript, or where WebAssembly can't load.

use leptos::prelude::*;

/// The note. Where scripts run, the style sheet shows it only when the code has not started after some seconds.
#[component]
pub fn WithoutCode() -> impl IntoView {
    const WORKS: &str = "Reading, deleting and restoring work without it.";
    view! {
        <noscript><p class="help">"The other commands need JavaScript and WebAssembly. "{WORKS}</p></noscript>
        <p class="help not-started">
            "The commands that rest need WebAssembly, which didn't load. Allow scripts and WebAssembly for this address, then reload the page. "{WORKS}
        </p>
    }
}
