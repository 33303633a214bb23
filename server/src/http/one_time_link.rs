//! `/sign-in?key=…`: the target of a one-time link. Without a key, the request falls through to the sign-in page.

use axum::{
    extract::{Query, Request, State as Extract},
    middleware::Next,
    response::{Html, IntoResponse, Redirect, Response},
};

use super::State;

#[derive(serde::Deserialize)]
struct Key {
    key: String,
}

/// Exchanges a key for a cookie, then opens the token list.
///
/// Opens the list through an HTML page instead of a redirect: after a redirect, a browser that came from another site (such as a web
/// terminal) would not send the `SameSite=Strict` cookie.
pub async fn exchange(Extract(state): Extract<State>, request: Request, next: Next) -> Response {
    if request.uri().path() != "/sign-in" {
        return next.run(request).await;
    }
    let Ok(Query(Key { key })) = Query::try_from_uri(request.uri()) else {
        return next.run(request).await;
    };
    match state.sign_in.exchange(&key) {
        Some(cookie) => {
            let page = "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0;url=/system\">\
                        <title>Kargo Tokens</title><p>You are signed in. <a href=\"/system\">Go on</a></p></html>";
            (cookie, Html(page)).into_response()
        }
        None if state.sign_in.is_signed_in(request.headers()) => {
            Redirect::to("/system").into_response()
        }
        None => Redirect::to("/sign-in").into_response(),
    }
}
