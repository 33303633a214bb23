//! `GET /sign-in/oidc`: sends the browser to the issuer. `GET /sign-in/oidc/callback`: begins a session with what the issuer answers.

use app::sign_in::Refusal;
use axum::{
    Router,
    extract::{Query, State as Extract, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

use super::{
    State,
    audit::Note,
    sign_in::{hop, limited, owner, refuse, with_cookies},
};
use crate::{
    oidc::{Oidc, OidcError, SignedIn, error_code},
    sessions::{Credential, Secret, now},
};

/// Routes of signing in with OIDC; none where it isn't configured.
pub fn routes(state: &State) -> Router {
    if state.oidc.is_none() {
        return Router::new();
    }
    let routes = Router::new()
        .route("/sign-in/oidc", get(begin))
        .route("/sign-in/oidc/callback", get(finish));
    limited(state, routes).with_state(state.clone())
}

async fn begin(Extract(state): Extract<State>) -> Response {
    let Some(oidc) = &state.oidc else {
        return Redirect::to("/sign-in").into_response();
    };
    match oidc.begin().await {
        Ok((address, transaction)) => {
            let cookies = state.sessions.seal_transaction(&transaction);
            with_cookies(
                Redirect::to(&address).into_response(),
                cookies.unwrap_or_default(),
            )
        }
        Err(error) => of_sign_in(refuse(refusal(&error))),
    }
}

/// A response to a sign-in, for the audit log.
fn of_sign_in(response: Response) -> Response {
    let note = Note {
        verb: Some("sign_in"),
        way: Some("oidc"),
        ..Note::default()
    };
    note.to(response)
}

#[derive(serde::Deserialize)]
struct Callback {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

async fn finish(
    Extract(state): Extract<State>,
    headers: HeaderMap,
    query: Result<Query<Callback>, QueryRejection>,
) -> Response {
    let begun = match (&state.oidc, query) {
        (Some(oidc), Ok(Query(callback))) => {
            Box::pin(session(&state, oidc, &headers, callback)).await
        }
        _ => Err(Refusal::OtherTransaction),
    };
    let response = match begun {
        Ok((cookies, person)) => Note::signed_in("oidc", person)
            .to(with_cookies(hop("/", "You are signed in."), cookies)),
        Err(refusal) => of_sign_in(refuse(refusal)),
    };
    with_cookies(response, state.sessions.end_transaction())
}

/// Begins the session: its cookies, and the person's name.
async fn session(
    state: &State,
    oidc: &Oidc,
    headers: &HeaderMap,
    callback: Callback,
) -> Result<(Vec<HeaderValue>, String), Refusal> {
    let transaction = state.sessions.transaction(headers);
    let transaction = transaction.ok_or(Refusal::OtherTransaction)?;
    if !transaction.has_state(&callback.state.unwrap_or_default()) {
        return Err(Refusal::OtherTransaction);
    }
    let code = match (callback.code, callback.error) {
        (Some(code), None) => code,
        (_, error) => {
            let error = error_code(error.as_deref().unwrap_or_default());
            tracing::warn!(%error, "the issuer did not sign a person in");
            return Err(Refusal::Denied);
        }
    };
    let signed_in = oidc.finish(transaction, code, now()).await;
    let signed_in = signed_in.map_err(|error| refusal(&error))?;
    if oidc.forwards() {
        return forwarded(state, signed_in).await;
    }
    mapped(state, signed_in).await
}

/// A session that sends the ID token to the API server.
async fn forwarded(
    state: &State,
    signed_in: SignedIn,
) -> Result<(Vec<HeaderValue>, String), Refusal> {
    let value = signed_in.id_token;
    let user = owner(state.identities.program().connector(), &value)
        .await
        .map_err(|refusal| match refusal {
            Refusal::Refused | Refusal::NotAToken => {
                tracing::warn!(
                    issuer = %signed_in.note.issuer,
                    "the API server does not accept the issuer's ID token; check its settings for the issuer, the client as audience, and the username claim, which the token must have"
                );
                Refusal::NotForwarded
            }
            refusal => refusal,
        })?;
    let credential = Credential::Forwarded {
        value: Secret(value),
        user: user.clone(),
    };
    let cookies = state
        .sessions
        .begin_until(credential, signed_in.ends)
        .map_err(|_| Refusal::TooManyClaims)?;
    Ok((cookies, user))
}

/// A session of a person who acts as ServiceAccounts. Where all claims don't fit into cookies, those are kept that some ServiceAccount accepts
/// now.
async fn mapped(state: &State, signed_in: SignedIn) -> Result<(Vec<HeaderValue>, String), Refusal> {
    let credential = |claims: String| Credential::Oidc {
        note: signed_in.note.clone(),
        claims,
        only: None,
    };
    let person = signed_in.note.name();
    if let Ok(cookies) = state.sessions.begin(credential(signed_in.claims.to_json())) {
        return Ok((cookies, person));
    }
    let accepted = state.identities.oidc().accepted_of(&signed_in.claims).await;
    let accepted = accepted.map_err(|error| {
        tracing::warn!(problem = %error.problem().sentences(), "a person's claims could not be compared with the roles");
        Refusal::Unreachable
    })?;
    let cookies = state
        .sessions
        .begin(credential(accepted.to_json()))
        .map_err(|_| Refusal::TooManyClaims)?;
    Ok((cookies, person))
}

/// Tells the person why, and the log in more detail.
fn refusal(error: &OidcError) -> Refusal {
    tracing::warn!(%error, "nobody was signed in with OIDC");
    match error {
        OidcError::Unreachable(_) | OidcError::BadAnswer(_) => Refusal::Issuer,
        OidcError::CodeRefused(_) => Refusal::OtherTransaction,
        OidcError::BadToken(_) => Refusal::BadIdToken,
        OidcError::NotNow(_) => Refusal::NotNow,
        OidcError::Claims(_) => Refusal::TooManyClaims,
    }
}
