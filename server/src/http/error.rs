//! Errors as answers to our own script, and as text.

use app::api::ApiError;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use kargo::problem::Problem;

/// Returns a problem as text, with the status of its kind: what happened, and what to do.
pub fn problem_text(problem: &Problem) -> Response {
    let status = StatusCode::from_u16(problem.kind.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    let text = format!("{} {}\n", problem.message, problem.hint);
    (status, text).into_response()
}

/// Returns an error as JSON, with the status of its kind.
pub fn error_response(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.0.kind.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, axum::Json(error)).into_response()
}
