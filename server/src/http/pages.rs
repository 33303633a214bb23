//! The app's pages, rendered completely on the server before the first byte is sent.

use std::sync::Arc;

use any_spawner::Executor;
use app::{RulesReader, access::PastedText, base_path::at, flash::NotShownYet, shell};
use axum::{
    Extension, Form, Router,
    body::Body,
    extract::{DefaultBodyLimit, FromRequest, Query, Request, rejection::QueryRejection},
    http::{
        Method, StatusCode,
        header::{ETAG, IF_NONE_MATCH, SET_COOKIE},
        request::Parts,
    },
    middleware::{self, Next},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use kargo::{
    claims::{PersonClaims, without_signature},
    name::ProjectName,
    scope::Scope,
};
use leptos::prelude::{provide_context, use_context};
use leptos_axum::{ResponseOptions, render_app_async_with_context};
use tower_governor::GovernorLayer;
use tower_http::{limit::RequestBodyLimitLayer, timeout::RequestBodyTimeoutLayer};

use super::{State, cookies, headers::set_page_policy, limits};
use crate::{identities::Person, sessions::Session};

/// Longest form with pasted claims, in bytes: three for each byte of the claims, as forms are encoded.
const LONGEST_CLAIMS: usize = 3 * PersonClaims::MAX;

/// Routes of the pages and of redirects to pages. The app's router selects the page and answers 404 for unknown paths. Leptos' route list
/// stays unused, because it would also serve the server functions, without the limits in [`super::api`].
pub fn routes(state: &State) -> Router {
    // Pages run on tokio. An error means that the executor is already set.
    let _ = Executor::init_tokio();
    let (options, addresses, policy) = (
        state.leptos.clone(),
        state.addresses.clone(),
        state.policy.clone(),
    );
    let global_namespaces = state.global_namespaces.clone();
    let (ways, sessions) = (state.ways.clone(), state.sessions.clone());
    let rules = RulesReader(state.identities.program().clone());
    let context = move || {
        set_page_policy();
        provide_context(addresses.clone());
        provide_context(policy.clone());
        provide_context(global_namespaces.clone());
        provide_context(ways.clone());
        provide_context(rules.clone());
        let Some(parts) = use_context::<Parts>() else {
            return;
        };
        provide_context(cookies::preferences(&parts.headers));
        provide_context(cookies::visited(&parts.headers));
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
        if let Some(late) = parts.extensions.get::<NotShownYet>() {
            provide_context(*late);
        }
        if let Some(pasted) = parts.extensions.get::<PastedText>() {
            provide_context(pasted.clone());
        }
        if let Some(session) = parts.extensions.get::<Arc<Session>>() {
            provide_context(sessions.facts(session));
        }
    };
    let site = state.site.clone();
    let page = render_app_async_with_context(context, move || {
        shell(options.clone(), site.files().unwrap_or_default())
    });
    let explained = Router::new()
        .route("/access", get(page.clone()).post(page.clone()))
        .layer(middleware::from_fn(read_claims))
        .layer(GovernorLayer::new(limits::of_writes_of_a_person(
            &state.tasks,
        )))
        .layer(DefaultBodyLimit::max(LONGEST_CLAIMS));
    let routes = Router::new()
        .route("/", get(home))
        .route("/sign-in", get(page.clone()))
        .route("/projects", get(open_project))
        .route("/preferences", post(cookies::set_preferences))
        .fallback(get(page))
        .layer(RequestBodyLimitLayer::new(limits::BODY));
    routes
        .merge(explained)
        .layer(middleware::from_fn(not_modified))
        .layer(middleware::from_fn(after_own_write))
        .layer(middleware::from_fn(remember_project))
        .layer(middleware::from_fn(without_empty_parameters))
        .layer(RequestBodyTimeoutLayer::new(limits::BODY_WITHIN))
}

/// `GET /`: the page of the scope that is the person's own.
async fn home(person: Option<Extension<Person>>) -> Redirect {
    let scope = match person {
        Some(Extension(person)) => person.viewer.home().await,
        None => Scope::System,
    };
    Redirect::to(&at(&format!("/{scope}")))
}

/// Claims that were pasted, as the form of `/access` sends them.
#[derive(serde::Deserialize)]
struct ClaimsForm {
    claims: String,
    #[serde(default)]
    find: String,
    scope: Option<String>,
}

/// `POST /access`: the page with the verdicts about pasted claims. The app reads them from its context, and the rest from the address.
async fn read_claims(request: Request, next: Next) -> Response {
    if request.method() != Method::POST {
        return next.run(request).await;
    }
    let (mut parts, body) = request.into_parts();
    let form = Request::from_parts(parts.clone(), body);
    let form = match Form::<ClaimsForm>::from_request(form, &()).await {
        Ok(Form(form)) => form,
        Err(rejection) if rejection.status() == StatusCode::PAYLOAD_TOO_LARGE => {
            let text =
                "The claims are too long: 64 KB are read at most. Go back and shorten them.\n";
            return (StatusCode::PAYLOAD_TOO_LARGE, text).into_response();
        }
        Err(_) => {
            let text = "This is not the form of the page Why this role. Open the page, and send it again.\n";
            return (StatusCode::BAD_REQUEST, text).into_response();
        }
    };
    let ClaimsForm {
        claims,
        find,
        scope,
    } = form;
    let query = [
        ("claims", Some("pasted")),
        ("find", Some(&find)),
        ("scope", scope.as_deref()),
    ];
    let address = serde_urlencoded::to_string(query).map(|query| format!("/access?{query}"));
    if let Some(address) = address.ok().and_then(|address| address.parse().ok()) {
        parts.uri = address;
    }
    parts
        .extensions
        .insert(PastedText(without_signature(&claims)));
    next.run(Request::from_parts(parts, Body::empty())).await
}

/// Remembers the project of a page that could be shown.
async fn remember_project(request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let project = path
        .strip_prefix("/projects/")
        .and_then(|name| name.parse().ok());
    let cookie = project.and_then(|name| cookies::remember_visited(request.headers(), &name));
    let is_signed_in = request.extensions().get::<Person>().is_some();
    let mut response = next.run(request).await;
    if let Some(cookie) = cookie.filter(|_| is_signed_in && response.status() == StatusCode::OK) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Waits until memory shows what the person wrote last, on this replica or another one. A page says if it doesn't; an export is refused then.
pub async fn after_own_write(mut request: Request, next: Next) -> Response {
    let last = cookies::last_written(request.headers());
    let person = request.extensions().get::<Person>();
    let is_shown = match (last, person) {
        (Some(last), Some(person)) => Box::pin(person.viewer.until_shown(&last)).await,
        _ => return next.run(request).await,
    };
    if !is_shown {
        request.extensions_mut().insert(NotShownYet);
    }
    let mut response = next.run(request).await;
    if is_shown && let Some(cookie) = cookies::tell_written(None) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Redirects to the address without parameters that are empty: a form sends all of its fields, and people pass addresses on.
async fn without_empty_parameters(request: Request, next: Next) -> Response {
    let (path, query) = (request.uri().path(), request.uri().query());
    // No other path has such a form, and `//…` would lead to another site.
    let is_list = ["/system", "/inventory"].contains(&path) || path.starts_with("/projects/");
    if request.method() == Method::GET
        && is_list
        && let Some(full) = query.and_then(without_empty)
    {
        let mark = if full.is_empty() { "" } else { "?" };
        return Redirect::to(&at(&format!("{path}{mark}{full}"))).into_response();
    }
    next.run(request).await
}

/// A query without its empty parameters; `None` if it has none.
fn without_empty(query: &str) -> Option<String> {
    let (empty, full): (Vec<_>, Vec<_>) = query.split('&').partition(|pair| {
        pair.split_once('=')
            .is_none_or(|(_, value)| value.is_empty())
    });
    (!empty.is_empty()).then(|| full.join("&"))
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
        return Redirect::to(&at("/system"));
    };
    match project.trim().parse::<ProjectName>() {
        Ok(name) => Redirect::to(&at(&format!("/{}", Scope::Project(name)))),
        // `-` is never a valid name, so the page explains the error. The user's text stays out of the URL.
        Err(_) => Redirect::to(&at("/projects/-")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_parameters_are_left_out() {
        for (query, expected) in [
            ("", Some("")),
            ("a=", Some("")),
            ("a=1", None),
            ("a=1&b=2", None),
            ("a=&b=2&c=", Some("b=2")),
            ("a=1&&b=2", Some("a=1&b=2")),
            ("a=1&b", Some("a=1")),
            ("q=a=", None),
        ] {
            assert_eq!(without_empty(query).as_deref(), expected, "{query}");
        }
    }
}
