//! The parts of an address that mean nothing.

use kargo::filter::IgnoredWord;
use leptos::prelude::*;

/// A line that names them; nothing if there are none.
#[component]
pub fn Ignored(words: Vec<IgnoredWord>) -> impl IntoView {
    (!words.is_empty()).then(|| {
        let lines = words
            .iter()
            .map(|word| view! { <p>{word.to_string()}</p> })
            .collect_view();
        view! {
            <div class="callout warn ignored" role="status">
                <div>
                    <p><b>"Parts of this address are ignored."</b></p>
                    {lines}
                </div>
            </div>
        }
    })
}
