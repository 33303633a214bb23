//! `/system` and `/projects/{project}`: the tokens of a scope, grouped by role.

use std::sync::Arc;

use kargo::{problem::Kind, role::RoleSummary, scope::Scope, token::Abilities};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use super::asked_scope;
use crate::{
    actions::{Dialog, Facts},
    api::{self, ApiError, Counts, SOON, STALE, Session, Show, TokenList},
    app::SessionResource,
    components::{
        count::grouped,
        header::ProjectField,
        listing::Listing,
        problem::ProblemView,
        role_group::{RoleGroup, groups},
    },
};

/// Which tokens the address asks for.
#[derive(Debug, Clone, PartialEq)]
struct Asked {
    scope: Scope,
    /// Only this role.
    role: Option<String>,
    /// Which page of it, from 1.
    page: Option<usize>,
    /// Only tokens of this kind.
    show: Show,
}

impl Asked {
    /// Reads it from the address; a project's impossible name is told.
    fn now() -> Result<Self, ApiError> {
        let scope = asked_scope()?;
        let query = use_query_map().get_untracked();
        let role = query.get("role");
        let page = role
            .is_some()
            .then(|| query.get("page").and_then(|n| n.parse().ok()).unwrap_or(1));
        let days = query.get("days").and_then(|days| days.parse().ok());
        let show = Show::asked(query.get("show").as_deref(), days)?;
        Ok(Self {
            scope,
            role,
            page,
            show,
        })
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
        Ok(_) => "System".to_owned(),
        Err(_) => "Project".to_owned(),
    };
    view! {
        <Title text=title.clone() />
        {match asked {
            Ok(asked) => view! { <Listed asked title /> }.into_any(),
            Err(error) => {
                view! {
                    <main id="main" tabindex="-1">
                        <h1>{title}</h1>
                        <ProblemView problem=error.0 />
                    </main>
                }
                    .into_any()
            }
        }}
    }
}

/// Everything that the page is made of, read at the same time.
struct Read {
    tokens: Result<TokenList, ApiError>,
    roles: Result<Vec<RoleSummary>, ApiError>,
    abilities: Result<Abilities, ApiError>,
    session: Result<Session, ApiError>,
}

/// Reads all of it, then shows it.
#[component]
fn Listed(asked: Asked, title: String) -> impl IntoView {
    let session = SessionResource::get();
    let scope = asked.scope.to_string();
    let of_scope = move || scope.clone();
    let (roles, abilities) = (
        Resource::new(of_scope.clone(), api::list_roles),
        Resource::new(of_scope, api::get_abilities),
    );
    let tokens = Resource::new(
        {
            let asked = asked.clone();
            move || asked.clone()
        },
        |asked: Asked| {
            let (show, days) = (asked.show.word().map(str::to_owned), asked.show.days());
            api::list_tokens(asked.scope.to_string(), asked.role, asked.page, show, days)
        },
    );
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Reading the tokens…"</p> }>
            {move || {
                let (asked, title) = (asked.clone(), title.clone());
                Suspend::new(async move {
                    let read = Read {
                        tokens: tokens.await,
                        roles: roles.await,
                        abilities: abilities.await,
                        session: session.await,
                    };
                    main_part(asked, title, read)
                })
            }}
        </Suspense>
    }
}

/// The page's main part, once everything is known.
fn main_part(asked: Asked, title: String, read: Read) -> impl IntoView {
    let Asked {
        scope,
        role,
        page,
        show,
    } = asked;
    let Read {
        tokens,
        roles,
        abilities,
        session,
    } = read;
    // What stops the one stops the other: told once.
    if let (Err(error), Err(other)) = (&tokens, &roles)
        && error.0.kind == other.0.kind
        && error.0.kind != Kind::Forbidden
    {
        return view! {
            <main id="main" tabindex="-1">
                <h1>{title}</h1>
                <ProblemView problem=error.0.clone() />
                <p><a href=format!("/{scope}")>"Try again"</a></p>
            </main>
        }
        .into_any();
    }
    let problems: Vec<_> = [
        tokens.as_ref().err(),
        roles.as_ref().err(),
        session.as_ref().err(),
    ]
    .into_iter()
    .flatten()
    .map(|error| view! { <ProblemView problem=error.0.clone() /> })
    .collect();
    let is_closed = scope == Scope::System && tokens.is_err() && roles.is_err();
    let counts = tokens.as_ref().ok().map(|t| t.counts);
    let session = session.ok();
    let policy = session.as_ref().map(|s| s.policy).unwrap_or_default();
    let listing = Arc::new(Listing {
        now: tokens.as_ref().ok().map(|t| t.now).unwrap_or_default(),
        me: session.map(|s| s.identity.user),
        abilities: abilities.unwrap_or(UNKNOWN),
        policy,
        own: tokens.as_ref().ok().and_then(|t| t.own.clone()),
        successors: tokens
            .as_ref()
            .map(|t| t.successors.clone())
            .unwrap_or_default(),
        replaced: tokens
            .as_ref()
            .map(|t| t.replaced.clone())
            .unwrap_or_default(),
        roles: roles
            .iter()
            .flatten()
            .map(|role| role.name.clone())
            .collect(),
        scope,
    });
    let facts = Facts {
        scope: listing.scope.to_string(),
        role: role.clone(),
        show: show.word().map(str::to_owned),
        days: show.days(),
        mint: listing.abilities.mint,
        max_lifetime: policy.max_lifetime,
        now: listing.now.as_second(),
    };
    let readable = tokens.is_ok() || roles.is_ok();
    let tracking_since = tokens.as_ref().ok().and_then(|t| t.tracking_since.clone());
    let groups = groups(tokens.ok(), roles.ok(), role.as_deref(), show);
    let is_empty = groups.is_empty() && readable;
    let empty = is_empty.then(|| empty(&listing.scope, role.as_deref(), show));
    let back = (role.is_some() || show != Show::All)
        .then(|| view! { <p><a href=format!("/{}", listing.scope)>"← All tokens"</a></p> });
    let list = groups
        .into_iter()
        .map(|group| view! { <RoleGroup listing=listing.clone() group page show /> })
        .collect_view();
    view! {
        <main id="main" tabindex="-1" data-facts=facts.attribute()>
            <h1>{title}</h1>
            <div class="summary">
                {counts.map(|counts| view! { <CountsView counts scope=listing.scope.clone() show /> })}
                <NewToken listing=listing.clone() />
            </div>
            {back}
            {is_closed.then(|| view! { <Elsewhere /> })}
            {limits(&listing)}
            <About show scope=listing.scope.clone() tracking_since />
            {problems}
            {list}
            {empty}
        </main>
    }
    .into_any()
}

/// Whoever has no business with the system may have some in a project.
#[component]
fn Elsewhere() -> impl IntoView {
    view! {
        <section aria-labelledby="elsewhere">
            <h2 id="elsewhere">"Go to your project"</h2>
            <ProjectField id="your-project" />
        </section>
    }
}

/// What is assumed where the API server couldn't be asked: it decides all the same.
const UNKNOWN: Abilities = Abilities {
    create: true,
    patch: true,
    delete: true,
    mint: false,
    suspend_works: false,
};

/// What the person, or the cluster, can't do here.
fn limits(listing: &Listing) -> impl IntoView + use<> {
    let can = &listing.abilities;
    let missing: Vec<_> = [
        (can.create, "create"),
        (can.patch, "patch"),
        (can.delete, "delete"),
    ]
    .into_iter()
    .filter(|(may, _)| !may)
    .map(|(_, verb)| verb)
    .collect();
    let missing = (!missing.is_empty()).then(|| {
        view! { <p class="help">{format!("You may not {} secrets here, so what takes that isn't offered.", missing.join(" or "))}</p> }
    });
    let old = (!can.suspend_works).then(|| {
        view! { <p class="help">"This cluster is older than Kubernetes 1.29, which goes on accepting suspended tokens: neither suspending nor undoing a deletion is offered."</p> }
    });
    (missing, old)
}

/// What a view is about.
#[component]
fn About(show: Show, scope: Scope, tracking_since: Option<String>) -> impl IntoView {
    match show {
        Show::CleanUp { days } => {
            let tracking = tracking_since.map_or(
                "Since when the cluster notes uses can't be read by you.".to_owned(),
                |since| format!("The cluster notes uses since {since}."),
            );
            view! {
                <section class="about" aria-label="Clean-up">
                    <form method="get" action=format!("/{scope}")>
                        <input type="hidden" name="show" value="clean-up" />
                        <label for="days">"Not used for"</label>
                        <input id="days" name="days" type="number" min="0" max="3650" value=days.to_string() />
                        <span>"days"</span>
                        <button type="submit">"Show"</button>
                    </form>
                    <p class="help">
                        "Also here: tokens of roles that are gone, and unmanaged ones, which lack Kargo's label or annotation. Kargo's tools neither list nor delete these, and they aren't touched here: look at who uses them, then delete them with kubectl. "
                        {tracking} " The use of expiring tokens isn't noted."
                    </p>
                </section>
            }
            .into_any()
        }
        Show::Expiring => view! { <p class="help">{format!("Tokens that expire within {SOON} days, and those that have.")}</p> }.into_any(),
        Show::Due => view! { <p class="help">"Tokens that are being deleted or retire. What is due is finished by kargo-tokens sweep, or by you."</p> }.into_any(),
        _ => ().into_any(),
    }
}

/// What is said where there is nothing.
fn empty(scope: &Scope, role: Option<&str>, show: Show) -> impl IntoView + use<> {
    let text = match (scope, role) {
        _ if show != Show::All => "There are no such tokens here.".to_owned(),
        (_, Some(role)) => format!("There is no role {role} here, and no token of it."),
        (Scope::System, _) => "There are no system roles in this namespace. Is Kargo installed in another one? Start Kargo Tokens with --namespace to name it.".to_owned(),
        (Scope::Project(name), _) => format!("There is no project {name}, or it has no roles yet."),
    };
    view! { <p class="empty">{text}</p> }
}

/// The counts; each is also the view of just these.
#[component]
fn CountsView(counts: Counts, scope: Scope, show: Show) -> impl IntoView {
    let count = |n: usize, what: &'static str, of: Show| {
        let word = of.word().unwrap_or("all");
        let current = (of == show).then_some("page");
        view! {
            <li><a href=format!("/{scope}?show={word}") aria-current=current><strong>{grouped(n)}</strong> " " {what}</a></li>
        }
    };
    let stale = Show::CleanUp { days: STALE };
    let current = matches!(show, Show::CleanUp { .. }).then_some("page");
    view! {
        <ul class="counts" aria-label="Tokens">
            {count(counts.active, "active", Show::Active)}
            {(counts.unrevealed > 0).then(|| count(counts.unrevealed, "unrevealed", Show::Unrevealed))}
            {(counts.suspended > 0).then(|| count(counts.suspended, "suspended", Show::Suspended))}
            {(counts.due > 0).then(|| count(counts.due, "ending", Show::Due))}
            {(counts.expiring > 0).then(|| count(counts.expiring, "expire soon", Show::Expiring))}
            {count(counts.never_used, "never used", Show::NeverUsed)}
            <li><a href=format!("/{scope}?show={}", stale.word().unwrap_or_default()) aria-current=current>"Clean up"</a></li>
        </ul>
    }
}

#[component]
fn NewToken(listing: Arc<Listing>) -> impl IntoView {
    (!listing.roles.is_empty() && listing.abilities.create).then(|| {
        let dialog = Dialog::NewToken { scope: listing.scope.clone(), roles: listing.roles.clone(), role: None };
        view! {
            <noscript>"Creating, revealing, recreating and deleting need JavaScript."</noscript>
            <button type="button" class="primary needs-js" data-dialog=dialog.attribute()>"New token"</button>
        }
    })
}
