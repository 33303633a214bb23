//! What becomes of the old token of a rotation: stopped now, or kept beside its successor for a while.

use kargo::{problem::Problem, token::TokenHandle};
use leptos::{prelude::*, task::spawn_local};

use super::{
    acts::arguments,
    delete::{REFUSED_SOON, delete},
    dialogs::{DialogTitle, Dialogs},
    notice::Notice,
    page,
    refresh::refresh,
};
use crate::{api, components::problem::ProblemView};

/// How long the old token is kept: the word of the choice, what it is called, and for a time its seconds.
const CHOICES: [(&str, &str, Option<u32>); 5] = [
    ("now", "Stop it now", None),
    ("1h", "Keep it for 1 hour", Some(3600)),
    ("24h", "Keep it for 24 hours", Some(24 * 3600)),
    ("7d", "Keep it for 7 days", Some(7 * 24 * 3600)),
    ("open", "Keep it until somebody deletes it", None),
];

/// Changes its mind about a token that has a successor already.
#[component]
pub fn RetireDialog(token: TokenHandle) -> impl IntoView {
    let name = token.name.to_string();
    view! {
        <DialogTitle>"When does " <code>{name}</code> " retire?"</DialogTitle>
        <OldToken old=token may_cancel=true />
    }
}

/// The choice and what follows from it; the dialog's title is the caller's.
#[component]
pub fn OldToken(old: TokenHandle, may_cancel: bool) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let choice = RwSignal::new("now");
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let on_done = {
        let old = old.clone();
        move |_| {
            let old = old.clone();
            pending.set(true);
            problem.set(None);
            spawn_local(async move {
                let done = apply(choice.get_untracked(), &old).await;
                pending.set(false);
                match done {
                    Ok(Done::Said(said)) => {
                        dialogs.close();
                        notice.say(said);
                    }
                    Ok(Done::Deleting(window)) => {
                        dialogs.close();
                        notice.say_while_undoable(&old, window);
                    }
                    Err(error) => problem.set(Some(error)),
                }
            });
        }
    };
    let name = old.name.to_string();
    let for_good = page::deletes_at_once(&old);
    let help = move || match choice.get() {
        "now" if for_good => "It is deleted at once. That can't be undone.",
        "now" => REFUSED_SOON,
        "open" => "Its row shows whether it is still used.",
        _ => {
            "Its row shows when it retires and whether it is still used. It is deleted then: by this program, or if that has ended before, by kargo-tokens sweep."
        }
    };
    view! {
        <fieldset class="choices">
            <legend>"The old token " <code>{name}</code> " still works:"</legend>
            {CHOICES
                .into_iter()
                .map(|(word, label, _)| {
                    view! {
                        <label>
                            <input type="radio" name="retire" autofocus=word == "now" prop:checked=move || choice.get() == word on:change=move |_| choice.set(word) />
                            {label}
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
        <p class="help">{help}</p>
        {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
        <div class="actions">
            {may_cancel.then(|| view! { <button type="button" on:click=move |_| dialogs.close()>"Cancel"</button> })}
            <button type="button" class="primary" disabled=pending on:click=on_done>
                {move || match (pending.get(), choice.get()) {
                    (true, _) => "Working…",
                    (false, "now") => "Stop the old token",
                    (false, _) => "Keep the old token",
                }}
            </button>
        </div>
    }
}

/// What came of a choice.
enum Done {
    /// It is to be said.
    Said(String),
    /// The old token is deleted, with so many seconds to undo it, if any.
    Deleting(Option<u64>),
}

/// Does what was chosen.
async fn apply(choice: &str, old: &TokenHandle) -> Result<Done, Problem> {
    if choice == "now" {
        return delete(old).await.map(Done::Deleting);
    }
    let overlap = CHOICES
        .into_iter()
        .find(|(word, ..)| *word == choice)
        .and_then(|(_, _, seconds)| seconds);
    let (scope, role, name, uid) = arguments(old);
    let retired = api::retire_token(scope, role, name, uid, overlap).await;
    refresh();
    retired.map_err(|error| error.0)?;
    let said = match overlap {
        Some(_) => format!("{} still works, until it retires.", old.name),
        None => format!(
            "{} still works. Delete it when nothing uses it any more.",
            old.name
        ),
    };
    Ok(Done::Said(said))
}
