//! `/system` and `/projects/{project}`: the tokens of a scope, grouped by role.

use kargo::{
    name::{ProjectName, RoleName},
    problem::Kind,
    role::RoleSummary,
    scope::Scope,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    api::{self, ApiError, Counts, Session, TokenList},
    components::{
        problem::ProblemView,
        role_group::{RoleGroup, groups},
    },
    island::Dialog,
};

/// Who is signed in, read once for the whole app.
#[derive(Clone, Copy)]
pub struct SessionResource;

impl SessionResource {
    /// Reads it, and makes it available to every component below.
    pub fn provide() {
        provide_context(Resource::new(|| (), |()| api::get_session()));
    }

    /// The app's session.
    pub fn get() -> Resource<Result<Session, ApiError>> {
        expect_context()
    }
}

/// Which tokens the address asks for.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    scope: Result<Scope, ApiError>,
    role: Option<String>,
    page: Option<usize>,
}

/// The page. Rendered on the server first, so that reading needs no JavaScript.
#[component]
pub fn TokensPage() -> impl IntoView {
    let (params, query, session) = (use_params_map(), use_query_map(), SessionResource::get());
    let asked = Memo::new(move |_| {
        let scope = match params.read().get("project") {
            None => Ok(Scope::System),
            Some(name) => name
                .parse::<ProjectName>()
                .map(Scope::Project)
                .map_err(|error| {
                    ApiError::invalid(format!("The project's name can't be used. {error}"))
                }),
        };
        let query = query.read();
        let role = query.get("role");
        let page = role
            .is_some()
            .then(|| query.get("page").and_then(|n| n.parse().ok()).unwrap_or(1));
        Asked { scope, role, page }
    });
    let tokens = Resource::new(
        move || asked.get(),
        async |asked: Asked| {
            api::list_tokens(asked.scope?.to_string(), asked.role, asked.page).await
        },
    );
    let roles = Resource::new(
        move || asked.get().scope,
        async |scope| api::list_roles(scope?.to_string()).await,
    );
    let title = move || match asked.get().scope {
        Ok(Scope::Project(name)) => format!("Project {name}"),
        _ => "System".to_owned(),
    };
    view! {
        <Title text=title />
        <main id="main" tabindex="-1">
            <h1>{title}</h1>
            <Suspense fallback=|| view! { <p class="loading" role="status">"Reading the tokens…"</p> }>
                {move || Suspend::new(async move {
                    let (tokens, roles, session) = (tokens.await, roles.await, session.await);
                    let asked = asked.get_untracked();
                    match asked.scope {
                        Ok(scope) => {
                            let me = session.ok().map(|s| s.identity.user);
                            view! { <Tokens scope tokens roles me role=asked.role page=asked.page /> }.into_any()
                        }
                        Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
                    }
                })}
            </Suspense>
        </main>
    }
}

/// Everything below the heading, once it is known.
#[component]
fn Tokens(
    scope: Scope,
    tokens: Result<TokenList, ApiError>,
    roles: Result<Vec<RoleSummary>, ApiError>,
    me: Option<String>,
    role: Option<String>,
    page: Option<usize>,
) -> impl IntoView {
    // What stops the one stops the other: told once.
    if let (Err(error), Err(other)) = (&tokens, &roles)
        && error.0.kind == other.0.kind
        && error.0.kind != Kind::Forbidden
    {
        return view! {
            <ProblemView problem=error.0.clone() />
            <p><a href=format!("/{scope}") rel="external">"Try again"</a></p>
        }
        .into_any();
    }
    let names: Vec<RoleName> = roles
        .iter()
        .flatten()
        .map(|role| role.name.clone())
        .collect();
    let (now, counts) = (
        tokens.as_ref().ok().map(|t| t.now),
        tokens.as_ref().ok().map(|t| t.counts),
    );
    let problems = [tokens.as_ref().err(), roles.as_ref().err()];
    let problems = problems
        .into_iter()
        .flatten()
        .map(|e| view! { <ProblemView problem=e.0.clone() /> })
        .collect_view();
    let readable = tokens.is_ok() || roles.is_ok();
    let groups = groups(tokens.ok(), roles.ok(), role.as_deref());
    let empty = (groups.is_empty() && readable).then(|| empty(&scope, role.as_deref()));
    let back = role
        .is_some()
        .then(|| view! { <p><a href=format!("/{scope}")>"← All roles"</a></p> });
    let list = groups
        .into_iter()
        .map(|group| view! { <RoleGroup scope=scope.clone() group now me=me.clone() page roles=names.clone() /> })
        .collect_view();
    view! {
        <div class="summary">
            {counts.map(|counts| view! { <CountsView counts /> })}
            <NewToken scope=scope.clone() roles=names.clone() />
        </div>
        {back}
        {problems}
        {list}
        {empty}
    }
    .into_any()
}

/// What is said where there is nothing.
fn empty(scope: &Scope, role: Option<&str>) -> impl IntoView + use<> {
    let text = match (scope, role) {
        (_, Some(role)) => format!("There is no role {role} here, and no token of it."),
        (Scope::System, _) => "There are no system roles in this namespace. Is Kargo installed in another one? Start Kargo Tokens with --namespace to name it.".to_owned(),
        (Scope::Project(name), _) => format!("There is no project {name}, or it has no roles yet."),
    };
    view! { <p class="empty">{text}</p> }
}

#[component]
fn CountsView(counts: Counts) -> impl IntoView {
    let count = |n: usize, what: &'static str| view! { <li><strong>{n}</strong> " " {what}</li> };
    view! {
        <ul class="counts" aria-label="Tokens">
            {count(counts.active, "active")}
            {(counts.unrevealed > 0).then(|| count(counts.unrevealed, "unrevealed"))}
            {(counts.suspended > 0).then(|| count(counts.suspended, "suspended"))}
            {count(counts.never_used, "never used")}
        </ul>
    }
}

#[component]
fn NewToken(scope: Scope, roles: Vec<RoleName>) -> impl IntoView {
    (!roles.is_empty()).then(|| {
        let dialog = Dialog::NewToken { scope, roles, role: None };
        view! {
            <noscript>"Creating, revealing, recreating and deleting need JavaScript."</noscript>
            <button type="button" class="primary needs-js" data-dialog=dialog.attribute()>"New token"</button>
        }
    })
}
