//! Server functions under `/api/`: JSON responses, with each error's status derived from its kind.

use app::{
    api::ApiError,
    flash::{Flash, Outcome},
    protocol::Command,
};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Request,
    http::{
        HeaderValue, Method, StatusCode,
        header::{ACCEPT, CONTENT_TYPE, SET_COOKIE},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::any,
};
use kargo::problem::{Kind, Problem};
use leptos::prelude::provide_context;
use leptos_axum::handle_server_fns_with_context;

use tower_governor::GovernorLayer;
use tower_http::{limit::RequestBodyLimitLayer, timeout::RequestBodyTimeoutLayer};

use super::{State, audit, cookies, error::error_response, limits};
use crate::identities::Person;

/// Maximum size of an error body, in bytes.
const ERROR_LIMIT: usize = 64 * 1024;

/// Routes of all server functions. `of_person`: what one person may send.
pub fn routes(state: &State, of_person: limits::Limit<limits::PersonKey>) -> Router {
    let (addresses, policy) = (state.addresses.clone(), state.policy.clone());
    let global_namespaces = state.global_namespaces.clone();
    let handler = move |request: Request| {
        let person = request.extensions().get::<Person>().cloned();
        let (addresses, policy) = (addresses.clone(), policy.clone());
        let global_namespaces = global_namespaces.clone();
        let context = move || {
            provide_context(addresses.clone());
            provide_context(policy.clone());
            provide_context(global_namespaces.clone());
            // `gate::require_session` inserts the person into signed-in requests.
            if let Some(person) = person.clone() {
                provide_context(person.viewer);
                provide_context(person.background);
            }
        };
        async move {
            handle_server_fns_with_context(context, request)
                .await
                .into_response()
        }
    };
    Router::new()
        .route("/api/{function}", any(handler))
        .layer(RequestBodyLimitLayer::new(limits::BODY))
        .layer(GovernorLayer::new(limits::of_all_writes()))
        // Before the limit of all, so that what one person may not send takes nothing from the others.
        .layer(GovernorLayer::new(of_person))
        .layer(middleware::from_fn(tell_written))
        .layer(middleware::from_fn(status_from_kind))
        .layer(middleware::from_fn_with_state(state.clone(), audit::act))
        .layer(middleware::from_fn(answer_forms))
        // Before everything that reads bodies.
        .layer(RequestBodyTimeoutLayer::new(limits::BODY_WITHIN))
}

/// Tells the browser's next page what was written: another replica may answer it, whose memory hears of the write a moment later.
async fn tell_written(request: Request, next: Next) -> Response {
    let person = request.extensions().get::<Person>().cloned();
    let mut response = next.run(request).await;
    let last = person.and_then(|person| person.viewer.take_last_written());
    if let Some(cookie) = last.and_then(|last| cookies::tell_written(Some(&last))) {
        response.headers_mut().append(SET_COOKIE, cookie);
    }
    response
}

/// Sets the status of each error from its kind. Leptos answers every error with 500 and the error as JSON.
async fn status_from_kind(request: Request, next: Next) -> Response {
    let response = next.run(request).await;
    if !response.status().is_client_error() && !response.status().is_server_error() {
        return response;
    }
    let status = response.status();
    let body = to_bytes(response.into_body(), ERROR_LIMIT)
        .await
        .unwrap_or_default();
    match serde_json::from_slice::<ApiError>(&body) {
        Ok(error) => error_response(&error),
        Err(_) if status == StatusCode::BAD_REQUEST => error_response(&ApiError(Problem::new(
            Kind::NotFound,
            "No server function has this path and method.",
            "Reload the page: Kargo Tokens may have been updated.",
        ))),
        Err(_) if status == StatusCode::PAYLOAD_TOO_LARGE => {
            error_response(&ApiError::invalid("The request is too large."))
        }
        Err(_) if status == StatusCode::TOO_MANY_REQUESTS => {
            error_response(&ApiError(Problem::new(
                Kind::TooMany,
                "Too many requests in a short time.",
                "Wait a few seconds, then try again; nothing was changed.",
            )))
        }
        Err(_) => error_response(&ApiError(Problem::new(
            Kind::BadAnswer,
            "Kargo Tokens failed to process the request.",
            "Try again; see the program's log for details.",
        ))),
    }
}

/// Answers a form that a browser posts without JavaScript with 303 back to the page, which then shows a notice. Refuses any other request
/// for HTML before it reaches a server function, because Leptos would put the answer or error into the URL and the browser's history.
async fn answer_forms(request: Request, next: Next) -> Response {
    let wants_html = request
        .headers()
        .get_all(ACCEPT)
        .iter()
        .any(|accept| accept.to_str().is_ok_and(|a| a.contains("text/html")));
    if !wants_html {
        return next.run(request).await;
    }
    let command =
        Command::of_endpoint(request.uri().path()).filter(|_| request.method() == Method::POST);
    let Some(command) = command else {
        let text =
            "Nothing was changed. This command needs JavaScript: turn it on and reload the page.\n";
        return (
            StatusCode::NOT_ACCEPTABLE,
            [(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            )],
            Body::from(text),
        )
            .into_response();
    };
    let (mut parts, body) = request.into_parts();
    let headers = parts.headers.clone();
    parts
        .headers
        .insert(ACCEPT, HeaderValue::from_static("application/json"));
    let form = to_bytes(body, limits::BODY).await.unwrap_or_default();
    let token = serde_urlencoded::from_bytes::<NamedToken>(&form)
        .ok()
        .and_then(|form| form.name.parse().ok());
    let response = next.run(Request::from_parts(parts, Body::from(form))).await;
    let outcome = if response.status().is_success() {
        match command {
            Command::Delete => Outcome::Deleting,
            Command::Restore => Outcome::Restored,
            _ => Outcome::Deleted,
        }
    } else {
        Outcome::Failed(Kind::of_status(response.status().as_u16()).unwrap_or(Kind::BadAnswer))
    };
    cookies::redirect_with_flash(&headers, &Flash { outcome, token })
}

/// The field of a row's form that names the token.
#[derive(serde::Deserialize)]
struct NamedToken {
    name: String,
}
