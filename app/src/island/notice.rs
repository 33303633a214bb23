//! The line that tells what was just done. A live region: screen readers read it out.

use leptos::prelude::*;

/// Says things through the app's one notice line.
#[derive(Clone, Copy)]
pub struct Notice(RwSignal<Option<String>>);

impl Notice {
    /// Makes it available to every component below.
    pub fn provide() -> Self {
        let notice = Self(RwSignal::new(None));
        provide_context(notice);
        notice
    }

    /// The app's notice line.
    pub fn get() -> Self {
        expect_context()
    }

    /// Takes it away: something else has begun.
    pub fn clear(self) {
        self.0.set(None);
    }

    /// Shows a sentence until the next one, or until it is dismissed.
    pub fn say(self, text: impl Into<String>) {
        self.0.set(Some(text.into()));
    }
}

/// The line itself.
#[component]
pub fn NoticeLine() -> impl IntoView {
    let Notice(text) = Notice::get();
    view! {
        <div class="notice" role="status">
            {move || {
                text.get().map(|text_now| {
                    view! {
                        <p>{text_now}</p>
                        <button type="button" class="quiet" aria-label="Dismiss" on:click=move |_| text.set(None)>"✕"</button>
                    }
                })
            }}
        </div>
    }
}
