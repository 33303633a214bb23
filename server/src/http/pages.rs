//! The app's pages, rendered on the server.

use app::{App, shell};
use axum::{
    Router,
    extract::Query,
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
    routing::get,
};
use kargo::{cluster::Cluster, name::ProjectName, scope::Scope};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{LeptosRoutes, file_and_error_handler_with_context, generate_route_list};

use super::{State, headers::page_policy};

/// The routes of the app, and the two addresses that lead to one of them.
pub fn routes(state: &State) -> Router {
    let options = state.leptos.clone();
    let context = {
        let addresses = state.addresses.clone();
        move || {
            page_policy();
            provide_context(addresses.clone());
            // Put there by the gate, for those who are signed in.
            if let Some(cluster) =
                use_context::<Parts>().and_then(|parts| parts.extensions.get::<Cluster>().cloned())
            {
                provide_context(cluster);
            }
        }
    };
    Router::new()
        .leptos_routes_with_context(&state.leptos, generate_route_list(App), context.clone(), {
            let options = options.clone();
            move || shell(options.clone())
        })
        .route("/", get(async || Redirect::to("/system")))
        .route("/projects", get(project))
        .fallback(file_and_error_handler_with_context(context, shell))
        .with_state(options)
}

#[derive(serde::Deserialize)]
struct Typed {
    project: String,
}

/// A project's name that was typed, for those who may not list projects.
async fn project(Query(typed): Query<Typed>) -> Response {
    match typed.project.trim().parse::<ProjectName>() {
        Ok(name) => Redirect::to(&format!("/{}", Scope::Project(name))).into_response(),
        // Nothing but a name's characters may get into the address; the page of an impossible name says what is wrong.
        Err(_) => Redirect::to("/projects/-").into_response(),
    }
}
