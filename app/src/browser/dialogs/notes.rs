//! Edits a token's note and contact. What somebody else wrote meanwhile is shown and never overwritten unseen; what the person typed stays,
//! whatever happens.

use kargo::{
    problem::{Kind, Problem},
    token::{Notes, TokenRef},
};
use leptos::{ev, prelude::*};

use super::{
    frame::{Cancel, Header, title},
    handle::Dialogs,
    note_fields::{NoteFields, READ_BY_OTHERS, error_in},
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
                sentence=READ_BY_OTHERS
            />
            <div class="body">
                <NoteFields note contact is_first=true />
                <RequestProblem request />
                {move || theirs.get().map(|theirs| view! { <Theirs theirs /> })}
            </div>
            <footer>
                <Cancel />
                <button type="submit" class="btn primary" disabled=is_bad aria-disabled=move || request.aria_disabled()>
                    {move || if request.is_pending() { "Saving…" } else { "Save" }}
                </button>
            </footer>
        </form>
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
