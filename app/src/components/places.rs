//! The places on the left: where the person can go, which cluster this is, and as whom they act. On a narrow screen one line with a menu.

use std::collections::BTreeSet;

use kargo::{
    cluster::Viewer, identity::ServiceAccountRef, name::ProjectName, problem::Kind, scope::Scope,
};
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use crate::{
    base_path::at,
    error::ApiError,
    page_model::{Frame, read_frame},
    preferences::{Preferences, Theme},
    protocol::{COMMAND, Command, DETAIL, SHORTCUTS},
    reading::when_read,
    session::Session,
    visited::Visited,
};

/// The places. The menu of a narrow screen is a native popover, so it works without JavaScript.
#[component]
pub fn Places() -> impl IntoView {
    let viewer: Viewer = expect_context();
    let path = use_location().pathname.get_untracked();
    let here = path.clone();
    let addresses = use_context().unwrap_or_default();
    let policy = use_context().unwrap_or_default();
    let frame = async move { read_frame(viewer, &path, addresses, policy).await };
    when_read(frame, move |frame| view! { <Side frame here /> })
}

#[component]
fn Side(frame: Frame, here: String) -> impl IntoView {
    let Frame {
        scope,
        session,
        projects,
        system_namespace,
    } = frame;
    let label = scope.as_ref().map_or("Go to…", Scope::label).to_owned();
    view! {
        <header class="side" id="side" data-merge="">
            <a class="brand" href=at("/")><Key /> "Kargo Tokens"</a>
            <button type="button" class="btn places-button" popovertarget="places">{label} " ▾"</button>
            <div id="places" class="places" popover="auto">
                <nav aria-label="Places">
                    <a href=at("/inventory") aria-current=(here == "/inventory").then_some("page")><span class="label">"Inventory"</span></a>
                    {link(&Scope::System, scope.as_ref(), &here)}
                    <Projects projects scope here=here.clone() />
                    <h2>"Access"</h2>
                    <a href=at("/access") aria-current=(here == "/access").then_some("page")><span class="label">"Why this role?"</span></a>
                    <a href=at("/rules") aria-current=(here == "/rules").then_some("page")><span class="label">"Rules"</span></a>
                </nav>
                <FindLeaked system_namespace=system_namespace.clone() />
                <Look />
                <div class="me">
                    // Where it can't be told, the page says why.
                    {session.ok().map(|session| view! { <Me session system_namespace /> })}
                    <p><a href=at("/session")>"Session"</a></p>
                    <form method="post" action=at("/sign-out")><button type="submit" class="ghost">"Sign out"</button></form>
                </div>
            </div>
            <Shortcuts />
        </header>
    }
}

/// The way from a leaked value to its token.
#[component]
fn FindLeaked(system_namespace: String) -> impl IntoView {
    view! { <button type="button" class="ghost needs-js" disabled>"Find a leaked value…"</button> }
        .attr(COMMAND, Command::FindLeaked.word())
        .attr(DETAIL, system_namespace)
}

/// The projects that the person may see; where they may not list them, a field to type one.
#[component]
fn Projects(
    projects: Result<Vec<ProjectName>, ApiError>,
    scope: Option<Scope>,
    here: String,
) -> impl IntoView {
    let list = match projects {
        Ok(names) if names.is_empty() => {
            let text = if acts_by_claims() {
                "No project has a role for you."
            } else {
                "There are no projects yet."
            };
            view! { <p class="help">{text}</p> }.into_any()
        }
        Ok(names) => names
            .into_iter()
            .map(|name| link(&Scope::Project(name), scope.as_ref(), &here))
            .collect_view()
            .into_any(),
        Err(error) if is_outage(&error) => {
            view! { <p class="help">"Projects can't be read now."</p> }.into_any()
        }
        Err(error) => {
            let Visited(visited) = use_context().unwrap_or_default();
            let mut known: BTreeSet<Scope> = visited.iter().cloned().map(Scope::Project).collect();
            known.extend(scope.clone().filter(|scope| *scope != Scope::System));
            let known = known
                .iter()
                .map(|other| link(other, scope.as_ref(), &here))
                .collect_view();
            view! {
                {known}
                <p class="help">{error.0.message}</p>
                <ProjectField id="project" />
            }
            .into_any()
        }
    };
    view! {
        <h2>"Projects"</h2>
        {list}
    }
}

/// Whether nobody can read anything now.
fn is_outage(error: &ApiError) -> bool {
    matches!(
        error.0.kind,
        Kind::Unavailable | Kind::Timeout | Kind::Unauthenticated
    )
}

/// Whether the person acts as the roles that accept their claims.
pub fn acts_by_claims() -> bool {
    use_context::<Viewer>().is_some_and(|viewer| viewer.person().is_some())
}

/// A link to a scope. `current`: the page's scope; its link is the current page only where the page is the scope's list.
fn link(to: &Scope, current: Option<&Scope>, here: &str) -> impl IntoView + use<> {
    let address = format!("/{to}");
    let label = to.label().to_owned();
    let current = (current == Some(to)).then_some(if here == address { "page" } else { "true" });
    view! { <a href=at(&address) aria-current=current><span class="label">{label}</span></a> }
}

/// A field to type a project's name, for those who may not list projects.
#[component]
pub fn ProjectField(id: &'static str) -> impl IntoView {
    view! {
        <form class="project-field" action=at("/projects") method="get">
            <label for=id>"Project"</label>
            <div class="with-button">
                <input id=id name="project" required autocomplete="off" autocapitalize="none" spellcheck="false" />
                <button type="submit" class="btn">"Go"</button>
            </div>
        </form>
    }
}

/// The switches of theme and row height: a form post that sets a cookie, so they work without JavaScript.
#[component]
fn Look() -> impl IntoView {
    let preferences: Preferences = use_context().unwrap_or_default();
    let Preferences {
        theme, is_compact, ..
    } = preferences;
    let other = if is_compact { "normal" } else { "compact" };
    let themes = Theme::ALL
        .into_iter()
        .map(|of| {
            let label = match of {
                Theme::System => "Auto",
                Theme::Light => "Light",
                Theme::Dark => "Dark",
            };
            let pressed = (of == theme).to_string();
            view! { <button type="submit" name="theme" value=of.word() aria-pressed=pressed>{label}</button> }
        })
        .collect_view();
    view! {
        <form class="look" method="post" action=at("/preferences")>
            <div class="seg" role="group" aria-label="Theme">{themes}</div>
            <button type="submit" class="ghost" name="density" value=other aria-pressed=is_compact.to_string()>"Compact rows"</button>
        </form>
        <button type="button" class="ghost" popovertarget=SHORTCUTS>"Keyboard shortcuts"</button>
    }
}

/// The list of shortcuts, as a native popover.
#[component]
fn Shortcuts() -> impl IntoView {
    let Preferences {
        has_no_shortcuts, ..
    } = use_context().unwrap_or_default();
    let (other, text, switch) = if has_no_shortcuts {
        (
            "keys",
            "Single keys are off: / and ? do nothing.",
            "Turn single keys on",
        )
    } else {
        (
            "no-keys",
            "If you use speech input, turn single keys off: a spoken word could press them.",
            "Turn single keys off",
        )
    };
    view! {
        <div id=SHORTCUTS class="shortcuts" popover="auto" role="dialog" aria-labelledby="shortcuts-title">
            <h2 id="shortcuts-title">"Keyboard shortcuts"</h2>
            <dl>
                <dt><kbd>"/"</kbd></dt>
                <dd>"Search"</dd>
                <dt><kbd>"?"</kbd></dt>
                <dd>"This list"</dd>
                <dt><kbd>"Esc"</kbd></dt>
                <dd>"Close a dialog, a menu or this list"</dd>
                <dt><kbd>"Shift"</kbd>" + click"</dt>
                <dd>"Select all tokens up to this one"</dd>
            </dl>
            <p class="help">{text}</p>
            <form method="post" action=at("/preferences") class="go">
                <button type="submit" class="btn" name="shortcuts" value=other>{switch}</button>
                <button type="button" class="btn primary" autofocus popovertarget=SHORTCUTS popovertargetaction="hide">"Close"</button>
            </form>
        </div>
    }
}

/// As whom the person acts, and on which cluster.
#[component]
fn Me(session: Session, system_namespace: String) -> impl IntoView {
    let Session {
        identity,
        person,
        kubernetes,
        ..
    } = session;
    let server = kubernetes.server.clone();
    let groups = identity.groups.join(", ");
    let unverified = (!kubernetes.is_verified).then(|| {
        view! { <p class="unverified">"The server's certificate is not verified."</p> }
    });
    let acting = match person {
        Some(person) => {
            let account = ServiceAccountRef::of_user(&identity.user);
            let role = account.map(|account| {
                let place = account.namespace.as_str();
                let place = if place == system_namespace { "System" } else { place };
                view! { <p><span>"acting as"</span> <b>{format!("{} ({place})", account.name)}</b></p> }
            });
            view! {
                <p><span>"signed in as"</span> <b>{person}</b></p>
                {role}
            }
            .into_any()
        }
        None => {
            view! { <p><span>"acting as"</span> <b title=groups>{identity.user}</b></p> }.into_any()
        }
    };
    let name = kubernetes.context.unwrap_or_else(|| server.clone());
    view! {
        {acting}
        <p><span>"on"</span> <b title=server>{name}</b></p>
        {unverified}
    }
}

/// The brand's sign.
#[component]
pub fn Key() -> impl IntoView {
    view! {
        <svg viewBox="0 0 24 24" fill="none" stroke="currentColor" stroke-width="2" stroke-linecap="round" aria-hidden="true">
            <circle cx="8" cy="14" r="5" />
            <path d="M12 11 20 3m-4 4 3 3" />
        </svg>
    }
}
