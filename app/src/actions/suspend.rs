//! Suspends a token, for a reason that others can read.

use kargo::{problem::Problem, text::Text, token::TokenHandle};
use leptos::{prelude::*, task::spawn_local};

use super::{
    acts::arguments,
    delete::REFUSED_SOON,
    dialogs::{DialogTitle, Dialogs},
    notice::Notice,
    refresh::refresh,
};
use crate::{api, components::problem::ProblemView};

/// Asks why, then suspends.
#[component]
pub fn SuspendDialog(token: TokenHandle) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let title = token.name.to_string();
    let reason = RwSignal::new(String::new());
    let reason_error =
        Memo::new(move |_| Text::try_from(reason.get()).err().map(|e| e.to_string()));
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let on_submit = move |event: leptos::ev::SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() || reason_error.get_untracked().is_some() {
            return;
        }
        pending.set(true);
        problem.set(None);
        let token = token.clone();
        spawn_local(async move {
            let (scope, role, name, uid) = arguments(&token);
            let reason = Some(reason.get_untracked());
            let suspended = api::suspend_token(scope, role, name, uid, reason).await;
            pending.set(false);
            refresh();
            match suspended {
                Ok(()) => {
                    dialogs.close();
                    let said = format!("{} is suspended. {REFUSED_SOON}", token.name);
                    notice.say_with_undo(said, vec![token]);
                }
                Err(error) => problem.set(Some(error.0)),
            }
        });
    };
    view! {
        <form on:submit=on_submit>
            <DialogTitle>"Suspend " <code>{title}</code></DialogTitle>
            <p>"The API server refuses it until it is restored. " {REFUSED_SOON}</p>
            <label for="suspend-reason">"Reason (optional)"</label>
            <input
                id="suspend-reason"
                type="text"
                autocomplete="off"
                autofocus
                aria-describedby="suspend-reason-error suspend-reason-help"
                aria-invalid=move || reason_error.get().is_some().to_string()
                prop:value=reason
                on:input=move |event| reason.set(event_target_value(&event))
            />
            <p id="suspend-reason-error" class="field-error" aria-live="polite">{reason_error}</p>
            <p id="suspend-reason-help" class="help">"Everybody who sees the token can read it."</p>
            {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
            <div class="actions">
                <button type="button" on:click=move |_| dialogs.close()>"Cancel"</button>
                <button type="submit" class="primary" disabled=move || pending.get() || reason_error.get().is_some()>
                    {move || if pending.get() { "Suspending…" } else { "Suspend token" }}
                </button>
            </div>
        </form>
    }
}
