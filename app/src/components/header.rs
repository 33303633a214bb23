//! The bar at the top: where you are, where you can go, who you are.

use kargo::scope::Scope;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::problem::ProblemView;
use crate::{api, app::SessionResource};

/// Brand, scope switcher, identity. The switcher is a native popover of plain links: it works without JavaScript.
#[component]
pub fn Header() -> impl IntoView {
    let signed_in = api::cluster().is_ok();
    view! {
        <header class="top">
            <a class="brand" href="/system">"Kargo Tokens"</a>
            {signed_in.then(|| view! { <ScopeSwitcher /> <Identity /> })}
        </header>
    }
}

#[component]
fn ScopeSwitcher() -> impl IntoView {
    let path = use_location().pathname.get_untracked();
    let scope = scope_of(&path);
    let label = match &scope {
        Some(Scope::Project(name)) => format!("Project {name}"),
        Some(Scope::System) => "System".to_owned(),
        None => "Go to…".to_owned(),
    };
    view! {
        <nav aria-label="Scope">
            <button type="button" class="scope" popovertarget="scopes">{label} " ▾"</button>
            <div id="scopes" class="scopes" popover="auto">
                <Scopes scope />
            </div>
        </nav>
    }
}

/// The scope that a page belongs to: a list of tokens, or one of them.
fn scope_of(path: &str) -> Option<Scope> {
    let path = path.trim_start_matches('/');
    let scope = path.split_once("/tokens/").map_or(path, |(scope, _)| scope);
    scope.parse().ok()
}

/// The places to go: system, and the projects that the person may see; where they may not list them, a field to type one.
#[component]
fn Scopes(scope: Option<Scope>) -> impl IntoView {
    let projects = Resource::new(|| (), |()| api::list_projects());
    let system = link(Scope::System, "System".to_owned(), scope.as_ref());
    view! {
        <ul>{system}</ul>
        <Suspense>
            {move || {
                let scope = scope.clone();
                Suspend::new(async move {
                    match projects.await {
                        Ok(names) if names.is_empty() => view! { <p class="help">"There are no projects yet."</p> }.into_any(),
                        Ok(names) => {
                            let links = names
                                .into_iter()
                                .map(|name| link(Scope::Project(name.clone()), name.to_string(), scope.as_ref()))
                                .collect_view();
                            view! {
                                <h2>"Projects"</h2>
                                <ul>{links}</ul>
                            }
                                .into_any()
                        }
                        Err(error) => {
                            view! {
                                <ProblemView problem=error.0 />
                                <ProjectField id="project" />
                            }
                                .into_any()
                        }
                    }
                })
            }}
        </Suspense>
    }
}

/// A field to type a project's name, for those who may not list them.
#[component]
pub fn ProjectField(id: &'static str) -> impl IntoView {
    view! {
        <form class="project-field" action="/projects" method="get">
            <label for=id>"Project"</label>
            <input id=id name="project" required autocomplete="off" autocapitalize="none" spellcheck="false" />
            <button type="submit">"Go"</button>
        </form>
    }
}

fn link(to: Scope, label: String, current: Option<&Scope>) -> impl IntoView + use<> {
    let current = (current == Some(&to)).then_some("page");
    view! { <li><a href=format!("/{to}") aria-current=current>{label}</a></li> }
}

#[component]
fn Identity() -> impl IntoView {
    let session = SessionResource::get();
    view! {
        <p class="identity">
            <Suspense>
                {move || Suspend::new(async move {
                    session.await.ok().map(|s| {
                        view! { <span>"acting as "</span> <strong title=s.identity.groups.join(", ")>{s.identity.user}</strong> }
                    })
                })}
            </Suspense>
        </p>
    }
}
