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
    app::SessionResource,
    components::{
        problem::ProblemView,
        role_group::{RoleGroup, groups},
    },
    island::Dialog,
};

/// Which tokens the address asks for.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    scope: Scope,
    /// Only this role.
    role: Option<String>,
    /// Which page of it, from 1.
    page: Option<usize>,
}

impl Asked {
    /// Reads it from the address; a project's impossible name is told.
    fn now() -> Result<Self, ApiError> {
        let (params, query) = (
            use_params_map().get_untracked(),
            use_query_map().get_untracked(),
        );
        let scope = match params.get("project") {
            None => Scope::System,
            Some(name) => name
                .parse::<ProjectName>()
                .map(Scope::Project)
                .map_err(|error| {
                    ApiError::invalid(format!("The project's name can't be used. {error}"))
                })?,
        };
        let role = query.get("role");
        let page = role
            .is_some()
            .then(|| query.get("page").and_then(|n| n.parse().ok()).unwrap_or(1));
        Ok(Self { scope, role, page })
    }
}

/// The page.
#[component]
pub fn TokensPage() -> impl IntoView {
    let asked = Asked::now();
    let title = match &asked {
        Ok(Asked {
            scope: Scope::Project(name),
            ..
        }) => format!("Project {name}"),
        _ => "System".to_owned(),
    };
    view! {
        <Title text=title.clone() />
        <main id="main" tabindex="-1">
            <h1>{title}</h1>
            {match asked {
                Ok(asked) => view! { <Listing asked /> }.into_any(),
                Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
            }}
        </main>
    }
}

/// Reads tokens and roles at the same time, then shows them.
#[component]
fn Listing(asked: Asked) -> impl IntoView {
    let Asked { scope, role, page } = asked;
    let session = SessionResource::get();
    let roles = Resource::new(
        {
            let scope = scope.to_string();
            move || scope.clone()
        },
        api::list_roles,
    );
    let tokens = Resource::new(
        {
            let asked = (scope.to_string(), role.clone());
            move || asked.clone()
        },
        move |(scope, role)| api::list_tokens(scope, role, page),
    );
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Reading the tokens…"</p> }>
            {move || {
                let (scope, role) = (scope.clone(), role.clone());
                Suspend::new(async move {
                    let (tokens, roles, session) = (tokens.await, roles.await, session.await);
                    view! { <Tokens scope tokens roles session role page /> }
                })
            }}
        </Suspense>
    }
}

/// Everything below the heading, once it is known.
#[component]
fn Tokens(
    scope: Scope,
    tokens: Result<TokenList, ApiError>,
    roles: Result<Vec<RoleSummary>, ApiError>,
    session: Result<Session, ApiError>,
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
            <p><a href=format!("/{scope}")>"Try again"</a></p>
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
    let problems = [
        tokens.as_ref().err(),
        roles.as_ref().err(),
        session.as_ref().err(),
    ];
    let me = session.as_ref().ok().map(|s| s.identity.user.clone());
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
