//! The New token dialog: a role and a name, checked while typing and again on the server.

use kargo::{
    name::{RoleName, TokenName},
    problem::Problem,
    scope::Scope,
};
use leptos::{ev, prelude::*, task::spawn_local};

use super::{
    browser,
    dialogs::{Dialog, DialogTitle, Dialogs, Then},
    lifetime::{Lifetime, LifetimeField},
    refresh::refresh,
};
use crate::{api, components::problem::ProblemView};

/// Creates a token, then goes on to its reveal.
#[component]
pub fn NewTokenDialog(scope: Scope, roles: Vec<RoleName>, role: Option<RoleName>) -> impl IntoView {
    let dialogs = Dialogs::get();
    let chosen = role.or_else(|| roles.first().cloned());
    let role = RwSignal::new(chosen.as_ref().map(ToString::to_string).unwrap_or_default());
    // A suggestion follows the role until the person types a name of their own; then it follows that.
    let own_name = RwSignal::new(false);
    let name = RwSignal::new(String::new());
    let suggest = move || {
        let base = if own_name.get_untracked() { name } else { role };
        base.with_untracked(|base| TokenName::with_suffix(base, browser::random()).to_string())
    };
    name.set(suggest());
    let name_error = Memo::new(move |_| {
        name.with(|name| name.parse::<TokenName>().err().map(|e| e.to_string()))
    });
    let lifetime = Lifetime::new();
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);

    let on_role = move |event: ev::Event| {
        role.set(event_target_value(&event));
        if !own_name.get_untracked() {
            name.set(suggest());
        }
    };
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Ok(seconds) = untrack(|| lifetime.seconds()) else {
            return;
        };
        if pending.get_untracked() || name_error.get_untracked().is_some() {
            return;
        }
        pending.set(true);
        problem.set(None);
        let scope = scope.clone();
        spawn_local(async move {
            let created = api::create_token(
                scope.to_string(),
                role.get_untracked(),
                name.get_untracked(),
                Some(seconds),
            )
            .await;
            pending.set(false);
            match created {
                Ok(token) => {
                    refresh();
                    dialogs.open(Dialog::Reveal {
                        token,
                        then: Then::Nothing,
                    });
                }
                Err(error) => problem.set(Some(error.0)),
            }
        });
    };

    view! {
        <form on:submit=on_submit>
            <DialogTitle>"New token"</DialogTitle>
            <label for="new-token-role">"Role"</label>
            <select id="new-token-role" on:change=on_role>
                {roles
                    .into_iter()
                    .map(|r| {
                        let selected = Some(&r) == chosen.as_ref();
                        view! { <option value=r.to_string() selected=selected>{r.to_string()}</option> }
                    })
                    .collect_view()}
            </select>
            <NameField name own_name error=name_error problem suggest lifetime />
            <LifetimeField lifetime />
            {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
            <div class="actions">
                <button type="button" on:click=move |_| dialogs.close()>"Cancel"</button>
                <button type="submit" class="primary" disabled=move || pending.get() || name_error.get().is_some() || lifetime.seconds().is_err()>
                    {move || if pending.get() { "Creating…" } else { "Create token" }}
                </button>
            </div>
        </form>
    }
}

/// The name, checked while it is typed, with another suggestion at hand. `own_name`: whether the person typed it. `problem`: what the server said of
/// an earlier one.
#[component]
fn NameField(
    name: RwSignal<String>,
    own_name: RwSignal<bool>,
    error: Memo<Option<String>>,
    problem: RwSignal<Option<Problem>>,
    suggest: impl Fn() -> String + Copy + 'static,
    lifetime: Lifetime,
) -> impl IntoView {
    // An expiring token's value is another one each time.
    let is_risky = Memo::new(move |_| {
        let is_plain = name.with(|name| {
            name.parse::<TokenName>()
                .is_ok_and(|name| !name.has_random_suffix())
        });
        is_plain && lifetime.seconds() == Ok(0)
    });
    view! {
            <label for="new-token-name">"Name"</label>
            <div class="with-button">
                <input
                    id="new-token-name"
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    autofocus
                    required
                    prop:value=name
                    aria-describedby="new-token-name-error new-token-name-help"
                    aria-invalid=move || error.get().is_some().to_string()
                    on:input=move |event| {
                        own_name.set(true);
                        problem.set(None);
                        name.set(event_target_value(&event));
                    }
                />
                <button
                    type="button"
                    on:click=move |_| {
                        problem.set(None);
                        name.set(suggest());
                    }
                >
                    "Suggest"
                </button>
            </div>
            <p id="new-token-name-error" class="field-error" aria-live="polite">{error}</p>
            <p id="new-token-name-help" class="help" class:risky=is_risky>
                {move || is_risky.get().then_some("This name has no random ending. ")}
                "Never use a deleted token's name again: Kubernetes gives the same name the same value, so a leaked one would work again. The random ending makes sure."
            </p>
    }
}
