//! The app's pages, rendered completely on the server before the first byte is sent.

use std::sync::Arc;

use any_spawner::Executor;
use app::shell;
use axum::{
    Router,
    extract::{Query, Request, rejection::QueryRejection},
    http::{
        StatusCode,
        header::{ETAG, IF_NONE_MATCH},
        request::Parts,
    },
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use kargo::{name::ProjectName, scope::Scope};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, render_app_async_with_context};

use super::{State, cookies, headers::set_page_policy};
use crate::{identities::Person, sessions::Session};

/// Routes of the pages and of redirects to pages. The app's router selects the page and answers 404 for unknown paths. Leptos' route list
/// stays unused, because it would also serve the server functions, without the limits in [`super::api`].
pub fn routes(state: &State) -> Router {
    // Pages run on tokio. An error means that the executor is already set.
    let _ = Executor::init_tokio();
    let (options, addresses, policy) =
        (state.leptos.clone(), state.addresses.clone(), state.policy);
    let global_namespaces = state.global_namespaces.clone();
    let (ways, sessions) = (state.ways.clone(), state.sessions.clone());
    let context = move || {
        set_page_policy();
        provide_context(addresses.clone());
        provide_context(policy);
        provide_context(global_namespaces.clone());
        provide_context(ways.clone());
        let Some(parts) = use_context::<Parts>() else {
            return;
        };
        provide_context(cookies::preferences(&parts.headers));
        if let Some(flash) = cookies::flash(&parts.headers) {
            provide_context(flash);
            let (name, value) = cookies::delete_flash();
            if let Some(response) = use_context::<ResponseOptions>() {
                response.insert_header(name, value);
            }
        }
        // `gate::require_session` inserts both into signed-in requests.
        if let Some(person) = parts.extensions.get::<Person>() {
            provide_context(person.viewer.clone());
        }
        if let Some(session) = parts.extensions.get::<Arc<Session>>() {
            provide_context(sessions.facts(session));
        }
    };
    let page = render_app_async_with_context(context, move || shell(options.clone()));
    Router::new()
        .route("/", get(async || Redirect::to("/system")))
        .route("/sign-in", get(page.clone()))
        .route("/projects", get(open_project))
        .route("/preferences", post(cookies::set_preferences))
        .fallback(get(page))
        .layer(middleware::from_fn(not_modified))
}

/// Answers 304 if the browser's code already has this version of the page.
async fn not_modified(request: Request, next: Next) -> Response {
    let known = request.headers().get(IF_NONE_MATCH).cloned();
    let response = next.run(request).await;
    let tag = response.headers().get(ETAG);
    if known.is_some() && tag == known.as_ref() && response.status() == StatusCode::OK {
        let tag = tag.cloned();
        let mut response = StatusCode::NOT_MODIFIED.into_response();
        if let Some(tag) = tag {
            response.headers_mut().insert(ETAG, tag);
        }
        return response;
    }
    response
}

#[derive(serde::Deserialize)]
struct ProjectForm {
    project: String,
}

/// `GET /projects?project=…`: redirects to a project by name, for people without permission to list projects.
async fn open_project(form: Result<Query<ProjectForm>, QueryRejection>) -> Redirect {
    let Ok(Query(ProjectForm { project })) = form else {
        return Redirect::to("/system");
    };
    match project.trim().parse::<ProjectName>() {
        Ok(name) => Redirect::to(&format!("/{}", Scope::Project(name))),
        // `-` is never a valid name, so the page explains the error. The user's text stays out of the URL.
        Err(_) => Redirect::to("/projects/-"),
    }
}
