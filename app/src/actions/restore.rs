//! Confirms that a token was never compromised, before it works again.

use kargo::{problem::Problem, token::TokenHandle};
use leptos::{prelude::*, task::spawn_local};

use super::{
    acts::restore,
    dialogs::{DialogTitle, Dialogs},
    notice::Notice,
    refresh::refresh,
};
use crate::components::problem::ProblemView;

/// Asks, then restores.
#[component]
pub fn RestoreDialog(token: TokenHandle) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let name = token.name.to_string();
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let on_restore = move |_| {
        let token = token.clone();
        pending.set(true);
        problem.set(None);
        spawn_local(async move {
            let restored = restore(&token, true).await;
            pending.set(false);
            refresh();
            match restored {
                Ok(()) => {
                    dialogs.close();
                    notice.say(format!("{} is restored.", token.name));
                }
                Err(error) => problem.set(Some(error.0)),
            }
        });
    };
    view! {
        <DialogTitle>"Restore " <code>{name}</code> "?"</DialogTitle>
        <p>"Somebody reported that its value is in the wrong hands. Restored, it is not deleted, and whoever has the value can use it at once: restore it only if that was a false alarm."</p>
        {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
        <div class="actions">
            <button type="button" autofocus on:click=move |_| dialogs.close()>"Cancel"</button>
            <button type="button" class="danger" disabled=pending on:click=on_restore>
                {move || if pending.get() { "Restoring…" } else { "Restore token" }}
            </button>
        </div>
    }
}
