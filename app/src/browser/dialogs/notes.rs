//! Edits a token's note and contact. What somebody else wrote meanwhile is shown and never overwritten unseen; what the person typed stays,
//! whatever happens.

use kargo::{
    problem::{Kind, Problem},
    text::Text,
    token::{Notes, TokenRef},
};
use leptos::{ev, prelude::*};

use super::{
    frame::{Cancel, Header, title},
    handle::Dialogs,
    request::{Request, RequestProblem},
};
use crate::browser::{notice::Notice, operations};

/// The dialog. `texts`: as the page shows them.
#[component]
pub fn NotesDialog(token: TokenRef, texts: Notes<String>) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let request = Request::new();
    let name = token.name.clone();
    let note = RwSignal::new(texts.note.clone());
    let contact = RwSignal::new(texts.contact.clone());
    let before = RwSignal::new(texts);
    // Texts that somebody else wrote meanwhile.
    let theirs = RwSignal::new(None::<Notes<String>>);
    let is_bad = move || error_in(note).is_some() || error_in(contact).is_some();
    // Neither Esc nor a click beside the dialog may lose what was typed.
    Effect::new(move |_| {
        let is_typed = before.with(|before| {
            note.with(|text| *text != before.note) || contact.with(|text| *text != before.contact)
        });
        dialogs.guard(is_typed);
    });
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if untrack(is_bad) {
            return;
        }
        let seen = before.get_untracked();
        let after = Notes {
            note: note.get_untracked(),
            contact: contact.get_untracked(),
        };
        let name = token.name.clone();
        request.send(save(token.clone(), seen, after), move |saved| match saved {
            Saved::Yes => {
                dialogs.done();
                notice.show(format!("Note and contact of {name} are saved."));
            }
            Saved::Changed(problem, found) => {
                request.fail(problem);
                before.set(found.clone());
                theirs.set(Some(found));
            }
        });
    };
    view! {
        <form on:submit=on_submit>
            <Header
                title=title("Note and contact of ", name, "")
                sentence="Everybody who may list this token can read both. Never write its value here."
            />
            <div class="body">
                <Field id="note" label="Note" help="What uses it, where it is stored, what breaks without it." text=note focus=true />
                <Field id="contact" label="Contact" help="Whom to ask before it is deleted: a person, a team, a channel." text=contact focus=false />
                <RequestProblem request />
                {move || theirs.get().map(|theirs| view! { <Theirs theirs /> })}
            </div>
            <footer>
                <Cancel />
                <button type="submit" class="btn primary" disabled=move || request.is_pending() || is_bad()>
                    {move || if request.is_pending() { "Saving…" } else { "Save" }}
                </button>
            </footer>
        </form>
    }
}

/// One text, with what may be wrong with it and how long it is.
#[component]
fn Field(
    id: &'static str,
    label: &'static str,
    help: &'static str,
    text: RwSignal<String>,
    focus: bool,
) -> impl IntoView {
    let part = |part: &str| format!("notes-{id}-{part}");
    let field = format!("notes-{id}");
    let described = format!("{} {} {}", part("error"), part("count"), part("help"));
    let length = move || text.with(|text| text.trim().chars().count());
    view! {
        <div class="field">
            <label for=field.clone()>{label}</label>
            <textarea
                id=field
                rows=if focus { "5" } else { "2" }
                autofocus=focus
                prop:value=text
                aria-describedby=described
                aria-invalid=move || error_in(text).is_some().to_string()
                on:input=move |event| text.set(event_target_value(&event))
            ></textarea>
            <p id=part("error") class="field-error" aria-live="polite">{move || error_in(text)}</p>
            <p id=part("count") class="help count">{move || format!("{} of {} characters", length(), Text::MAX)}</p>
            <p id=part("help") class="help">{help}</p>
        </div>
    }
}

/// Texts that somebody else wrote.
#[component]
fn Theirs(theirs: Notes<String>) -> impl IntoView {
    let shown = |text: String| match text.as_str() {
        "" => view! { <em>"nothing"</em> }.into_any(),
        _ => view! { <span class="written" dir="auto">{text}</span> }.into_any(),
    };
    view! {
        <dl class="theirs">
            <div><dt>"Their note"</dt><dd>{shown(theirs.note)}</dd></div>
            <div><dt>"Their contact"</dt><dd>{shown(theirs.contact)}</dd></div>
        </dl>
    }
}

/// Reactive error of a text.
fn error_in(text: RwSignal<String>) -> Option<String> {
    text.with(|text| Text::try_from(text.clone()).err().map(|e| e.to_string()))
}

/// Result of saving.
enum Saved {
    Yes,
    /// Somebody else was quicker: their texts.
    Changed(Problem, Notes<String>),
}

async fn save(
    token: TokenRef,
    seen: Notes<String>,
    after: Notes<String>,
) -> Result<Saved, Problem> {
    let error = match operations::save_notes(token.clone(), seen.clone(), after).await {
        Ok(()) => return Ok(Saved::Yes),
        Err(error) => error,
    };
    let now = match error.kind {
        Kind::Conflict => operations::notes(&token).await.ok(),
        _ => None,
    };
    match now.filter(|now| *now != seen) {
        None => Err(error),
        Some(now) => Ok(Saved::Changed(
            Problem::new(
                error.kind,
                error.message,
                "Nothing was changed. Their texts are shown here, yours are still in the fields. Save again to replace theirs with yours.",
            ),
            now,
        )),
    }
}
