//! The fields of a token's note and contact.

use kargo::text::Text;
use leptos::prelude::*;

/// Both fields. `is_first`: they are what the dialog is about, so the note is large and has the focus.
#[component]
pub fn NoteFields(
    note: RwSignal<String>,
    contact: RwSignal<String>,
    is_first: bool,
) -> impl IntoView {
    let rows = if is_first { "5" } else { "2" };
    view! {
        <Field id="note" label="Note" help="What uses it, where it is stored, what breaks without it." rows text=note focus=is_first />
        <Field id="contact" label="Contact" help="Whom to ask before it is deleted: a person, a team, a channel." rows="2" text=contact focus=false />
    }
}

/// Characters from which on a text's length is told. The error tells of one that is too long.
const COUNTED: usize = Text::MAX * 4 / 5;

/// Warning of each dialog with these fields.
pub const READ_BY_OTHERS: &str =
    "Everybody who may list this token can read these. Never paste its value here.";

/// One text, with what may be wrong with it and how long it is.
#[component]
fn Field(
    id: &'static str,
    label: &'static str,
    help: &'static str,
    rows: &'static str,
    text: RwSignal<String>,
    focus: bool,
) -> impl IntoView {
    let part = |part: &str| format!("notes-{id}-{part}");
    let field = format!("notes-{id}");
    let described = format!("{} {} {}", part("error"), part("count"), part("help"));
    let count = move || {
        let length = text.with(|text| text.trim().chars().count());
        (COUNTED..=Text::MAX)
            .contains(&length)
            .then(|| format!("{length} of {} characters", Text::MAX))
    };
    view! {
        <div class="field">
            <label for=field.clone()>{label}</label>
            <textarea
                id=field
                rows=rows
                autofocus=focus
                prop:value=text
                aria-describedby=described
                aria-invalid=move || error_in(text).is_some().to_string()
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <p id=part("error") class="field-error" aria-live="polite">{move || error_in(text)}</p>
            <p id=part("count") class="help count">{count}</p>
            <p id=part("help") class="help">{help}</p>
        </div>
    }
}

/// Reactive error of a text.
pub fn error_in(text: RwSignal<String>) -> Option<String> {
    text.with(|text| Text::try_from(text.clone()).err().map(|e| e.to_string()))
}
