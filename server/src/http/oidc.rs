//! `GET /sign-in/oidc`: sends the browser to the issuer. `GET /sign-in/oidc/callback`: begins a session with what the issuer answers.

use std::sync::Arc;

use super::{
    State,
    audit::Note,
    limits::{self, Limit},
    peer::PeerAddress,
    sign_in::{hop, limited, owner, refuse, with_cookies},
};
use crate::{
    oidc::{Oidc, OidcError, SignedIn, Transaction, error_code},
    sessions::{Credential, Secret, now},
};
use app::{base_path::at, sign_in::Refusal};
use axum::{
    Router,
    extract::{Query, State as Extract, rejection::QueryRejection},
    http::{HeaderMap, HeaderValue},
    response::{IntoResponse, Redirect, Response},
    routing::get,
};

/// What requests of these routes are answered with.
#[derive(Clone)]
struct WithOidc {
    state: State,
    oidc: Arc<Oidc>,
}

/// Routes of signing in with OIDC. `limit`: sign-ins from one address.
pub fn routes(state: &State, oidc: Arc<Oidc>, limit: Limit<PeerAddress>) -> Router {
    let begin = Router::new().route("/sign-in/oidc", get(begin));
    let finish = Router::new().route("/sign-in/oidc/callback", get(finish));
    limited(limit, begin)
        .merge(limited(limits::of_callbacks(&state.tasks), finish))
        .with_state(WithOidc {
            state: state.clone(),
            oidc,
        })
}

async fn begin(
    Extract(WithOidc { state, oidc }): Extract<WithOidc>,
    headers: HeaderMap,
) -> Response {
    let begun = oidc.begin().await.map_err(|error| refusal(&error));
    let begun = begun.and_then(|(address, transaction)| {
        let cookies = state.sessions.begin_transaction(&headers, &transaction);
        // Without the cookie, the way back would lead nowhere.
        let cookies = cookies.map_err(|_| Refusal::Issuer)?;
        Ok((address, cookies))
    });
    match begun {
        Ok((address, cookies)) => with_cookies(Redirect::to(&address).into_response(), cookies),
        Err(refusal) => of_sign_in(refuse(refusal)),
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
    Extract(WithOidc { state, oidc }): Extract<WithOidc>,
    headers: HeaderMap,
    query: Result<Query<Callback>, QueryRejection>,
) -> Response {
    let begun = query.ok().and_then(|Query(callback)| {
        let of = callback.state.as_deref()?;
        let transaction = state.sessions.transaction(&headers, of)?;
        Some((transaction, callback))
    });
    let Some((transaction, callback)) = begun else {
        return not_begun(&state, &headers);
    };
    let ended = state.sessions.end_transaction(&transaction);
    let signed_in = Box::pin(session(&state, &oidc, transaction, callback)).await;
    let response = match signed_in {
        Ok((cookies, person)) => Note::signed_in("oidc", person)
            .to(with_cookies(hop(&at("/"), "You are signed in."), cookies)),
        Err(refusal) => of_sign_in(refuse(refusal)),
    };
    with_cookies(response, ended)
}

/// Answers to an address that ends no sign-in of this browser: whoever is signed in goes on, for instance after going back.
fn not_begun(state: &State, headers: &HeaderMap) -> Response {
    let refusal = Refusal::OtherTransaction;
    let session = state.sessions.of(headers);
    let session = session.filter(|session| session.credential.is_offered(&state.ways));
    of_sign_in(match session {
        Some(_) => Note::refused(refusal.word()).to(Redirect::to(&at("/")).into_response()),
        None => refuse(refusal),
    })
}

/// Begins the session: its cookies, and the person's name.
async fn session(
    state: &State,
    oidc: &Oidc,
    transaction: Transaction,
    callback: Callback,
) -> Result<(Vec<HeaderValue>, String), Refusal> {
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
