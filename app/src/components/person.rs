//! A person's name as Kubernetes knows it.

use leptos::prelude::*;

/// The name, or *you*. Anybody who may write an annotation could write "you" into it, so the real one is marked up.
#[component]
pub fn Person(name: String, viewer: Option<String>) -> impl IntoView {
    if viewer.as_ref() == Some(&name) {
        view! { <em class="you">"you"</em> }.into_any()
    } else {
        view! { <bdi>{name}</bdi> }.into_any()
    }
}
