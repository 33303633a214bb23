//! Edits a token's note and contact. What somebody else wrote meanwhile is shown and not overwritten unseen; what the person typed
//! stays, whatever happens.

use kargo::{
    problem::{Kind, Problem},
    text::Text,
    token::TokenHandle,
};
use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    dialogs::{DialogTitle, Dialogs},
    notice::Notice,
    refresh::refresh,
};
use crate::{
    api::{self, ApiError, Notes},
    components::problem::ProblemView,
};

/// The dialog. `note` and `contact`: what the page shows.
#[component]
pub fn NotesDialog(token: TokenHandle, note: String, contact: String) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let name = token.name.to_string();
    let (note_now, contact_now) = (RwSignal::new(note.clone()), RwSignal::new(contact.clone()));
    let before = RwSignal::new(Notes { note, contact });
    // What somebody else wrote meanwhile.
    let theirs = RwSignal::new(None::<Notes>);
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let is_bad = move || error_in(note_now).is_some() || error_in(contact_now).is_some();
    // Neither Esc nor a click beside it may lose what was typed.
    Effect::new(move |_| {
        let is_typed = before.with(|before| {
            note_now.with(|text| *text != before.note)
                || contact_now.with(|text| *text != before.contact)
        });
        dialogs.guard(is_typed || pending.get());
    });

    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() || is_bad() {
            return;
        }
        pending.set(true);
        problem.set(None);
        let token = token.clone();
        spawn_local(async move {
            let seen = before.get_untracked();
            let (note, contact) = (note_now.get_untracked(), contact_now.get_untracked());
            let saved = save(&token, &seen, note, contact).await;
            match saved {
                Ok(()) => {
                    dialogs.close();
                    notice.say(format!("Note and contact of {} are saved.", token.name));
                    refresh();
                }
                Err(ApiError(error)) => {
                    let found = match error.kind {
                        Kind::Conflict => changed(&token, &seen).await,
                        _ => None,
                    };
                    problem.set(Some(match &found {
                        None => error,
                        Some(_) => Problem::new(
                            error.kind,
                            error.message,
                            "Nothing was changed. Theirs is shown here; yours is still in the fields. Save again to replace theirs with yours.",
                        ),
                    }));
                    if let Some(found) = found {
                        before.set(found.clone());
                        theirs.set(Some(found));
                    }
                }
            }
            pending.set(false);
        });
    };

    view! {
        <form on:submit=on_submit>
            <DialogTitle>"Note and contact of " <code>{name}</code></DialogTitle>
            <Field id="note" label="Note" help="What uses it, where it is stored, what breaks without it." text=note_now focus=true />
            <Field id="contact" label="Contact" help="Whom to ask before it is deleted: a person, a team, a channel." text=contact_now focus=false />
            <p class="help">"Everybody who may list this token can read both. Never write its value here."</p>
            {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
            {move || theirs.get().map(|theirs| view! { <Theirs theirs /> })}
            <div class="actions">
                <button type="button" on:click=move |_| dialogs.close()>"Cancel"</button>
                <button type="submit" class="primary" disabled=move || pending.get() || is_bad()>
                    {move || if pending.get() { "Saving…" } else { "Save" }}
                </button>
            </div>
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
        <div class="text-field">
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

/// What somebody else wrote.
#[component]
fn Theirs(theirs: Notes) -> impl IntoView {
    let shown = |text: String| match text.as_str() {
        "" => view! { <em>"nothing"</em> }.into_any(),
        _ => view! { <span class="written" dir="auto">{text}</span> }.into_any(),
    };
    view! {
        <dl class="facts theirs">
            <div><dt>"Their note"</dt><dd>{shown(theirs.note)}</dd></div>
            <div><dt>"Their contact"</dt><dd>{shown(theirs.contact)}</dd></div>
        </dl>
    }
}

/// What is wrong with a text, if anything; followed.
fn error_in(text: RwSignal<String>) -> Option<String> {
    Text::try_from(text.get())
        .err()
        .map(|error| error.to_string())
}

async fn save(
    token: &TokenHandle,
    seen: &Notes,
    note: String,
    contact: String,
) -> Result<(), ApiError> {
    api::note_token(
        token.scope.to_string(),
        token.role.clone(),
        token.name.to_string(),
        token.uid.0.clone(),
        seen.note.clone(),
        seen.contact.clone(),
        note,
        contact,
    )
    .await
}

/// What the token's texts are now, where they are others than those that were seen.
async fn changed(token: &TokenHandle, seen: &Notes) -> Option<Notes> {
    let now = api::get_notes(token.scope.to_string(), token.name.to_string()).await;
    now.ok().filter(|now| now != seen)
}
