//! Recreate: one click makes a successor under a new name, then its reveal begins. The old token goes on working until the person
//! says that the new value is saved.

use kargo::{problem::Problem, token::TokenHandle};
use leptos::{prelude::*, task::spawn_local};

use super::{
    dialogs::{Dialog, DialogTitle, Dialogs},
    refresh::refresh,
};
use crate::{api, components::problem::ProblemView};

/// Creates the successor at once; stays open only when that failed.
#[component]
pub fn RecreateDialog(token: TokenHandle) -> impl IntoView {
    let dialogs = Dialogs::get();
    let name = token.name.to_string();
    let problem = RwSignal::new(None::<Problem>);
    let recreate = move || {
        let old = token.clone();
        problem.set(None);
        spawn_local(async move {
            match api::recreate_token(
                old.scope.to_string(),
                old.role.clone(),
                old.name.to_string(),
                old.uid.0.clone(),
            )
            .await
            {
                Ok(token) => {
                    refresh();
                    dialogs.open(Dialog::Reveal {
                        token,
                        replaces: Some(old),
                    });
                }
                Err(error) => problem.set(Some(error.0)),
            }
        });
    };
    recreate();
    view! {
        <DialogTitle>"Recreate " <code>{name}</code></DialogTitle>
        {move || match problem.get() {
            None => view! { <p role="status">"Creating its successor…"</p> }.into_any(),
            Some(problem) => {
                let again = recreate.clone();
                view! {
                    <ProblemView problem />
                    <div class="actions">
                        <button type="button" on:click=move |_| dialogs.close()>"Close"</button>
                        <button type="button" class="primary" on:click=move |_| again()>"Try again"</button>
                    </div>
                }
                    .into_any()
            }
        }}
    }
}
