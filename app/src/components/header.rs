//! The bar at the top: where you are, where you can go, who you are.

use kargo::scope::Scope;
use leptos::prelude::*;
use leptos_router::hooks::use_location;

use super::problem::ProblemView;
use crate::{api, pages::tokens::SessionResource};

/// Brand, scope switcher, identity. The switcher is a native popover of plain links: it works without JavaScript.
#[component]
pub fn Header() -> impl IntoView {
    let session = SessionResource::get();
    let path = use_location().pathname;
    let scope =
        Memo::new(move |_| path.with(|path| path.trim_start_matches('/').parse::<Scope>().ok()));
    view! {
        <header class="top">
            <a class="brand" href="/system" rel="external">"Kargo Tokens"</a>
            <nav aria-label="Scope">
                <button type="button" class="scope" popovertarget="scopes">
                    {move || match scope.get() {
                        Some(Scope::Project(name)) => format!("Project {name}"),
                        Some(Scope::System) => "System".to_owned(),
                        None => "Go to…".to_owned(),
                    }}
                    " ▾"
                </button>
                <div id="scopes" class="scopes" popover="auto">
                    <Scopes scope />
                </div>
            </nav>
            <p class="identity">
                <Suspense>
                    {move || Suspend::new(async move {
                        session.await.ok().map(|s| {
                            view! { <span>"acting as "</span> <strong title=s.identity.groups.join(", ")>{s.identity.user}</strong> }
                        })
                    })}
                </Suspense>
            </p>
        </header>
    }
}

/// The places to go: system, and the projects that the person may see; where they may not list them, a field to type one.
#[component]
fn Scopes(scope: Memo<Option<Scope>>) -> impl IntoView {
    let projects = Resource::new(|| (), |()| api::list_projects());
    let link = move |to: Scope, label: String| {
        let current = {
            let to = to.clone();
            move || (scope.get().as_ref() == Some(&to)).then_some("page")
        };
        view! { <li><a href=format!("/{to}") rel="external" aria-current=current>{label}</a></li> }
    };
    view! {
        <ul>{link(Scope::System, "System".to_owned())}</ul>
        <Suspense>
            {move || Suspend::new(async move {
                match projects.await {
                    Ok(names) if names.is_empty() => view! { <p class="help">"There are no projects yet."</p> }.into_any(),
                    Ok(names) => {
                        view! {
                            <h2>"Projects"</h2>
                            <ul>
                                {names.into_iter().map(|name| link(Scope::Project(name.clone()), name.to_string())).collect_view()}
                            </ul>
                        }
                            .into_any()
                    }
                    Err(error) => {
                        view! {
                            <ProblemView problem=error.0 />
                            <form action="/projects" method="get">
                                <label for="project">"Project"</label>
                                <input id="project" name="project" required autocomplete="off" autocapitalize="none" spellcheck="false" />
                                <button type="submit">"Go"</button>
                            </form>
                        }
                            .into_any()
                    }
                }
            })}
        </Suspense>
    }
}
