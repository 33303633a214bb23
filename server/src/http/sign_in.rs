//! `POST /sign-in`: begins a session with a pasted token. `POST /sign-out`: ends one session, or all of a person.

use std::{sync::Arc, time::Duration};

use app::sign_in::Refusal;
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, State as Extract, rejection::FormRejection},
    http::{HeaderValue, header::SET_COOKIE},
    response::{Html, IntoResponse, Redirect, Response},
    routing::post,
};
use kargo::{
    cluster::{Connector, Error},
    identity::ServiceAccountRef,
    value::Value,
};
use tokio::time::timeout;
use tower_governor::{GovernorError, GovernorLayer};

use super::{State, audit::Note, limits};
use crate::sessions::{Credential, Secret, Session};

/// Longest form with a token, in bytes.
const LONGEST: usize = 16 * 1024;
/// Time in which the API server says whose token it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Route of signing in with a token.
pub fn routes(state: &State) -> Router {
    let routes = Router::new()
        .route("/sign-in", post(sign_in))
        .layer(DefaultBodyLimit::max(LONGEST));
    limited(state, routes).with_state(state.clone())
}

/// Limits routes of signing in before anything else looks at the request.
pub fn limited(state: &State, routes: Router<State>) -> Router<State> {
    let limit = limits::of_sign_ins(&state.tasks);
    let layer = GovernorLayer::new(limit).error_handler(|error| match error {
        GovernorError::TooManyRequests { .. } => refuse(Refusal::TooMany).map(Into::into),
        _ => axum::http::StatusCode::INTERNAL_SERVER_ERROR
            .into_response()
            .map(Into::into),
    });
    routes.layer(layer)
}

/// Route of signing out, for requests with a session.
pub fn signed_in_routes(state: &State) -> Router {
    Router::new()
        .route("/sign-out", post(sign_out))
        .route("/acting-as", post(act_as))
        .with_state(state.clone())
}

#[derive(serde::Deserialize)]
struct TokenForm {
    token: Value,
}

async fn sign_in(
    Extract(state): Extract<State>,
    form: Result<Form<TokenForm>, FormRejection>,
) -> Response {
    if !state.ways.token {
        return Redirect::to("/sign-in").into_response();
    }
    let Ok(Form(TokenForm { token })) = form else {
        return refuse(Refusal::NotAToken);
    };
    // People paste line ends, too.
    let value = Value::new(token.expose().trim().to_owned());
    let begun = match owner(state.identities.program().connector(), &value).await {
        Ok(user) => {
            let value = Secret(value);
            let note = Note::signed_in("token", user.clone());
            let credential = Credential::Token { value, user };
            state
                .sessions
                .begin(credential)
                .map(|cookies| (cookies, note))
                .map_err(|_| Refusal::TooLong)
        }
        Err(refusal) => Err(refusal),
    };
    match begun {
        Ok((cookies, note)) => note.to(with_cookies(Redirect::to("/").into_response(), cookies)),
        Err(refusal) => refuse(refusal),
    }
}

/// User name that the API server gives to a token's owner.
pub async fn owner(connector: &Connector, token: &Value) -> Result<String, Refusal> {
    let owner = async {
        // Something between us and the API server may put another identity in place of the token's, or none. It would do so for any text.
        let nobody = Value::new("not-a-token".to_owned());
        match whoami(connector, &nobody).await {
            Err(Error::Unauthenticated) => whoami(connector, token).await.map(Some),
            Ok(_) => Ok(None),
            Err(error) => Err(error),
        }
    };
    match timeout(PATIENCE, owner).await {
        Ok(Ok(Some(user))) => Ok(user),
        Ok(
            Ok(None)
            | Err(
                Error::BadAnswer(_)
                | Error::Forbidden(_)
                | Error::NotFound(_)
                | Error::PlainHttp(_),
            ),
        ) => Err(Refusal::Untold),
        Ok(Err(Error::Unauthenticated)) => Err(Refusal::Refused),
        Ok(Err(Error::NotAToken)) => Err(Refusal::NotAToken),
        Ok(Err(_)) | Err(_) => Err(Refusal::Unreachable),
    }
}

async fn whoami(connector: &Connector, token: &Value) -> Result<String, Error> {
    Ok(connector.with_bearer(token)?.whoami().await?.user)
}

#[derive(serde::Deserialize)]
struct SignOutForm {
    everywhere: Option<bool>,
}

async fn sign_out(
    Extract(state): Extract<State>,
    Extension(session): Extension<Arc<Session>>,
    form: Result<Form<SignOutForm>, FormRejection>,
) -> Response {
    let is_everywhere = form.is_ok_and(|Form(form)| form.everywhere == Some(true));
    let tasks = state.tasks.clone();
    // Other replicas are told even if the browser closes the connection.
    let response = async move {
        let signed_out = if is_everywhere {
            state.identities.end_all(&session);
            state.sessions.end_all(&session).await
        } else {
            state.identities.end(&session);
            state.sessions.end(&session).await
        };
        let of_issuer = match &state.oidc {
            Some(oidc) if session.credential.is_of_issuer() => oidc.logout_address(),
            _ => None,
        };
        let response = match of_issuer {
            _ if !signed_out.is_told => refuse(Refusal::NotTold),
            // A redirect of a form to another site is against the policy of our pages.
            Some(address) => hop(&address, "You are signed out here."),
            None => Redirect::to("/sign-in").into_response(),
        };
        let note = Note {
            verb: is_everywhere.then_some("sign_out_everywhere"),
            ..Note::default()
        };
        note.to(with_cookies(response, signed_out.cookies))
    };
    tasks.run_to_completion(response).await
}

#[derive(serde::Deserialize)]
struct ActForm {
    /// Kubernetes user name of a ServiceAccount; empty: all that accept the person's claims.
    account: String,
}

/// Chooses as whom the person acts. Pages refuse a ServiceAccount that doesn't accept their claims.
async fn act_as(
    Extract(state): Extract<State>,
    Extension(session): Extension<Arc<Session>>,
    form: Result<Form<ActForm>, FormRejection>,
) -> Response {
    let account = form.map(|Form(form)| form.account).unwrap_or_default();
    let account = ServiceAccountRef::of_user(&account);
    let cookies = state.sessions.acting_only_as(&session, account);
    with_cookies(
        Redirect::to("/session").into_response(),
        cookies.unwrap_or_default(),
    )
}

/// A page of ours that leads on at once. A browser that comes from another site sends `SameSite=Strict` cookies only after such a page.
pub fn hop(address: &str, sentence: &str) -> Response {
    let address = address
        .replace('&', "&amp;")
        .replace('"', "&quot;")
        .replace('<', "&lt;");
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><meta charset=\"utf-8\"><meta http-equiv=\"refresh\" content=\"0;url={address}\">\
         <title>Kargo Tokens</title><p>{sentence} <a href=\"{address}\">Go on</a></p></html>"
    );
    Html(page).into_response()
}

/// The sign-in page, which says why.
pub fn refuse(refusal: Refusal) -> Response {
    Note::refused(refusal.word()).to(Redirect::to(&refusal.address()).into_response())
}

/// Adds cookies to a response.
pub fn with_cookies(mut response: Response, cookies: Vec<HeaderValue>) -> Response {
    let cookies = cookies.into_iter().map(|cookie| (SET_COOKIE, cookie));
    for (name, cookie) in cookies {
        response.headers_mut().append(name, cookie);
    }
    response
}
