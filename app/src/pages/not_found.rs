//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

/// Says so, with the status 404, and leads back.
#[component]
pub fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(leptos::server_fn::http_export::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found" />
        <main id="main" class="plain">
            <h1>"There is nothing at this address"</h1>
            <p>"Tokens of Kargo's system roles are at " <a href="/system">"System"</a> ", a project's at /projects/NAME."</p>
        </main>
    }
}
