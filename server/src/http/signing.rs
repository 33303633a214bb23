//! `/sign-in?key=…`: where a one-time address leads. Without a key it is an ordinary page.

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

/// Exchanges a key for a cookie, then leads on to the tokens.
///
/// Leads on by a page of our own rather than a redirect: a browser that came here from another site (a terminal in a web page) would
/// not send a `SameSite=Strict` cookie along with a redirect.
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
