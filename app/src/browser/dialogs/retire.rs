//! What becomes of the old token of a rotation: stopped now, or kept beside its successor for a while.

use kargo::{problem::Kind, token::TokenRef};
use leptos::prelude::*;

use super::{
    frame::{Cancel, Header, title},
    handle::{Dialog, Dialogs},
    request::{Request, RequestProblem},
};
use crate::browser::{
    notice::{Notice, UndoWindow},
    operations, undo,
    wording::{self, REFUSED_SOON},
};

/// How long the old token is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Choice {
    /// Delete it now.
    Stop,
    /// Keep it for so many seconds.
    Keep(u32),
    /// Keep it until somebody deletes it.
    KeepOpen,
}

const CHOICES: [(Choice, &str); 5] = [
    (Choice::Stop, "Delete it now"),
    (Choice::Keep(3600), "Keep it for 1 hour"),
    (Choice::Keep(24 * 3600), "Keep it for 24 hours"),
    (Choice::Keep(7 * 24 * 3600), "Keep it for 7 days"),
    (Choice::KeepOpen, "Keep it until somebody deletes it"),
];

/// Changes when a token retires that has a successor already.
#[component]
pub fn RetireDialog(token: TokenRef) -> impl IntoView {
    view! { <Retire old=token can_cancel=true /> }
}

/// The question, as a dialog or as the last step of a reveal.
#[component]
pub fn Retire(old: TokenRef, can_cancel: bool) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let request = Request::new();
    let choice = RwSignal::new(Choice::Stop);
    let (name, again) = (old.name.clone(), old.clone());
    let on_done = move |_| {
        let old = old.clone();
        let keep = match choice.get_untracked() {
            Choice::Stop => return stop(old, request, dialogs, notice),
            Choice::Keep(seconds) => Some(seconds),
            Choice::KeepOpen => None,
        };
        request.send(operations::retire(old.clone(), keep), move |()| {
            dialogs.done();
            notice.show(match keep {
                Some(_) => format!("{} retires by itself: its row shows when.", old.name),
                None => format!(
                    "{} still works. Delete it when nothing uses it any more.",
                    old.name
                ),
            });
        });
    };
    let later = again.name.clone();
    let decide_later = move |_| {
        dialogs.done();
        notice.show(format!(
            "{later} stays as it is. Choose in its row when it retires."
        ));
    };
    let help = move || match choice.get() {
        Choice::Stop => REFUSED_SOON,
        Choice::Keep(_) => {
            "Its row shows when it retires and whether it is still used. Kargo Tokens deletes it then if it is running; otherwise the next kargo-tokens sweep does."
        }
        Choice::KeepOpen => "Its row shows whether it is still used.",
    };
    view! {
        <Header title=title("When does ", name, " retire?") sentence="Until then the old token stays as it is." />
        <div class="body">
            <fieldset class="choices">
                <legend class="visually-hidden">"The old token"</legend>
                {CHOICES
                    .into_iter()
                    .map(|(of, label)| {
                        view! {
                            <label>
                                <input type="radio" name="retire" autofocus=of == Choice::Stop prop:checked=move || choice.get() == of on:change=move |_| choice.set(of) />
                                {label}
                            </label>
                        }
                    })
                    .collect_view()}
            </fieldset>
            <p class="help">{help}</p>
            <RequestProblem request />
        </div>
        <footer>
            {if can_cancel {
                view! { <Cancel /> }.into_any()
            } else {
                view! { <button type="button" class="btn" on:click=decide_later>"Decide later"</button> }.into_any()
            }}
            <DeletePermanently old=again request choice />
            <button type="button" class="btn primary" aria-disabled=move || request.aria_disabled() on:click=on_done>
                {move || match (request.is_pending(), choice.get()) {
                    (true, _) => "Working…",
                    (false, Choice::Stop) => "Delete the old token",
                    (false, _) => "Keep the old token",
                }}
            </button>
        </footer>
    }
}

/// Deletes the old token with an undo window.
fn stop(old: TokenRef, request: Request, dialogs: Dialogs, notice: Notice) {
    request.send(operations::delete(old.clone(), None), move |window| {
        dialogs.done();
        match window {
            Some(seconds) => {
                let text = wording::being_deleted(&old.name);
                undo::offer(notice, text, vec![old], UndoWindow::of(seconds));
            }
            None => notice.show(wording::is_deleted(&old.name)),
        }
    });
}

/// Offers the permanent deletion, where an undo window was refused: expiring tokens and old clusters have none.
#[component]
fn DeletePermanently(old: TokenRef, request: Request, choice: RwSignal<Choice>) -> impl IntoView {
    let dialogs = Dialogs::get();
    let is_refused = move || {
        let kind = request.problem().map(|problem| problem.kind);
        choice.get() == Choice::Stop && matches!(kind, Some(Kind::Conflict | Kind::Invalid))
    };
    move || {
        let old = old.clone();
        is_refused().then(|| {
            view! { <button type="button" class="btn" on:click=move |_| dialogs.open(Dialog::Delete(old.clone()))>"Delete permanently…"</button> }
        })
    }
}
