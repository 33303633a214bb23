//! One token in full: its facts, what people wrote about it, what it can do, what was done to it, its Secret.

use std::{collections::BTreeMap, sync::Arc};

use kargo::{role::RoleSummary, scope::Scope};
use leptos::prelude::*;

use super::{
    listing::Listing,
    problem::ProblemView,
    rules::RoleDetails,
    token_facts::TokenFacts,
    token_history::{Events, History},
    token_row::Actions,
    token_state::{StateWord, stated},
};
use crate::{
    actions::{Dialog, Facts},
    api::{ApiError, Policy, Session, TokenDetails},
};

/// Everything below the way back.
#[component]
pub fn TokenDetailsView(
    scope: Scope,
    token: TokenDetails,
    session: Option<Session>,
) -> impl IntoView {
    let now = token.now;
    let policy = session.as_ref().map(|s| s.policy).unwrap_or_default();
    let me = session.map(|s| s.identity.user);
    let actions = actions(&scope, &token, policy, me.clone());
    let state = stated(&token.summary, now, me.as_deref());
    let role_name = token.summary.role.clone();
    view! {
        <header class="token-title">
            <h1><code>{token.summary.name.to_string()}</code></h1>
            <StateWord stated=state />
        </header>
        {actions}
        <section class="panel" aria-labelledby="facts">
            <h2 id="facts">"About this token"</h2>
            <TokenFacts scope=scope.clone() token=token.clone() me=me.clone() />
        </section>
        <Notes scope token=token.clone() />
        <section class="panel" aria-labelledby="can-do">
            <h2 id="can-do">"What it can do"</h2>
            <Rights role=token.role role_name />
        </section>
        <section class="panel" aria-labelledby="history">
            <h2 id="history">"What was done to it"</h2>
            <History acts=token.history now me />
            <h3>"Kubernetes Events"</h3>
            <Events events=token.events now />
        </section>
        <Yaml yaml=token.yaml />
    }
}

/// What can be done to it: the same as in its row of the list.
fn actions(
    scope: &Scope,
    token: &TokenDetails,
    policy: Policy,
    me: Option<String>,
) -> Option<impl IntoView + use<>> {
    let abilities = token.abilities.clone()?;
    let summary = token.summary.clone();
    let stray = !matches!(token.role, Ok(Some(_)));
    let facts = Facts {
        scope: scope.to_string(),
        mint: abilities.mint,
        max_lifetime: policy.max_lifetime,
        now: token.now.as_second(),
        ..Facts::default()
    };
    let handle = serde_json::to_string(&summary.handle(scope)).unwrap_or_default();
    let listing = Arc::new(Listing {
        scope: scope.clone(),
        now: token.now,
        me,
        abilities,
        policy,
        own: token.is_own.then(|| summary.name.clone()),
        successors: BTreeMap::new(),
        replaced: token
            .replaced
            .iter()
            .map(|old| (summary.name.clone(), old.clone()))
            .collect(),
        roles: vec![],
    });
    Some(view! {
        <noscript>"Changing a token needs JavaScript."</noscript>
        <div class="row-actions" data-facts=facts.attribute() data-handle=handle>
            <Actions listing token=summary stray />
        </div>
    })
}

#[component]
fn Notes(scope: Scope, token: TokenDetails) -> impl IntoView {
    let TokenDetails {
        summary, abilities, ..
    } = token;
    let may_write = summary.is_managed() && abilities.is_some_and(|may| may.patch);
    let edit = may_write.then(|| {
        let dialog = Dialog::Notes {
            token: summary.handle(&scope),
            note: summary.note.clone().unwrap_or_default(),
            contact: summary.contact.clone().unwrap_or_default(),
        };
        view! { <button type="button" class="needs-js" aria-label="Edit note and contact" data-dialog=dialog.attribute()>"Edit"</button> }
    });
    let written = |text: Option<String>, none: &'static str| match text.filter(|t| !t.is_empty()) {
        Some(text) => view! { <p class="written" dir="auto">{text}</p> }.into_any(),
        None => view! { <p class="help">{none}</p> }.into_any(),
    };
    view! {
        <section class="panel" aria-labelledby="notes">
            <header>
                <h2 id="notes">"Note and contact"</h2>
                {edit}
            </header>
            <dl class="facts">
                <div><dt>"Note"</dt><dd>{written(summary.note, "None. What is it used by, and what breaks without it?")}</dd></div>
                <div><dt>"Contact"</dt><dd>{written(summary.contact, "None. Whom to ask before it is deleted?")}</dd></div>
            </dl>
        </section>
    }
}

#[component]
fn Rights(role: Result<Option<RoleSummary>, ApiError>, role_name: String) -> impl IntoView {
    match role {
        Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
        Ok(None) => {
            view! { <p class="help">"Not shown: there is no role " <bdi>{role_name}</bdi> " here."</p> }.into_any()
        }
        Ok(Some(role)) => view! {
            <p>"Whoever has its value acts as the role " <strong>{role_name}</strong> ":"</p>
            <div class="rights"><RoleDetails role /></div>
        }
        .into_any(),
    }
}

#[component]
fn Yaml(yaml: String) -> impl IntoView {
    view! {
        <section class="panel" aria-label="The Secret as YAML">
            <details id="yaml">
                <summary>"The Secret as YAML"</summary>
                <p class="help">"Values are never shown here: each is replaced by " <code>"*** redacted ***"</code> "."</p>
                <p><button type="button" class="needs-js" data-copy="#yaml-text">"Copy YAML"</button></p>
                <pre id="yaml-text" class="yaml">{yaml}</pre>
            </details>
        </section>
    }
}
