//! Parts that every dialog has.

use leptos::prelude::*;

use super::handle::Dialogs;

/// Title and first sentence of a dialog.
#[component]
pub fn Header(#[prop(into)] title: AnyView, #[prop(into)] sentence: String) -> impl IntoView {
    let sentence = (!sentence.is_empty()).then(|| view! { <p>{sentence}</p> });
    view! {
        <header>
            <h2 id="dialog-title" tabindex="-1">{title}</h2>
            {sentence}
        </header>
    }
}

/// A title with a token's name in it.
pub fn title(before: &'static str, name: impl ToString, after: &'static str) -> AnyView {
    view! { {before} <code>{name.to_string()}</code> {after} }.into_any()
}

/// The button that closes the dialog and does nothing. Disabled while a request is under way: what follows has to find this dialog.
#[component]
pub fn Cancel(
    #[prop(default = "Cancel")] label: &'static str,
    #[prop(optional)] autofocus: bool,
) -> impl IntoView {
    let dialogs = Dialogs::get();
    view! { <button type="button" class="btn" autofocus=autofocus disabled=move || dialogs.is_waiting() on:click=move |_| dialogs.cancel()>{label}</button> }
}
