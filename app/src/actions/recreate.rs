//! Recreate: one click makes a successor under a new name, then its reveal begins. The old token goes on working until the person
//! says that the new value is saved.

use kargo::{problem::Problem, token::TokenHandle};
use leptos::{prelude::*, task::spawn_local};

use super::{
    acts::arguments,
    dialogs::{Dialog, DialogTitle, Dialogs, Then},
    lifetime::{Lifetime, LifetimeField},
    refresh::refresh,
};
use crate::{api, components::problem::ProblemView};

/// Creates the successor at once; stays open only when that failed. `lifetime`: in seconds, 0: without end, nothing: as the old one's.
#[component]
pub fn RecreateDialog(token: TokenHandle, lifetime: Option<u64>) -> impl IntoView {
    let dialogs = Dialogs::get();
    let name = token.name.to_string();
    let problem = RwSignal::new(None::<Problem>);
    let recreate = move || {
        let old = token.clone();
        problem.set(None);
        // What comes next must find this dialog, and nothing else in its place.
        dialogs.guard(true);
        spawn_local(async move {
            let (scope, role, name, uid) = arguments(&old);
            match api::recreate_token(scope, role, name, uid, lifetime).await {
                Ok(token) => {
                    refresh();
                    dialogs.open(Dialog::Reveal {
                        token,
                        then: Then::Retire(old),
                    });
                }
                Err(error) => {
                    dialogs.guard(false);
                    problem.set(Some(error.0));
                }
            }
        });
    };
    recreate();
    view! {
        <DialogTitle>"Recreate " <code>{name}</code></DialogTitle>
        <Creating problem again=recreate />
    }
}

/// A successor that is being created at once: the next dialog follows, unless there is a problem.
#[component]
pub fn Creating(
    problem: RwSignal<Option<Problem>>,
    again: impl Fn() + Clone + Send + 'static,
) -> impl IntoView {
    let dialogs = Dialogs::get();
    move || match problem.get() {
        None => view! { <p role="status">"Creating its successor…"</p> }.into_any(),
        Some(problem) => {
            let again = again.clone();
            view! {
                <ProblemView problem />
                <div class="actions">
                    <button type="button" on:click=move |_| dialogs.close()>"Close"</button>
                    <button type="button" class="primary" on:click=move |_| again()>"Try again"</button>
                </div>
            }
            .into_any()
        }
    }
}

/// Asks how long the successor lives, then creates it.
#[component]
pub fn RecreateWithDialog(token: TokenHandle) -> impl IntoView {
    let dialogs = Dialogs::get();
    let name = token.name.to_string();
    let lifetime = Lifetime::new();
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if let Ok(seconds) = untrack(|| lifetime.seconds()) {
            dialogs.open(Dialog::Recreate {
                token: token.clone(),
                lifetime: Some(seconds),
            });
        }
    };
    view! {
        <form on:submit=on_submit>
            <DialogTitle>"Recreate " <code>{name}</code></DialogTitle>
            <LifetimeField lifetime />
            <div class="actions">
                <button type="button" on:click=move |_| dialogs.close()>"Cancel"</button>
                <button type="submit" class="primary" disabled=move || lifetime.seconds().is_err()>"Recreate token"</button>
            </div>
        </form>
    }
}
