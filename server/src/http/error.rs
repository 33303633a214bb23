//! Errors as answers to our own script.

use app::api::ApiError;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

/// Returns an error as JSON, with the status of its kind.
pub fn error_response(error: &ApiError) -> Response {
    let status = StatusCode::from_u16(error.0.kind.status()).unwrap_or(StatusCode::BAD_GATEWAY);
    (status, axum::Json(error)).into_response()
}
