//! Suspends a token, for a reason that others can read.

use kargo::{text::Text, token::TokenRef};
use leptos::{ev, prelude::*};

use super::{
    frame::{Cancel, Header, title},
    handle::Dialogs,
    request::{Request, RequestProblem},
};
use crate::browser::{
    notice::{Notice, Undo},
    operations,
    wording::REFUSED_SOON,
};

/// Asks for the reason, then suspends.
#[component]
pub fn SuspendDialog(token: TokenRef) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let request = Request::new();
    let name = token.name.clone();
    let reason = RwSignal::new(String::new());
    let error = Memo::new(move |_| Text::try_from(reason.get()).err().map(|e| e.to_string()));
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        if error.get_untracked().is_some() {
            return;
        }
        let done = token.clone();
        let suspend = operations::suspend(token.clone(), reason.get_untracked());
        request.send(suspend, move |()| {
            dialogs.done();
            let text = format!("{} is suspended.", done.name);
            let undo = Undo {
                tokens: vec![done],
                window: None,
            };
            notice.show_with_undo(text, undo);
        });
    };
    view! {
        <form on:submit=on_submit>
            <Header title=title("Suspend ", name, "") sentence=format!("The token works again once somebody restores it. {REFUSED_SOON}") />
            <div class="body">
                <div class="field">
                    <label for="suspend-reason">"Reason (optional)"</label>
                    <input
                        id="suspend-reason"
                        type="text"
                        autocomplete="off"
                        autofocus
                        aria-describedby="suspend-reason-error suspend-reason-help"
                        aria-invalid=move || error.get().is_some().to_string()
                        prop:value=reason
                        on:input=move |event| reason.set(event_target_value(&event))
                    />
                    <p id="suspend-reason-error" class="field-error" aria-live="polite">{error}</p>
                    <p id="suspend-reason-help" class="help">"Everybody who sees the token can read it."</p>
                </div>
                <RequestProblem request />
            </div>
            <footer>
                <Cancel />
                <button type="submit" class="btn primary" disabled=move || error.get().is_some() aria-disabled=move || request.aria_disabled()>
                    {move || if request.is_pending() { "Suspending…" } else { "Suspend token" }}
                </button>
            </footer>
        </form>
    }
}
