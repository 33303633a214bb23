//! The page for addresses that lead nowhere.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{base_path::at, components::blank::Blank};

/// Answers 404 and leads back.
#[component]
pub fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<leptos_axum::ResponseOptions>() {
        response.set_status(leptos::server_fn::http_export::StatusCode::NOT_FOUND);
    }
    view! {
        <Title text="Not found" />
        <main id="main" tabindex="-1">
            <div class="top"><h1 tabindex="-1">"Not found"</h1></div>
            <Blank title="There is nothing at this address.".to_owned()>
                <p><a class="btn" href=at("/system")>"Show the system's tokens"</a></p>
            </Blank>
        </main>
    }
}
