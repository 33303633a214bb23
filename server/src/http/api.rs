//! Server functions under `/api/`: JSON responses, with each error's status derived from its kind.

use std::time::Duration;

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
        header::{ACCEPT, CONTENT_TYPE},
    },
    middleware::{self, Next},
    response::{IntoResponse, Response},
    routing::any,
};
use kargo::{
    cluster::Cluster,
    problem::{Kind, Problem},
};
use leptos::prelude::provide_context;
use leptos_axum::handle_server_fns_with_context;

use governor::{clock::QuantaInstant, middleware::NoOpMiddleware};
use tower_governor::{
    GovernorLayer,
    governor::{GovernorConfig, GovernorConfigBuilder},
    key_extractor::GlobalKeyExtractor,
};
use tower_http::{limit::RequestBodyLimitLayer, timeout::RequestBodyTimeoutLayer};

use super::{State, cookies};

/// Maximum size of a request body, in bytes. Forms have a few short fields.
const BODY_LIMIT: usize = 64 * 1024;
/// Longest pause in the body of a request.
const BODY_WITHIN: Duration = Duration::from_secs(10);
/// Maximum size of an error body, in bytes.
const ERROR_LIMIT: usize = 64 * 1024;

/// Routes of all server functions.
pub fn routes(state: &State) -> Router {
    let (addresses, policy) = (state.addresses.clone(), state.policy);
    let (tasks, background) = (state.tasks.clone(), state.tasks.background());
    let handler = move |request: Request| {
        let (addresses, background, cluster) = (
            addresses.clone(),
            background.clone(),
            request.extensions().get::<Cluster>().cloned(),
        );
        let context = move || {
            provide_context(addresses.clone());
            provide_context(policy);
            provide_context(background.clone());
            // `gate::require_sign_in` inserts the cluster into signed-in requests.
            if let Some(cluster) = cluster.clone() {
                provide_context(cluster);
            }
        };
        // Changes run to completion even if the browser closes the connection between two writes. A reveal stops then: a value that
        // no browser receives must stay unrevealed.
        let runs_to_completion =
            request.method() == Method::POST && request.uri().path() != "/api/reveal_token";
        let tasks = tasks.clone();
        async move {
            let response = async move {
                handle_server_fns_with_context(context, request)
                    .await
                    .into_response()
            };
            if runs_to_completion {
                tasks.run_to_completion(response).await
            } else {
                response.await
            }
        }
    };
    Router::new()
        .route("/api/{function}", any(handler))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(RequestBodyTimeoutLayer::new(BODY_WITHIN))
        .layer(GovernorLayer::new(write_rate_limit()))
        .layer(middleware::from_fn(status_from_kind))
        .layer(middleware::from_fn(answer_forms))
}

/// Limits POST requests to bursts of 200 and one per 20 ms. People stay far below; the limit protects the cluster from runaway scripts.
fn write_rate_limit() -> GovernorConfig<GlobalKeyExtractor, NoOpMiddleware<QuantaInstant>> {
    GovernorConfigBuilder::default()
        .key_extractor(GlobalKeyExtractor)
        .methods(vec![Method::POST])
        .per_millisecond(20)
        .burst_size(200)
        .finish()
        .expect("neither the period nor the burst is zero")
}

/// Returns an error as JSON, with the status of its kind.
pub fn error_response(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.0.kind.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, axum::Json(error)).into_response()
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
    let form = to_bytes(body, BODY_LIMIT).await.unwrap_or_default();
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
