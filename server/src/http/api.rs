//! The server functions under `/api/`: JSON only, each error with the status that its kind has.

use app::api::ApiError;
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
use tower_http::limit::RequestBodyLimitLayer;

use super::State;

/// The largest request body, in bytes: a form of a few short fields.
const BODY_LIMIT: usize = 64 * 1024;
/// An error's body is a few sentences.
const ERROR_LIMIT: usize = 64 * 1024;

/// All server functions.
pub fn routes(state: &State) -> Router {
    let (addresses, policy) = (state.addresses.clone(), state.policy);
    let handler = move |request: Request| {
        let (addresses, cluster) = (
            addresses.clone(),
            request.extensions().get::<Cluster>().cloned(),
        );
        let context = move || {
            provide_context(addresses.clone());
            provide_context(policy);
            // Put there by the gate, for those who are signed in.
            if let Some(cluster) = cluster.clone() {
                provide_context(cluster);
            }
        };
        // What changes something is done to its end, also when the browser closes the connection between two writes. But not the reveal:
        // what nobody waits for any more must stay unrevealed.
        let is_finished =
            request.method() == Method::POST && request.uri().path() != "/api/reveal_token";
        async move {
            let response = async move {
                handle_server_fns_with_context(context, request)
                    .await
                    .into_response()
            };
            if is_finished {
                to_its_end(response).await
            } else {
                response.await
            }
        }
    };
    Router::new()
        .route("/api/{function}", any(handler))
        .layer(RequestBodyLimitLayer::new(BODY_LIMIT))
        .layer(GovernorLayer::new(writes_per_second()))
        .layer(middleware::from_fn(status_from_kind))
        .layer(middleware::from_fn(refuse_html))
}

/// In a task of its own, whether somebody waits for it or not.
async fn to_its_end(response: impl Future<Output = Response> + Send + 'static) -> Response {
    match tokio::spawn(response).await {
        Ok(response) => response,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            // The program is ending.
            Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
        },
    }
}

/// What people click never gets near this; a script that runs away is slowed down before it slows the cluster down.
fn writes_per_second() -> GovernorConfig<GlobalKeyExtractor, NoOpMiddleware<QuantaInstant>> {
    GovernorConfigBuilder::default()
        .key_extractor(GlobalKeyExtractor)
        .methods(vec![Method::POST])
        .per_millisecond(20)
        .burst_size(200)
        .finish()
        .expect("neither the period nor the burst is zero")
}

/// An error as JSON, with its status.
pub fn problem(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.0.kind.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, axum::Json(error)).into_response()
}

/// Leptos answers every error with 500 and the error as JSON; the status that fits is set here, in one place.
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
        Ok(error) => problem(&error),
        Err(_) if status == StatusCode::BAD_REQUEST => problem(&ApiError(Problem::new(
            Kind::NotFound,
            "There is no such server function, or not with this method.",
            "Reload the page: the program may have been updated.",
        ))),
        Err(_) if status == StatusCode::PAYLOAD_TOO_LARGE => {
            problem(&ApiError::invalid("The request is too large."))
        }
        Err(_) if status == StatusCode::TOO_MANY_REQUESTS => problem(&ApiError(Problem::new(
            Kind::TooMany,
            "Too many requests in a short time.",
            "Wait a few seconds, then try again; nothing was changed.",
        ))),
        Err(_) => problem(&ApiError(Problem::new(
            Kind::BadAnswer,
            "Something went wrong inside of Kargo Tokens.",
            "Try again; the program's log may say more.",
        ))),
    }
}

/// A browser that posts a form itself wants HTML, and would put the answer, errors included, into addresses and its history. Such a
/// request is refused before anything is done; the pages' own requests ask for JSON.
async fn refuse_html(request: Request, next: Next) -> Response {
    let wants_html = request
        .headers()
        .get_all(ACCEPT)
        .iter()
        .any(|accept| accept.to_str().is_ok_and(|a| a.contains("text/html")));
    if wants_html {
        let text = "This answers with JSON only, so nothing was done. Changing tokens needs JavaScript: turn it on and reload the page.\n";
        return (
            StatusCode::NOT_ACCEPTABLE,
            [(
                CONTENT_TYPE,
                HeaderValue::from_static("text/plain; charset=utf-8"),
            )],
            Body::from(text),
        )
            .into_response();
    }
    next.run(request).await
}
