//! The confirmation before a token is deleted for good, where nothing can be undone.

use kargo::{problem::Problem, token::TokenHandle};
use leptos::{prelude::*, task::spawn_local};

use super::{
    acts::arguments,
    dialogs::{DialogTitle, Dialogs},
    notice::Notice,
    page,
    refresh::refresh,
};
use crate::{api, components::problem::ProblemView};

/// What is said wherever a token stops: the API server keeps successful sign-ins for 10 seconds.
pub const REFUSED_SOON: &str = "New requests with it are refused within about 10 seconds; streams that are already open may go on.";
/// The same about many.
pub const ALL_REFUSED_SOON: &str = "New requests with them are refused within about 10 seconds; streams that are already open may go on.";

/// Deletes a token with time to undo it where there is any (the answer is for how many seconds), at once otherwise. The page then shows what
/// is there, whatever came of it.
pub async fn delete(token: &TokenHandle) -> Result<Option<u64>, Problem> {
    delete_with(token, page::deletes_at_once(token).then_some(true)).await
}

/// The same as it is asked for: `now`, or with time to undo it.
pub async fn delete_with(token: &TokenHandle, now: Option<bool>) -> Result<Option<u64>, Problem> {
    let (scope, role, name, uid) = arguments(token);
    let deleted = api::delete_token(scope, role, name, uid, now, None).await;
    refresh();
    deleted.map_err(|error| error.0)
}

/// Asks, then deletes.
#[component]
pub fn DeleteDialog(token: TokenHandle) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let name = token.name.to_string();
    let role = token.role.clone();
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let on_delete = move |_| {
        let token = token.clone();
        pending.set(true);
        problem.set(None);
        spawn_local(async move {
            let deleted = delete_with(&token, Some(true)).await;
            pending.set(false);
            match deleted {
                Ok(_) => {
                    dialogs.close();
                    notice.say(format!("{} is deleted. {REFUSED_SOON}", token.name));
                }
                Err(error) => problem.set(Some(error)),
            }
        });
    };
    view! {
        <DialogTitle>"Delete " <code>{name}</code> "?"</DialogTitle>
        <p>"Whatever still uses this token of " <strong>{role}</strong> " stops working. " {REFUSED_SOON} " This can't be undone."</p>
        {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
        <div class="actions">
            <button type="button" autofocus on:click=move |_| dialogs.close()>"Cancel"</button>
            <button type="button" class="danger" disabled=pending on:click=on_delete>
                {move || if pending.get() { "Deleting…" } else { "Delete token" }}
            </button>
        </div>
    }
}
