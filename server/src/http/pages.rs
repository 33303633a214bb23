//! The app's pages, rendered on the server: each whole, with everything that it reads, before its first byte is sent.

use any_spawner::Executor;
use app::shell;
use axum::{
    Router,
    extract::{Query, rejection::QueryRejection},
    http::request::Parts,
    response::Redirect,
    routing::get,
};
use kargo::{cluster::Cluster, name::ProjectName, scope::Scope};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::render_app_async_with_context;

use super::{State, headers::page_policy};

/// The pages, and the two addresses that lead to one of them. Which page an address has, and that it has none (404), the app's own
/// router says. (Leptos' list of routes isn't used: it would also serve the server functions, past what guards them in
/// [`super::api`].)
pub fn routes(state: &State) -> Router {
    // Pages read on tokio. (An error here only says that this was said before.)
    let _ = Executor::init_tokio();
    let (options, addresses, policy) =
        (state.leptos.clone(), state.addresses.clone(), state.policy);
    let context = move || {
        page_policy();
        provide_context(addresses.clone());
        provide_context(policy);
        // Put there by the gate, for those who are signed in.
        let parts = use_context::<Parts>();
        if let Some(cluster) = parts.and_then(|parts| parts.extensions.get::<Cluster>().cloned()) {
            provide_context(cluster);
        }
    };
    let page = render_app_async_with_context(context, move || shell(options.clone()));
    Router::new()
        .route("/", get(async || Redirect::to("/system")))
        .route("/projects", get(project))
        .fallback(get(page))
}

#[derive(serde::Deserialize)]
struct Typed {
    project: String,
}

/// A project's name that was typed, for those who may not list projects.
async fn project(typed: Result<Query<Typed>, QueryRejection>) -> Redirect {
    let Ok(Query(Typed { project })) = typed else {
        return Redirect::to("/system");
    };
    match project.trim().parse::<ProjectName>() {
        Ok(name) => Redirect::to(&format!("/{}", Scope::Project(name))),
        // Nothing but a name's characters may get into the address; the page of an impossible name says what is wrong.
        Err(_) => Redirect::to("/projects/-"),
    }
}
