//! `POST /sign-in`: begins a session with a pasted token. `POST /sign-out`: ends one session, or all of a person. `POST /acting-as`: chooses as
//! whom a person acts.

use std::{sync::Arc, time::Duration};

use app::{base_path::at, sign_in::Refusal};
use axum::{
    Extension, Form, Router,
    extract::{DefaultBodyLimit, State as Extract, rejection::FormRejection},
    http::{HeaderValue, StatusCode, header::SET_COOKIE},
    response::{Html, IntoResponse, Redirect, Response},
    routing::post,
};
use kargo::{
    cluster::{Connector, Error},
    identity::ServiceAccountRef,
    problem::Kind,
    value::Value,
};
use tokio::time::timeout;
use tower_governor::{GovernorError, GovernorLayer};

use super::{
    State,
    audit::Note,
    cookies,
    limits::{Limit, PersonKey},
    peer::PeerAddress,
};
use crate::{
    identities::Person,
    sessions::{Credential, Secret, Session},
};

/// Longest form with a token, in bytes.
const LONGEST: usize = 16 * 1024;
/// Time in which the API server says whose token it is.
const PATIENCE: Duration = Duration::from_secs(10);

/// Route of signing in with a token. `limit`: sign-ins from one address.
pub fn routes(state: &State, limit: Limit<PeerAddress>) -> Router {
    let routes = Router::new()
        .route("/sign-in", post(sign_in))
        .layer(DefaultBodyLimit::max(LONGEST));
    limited(limit, routes).with_state(state.clone())
}

/// Limits routes of signing in before anything else looks at the request.
pub fn limited<S: Clone + Send + Sync + 'static>(
    limit: Limit<PeerAddress>,
    routes: Router<S>,
) -> Router<S> {
    let layer = GovernorLayer::new(limit).error_handler(|error| match error {
        GovernorError::TooManyRequests { .. } => refuse(Refusal::TooMany).map(Into::into),
        _ => StatusCode::INTERNAL_SERVER_ERROR
            .into_response()
            .map(Into::into),
    });
    routes.layer(layer)
}

/// Routes for requests with a session. `limit`: writes of one person.
pub fn signed_in_routes(state: &State, limit: Limit<PersonKey>) -> Router {
    let layer = GovernorLayer::new(limit).error_handler(|error| match error {
        GovernorError::TooManyRequests { .. } => {
            let text = "Nothing was changed: too many requests in a short time. Wait a few seconds, then go back and try again.\n";
            (StatusCode::TOO_MANY_REQUESTS, text).into_response()
        }
        _ => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    });
    Router::new()
        .route("/sign-out", post(sign_out))
        .route("/acting-as", post(act_as))
        .layer(layer)
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
        return Note::refused("not_offered").to(Redirect::to(&at("/sign-in")).into_response());
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
        Ok((cookies, note)) => note.to(with_cookies(
            Redirect::to(&at("/")).into_response(),
            cookies,
        )),
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
        // A request beside this one begins nothing any more when the tasks end.
        if is_everywhere {
            state.sessions.end_all(&session);
            state.identities.end_all(&session);
        } else {
            state.sessions.end(&session);
            state.identities.end(&session);
        }
        let signed_out = state.sessions.publish().await;
        let of_issuer = match &state.oidc {
            Some(oidc) if session.credential.is_of_issuer() => oidc.logout_address(),
            _ => None,
        };
        let response = match of_issuer {
            _ if !signed_out.is_told => refuse(Refusal::NotTold),
            // A redirect of a form to another site is against the policy of our pages.
            Some(address) => hop(&address, "You are signed out here."),
            None => Redirect::to(&at("/sign-in")).into_response(),
        };
        let note = Note {
            verb: is_everywhere.then_some("sign_out_everywhere"),
            ..Note::default()
        };
        let mut response = with_cookies(response, signed_out.cookies);
        let forgotten = cookies::forget_visited();
        response.headers_mut().append(SET_COOKIE, forgotten);
        note.to(response)
    };
    tasks.run_to_completion(response).await
}

#[derive(serde::Deserialize)]
struct ActForm {
    /// Kubernetes user name of a ServiceAccount; empty: all that accept the person's claims.
    account: String,
}

/// Chooses as whom the person acts. Whatever can't be chosen leaves the choice as it is.
async fn act_as(
    Extract(state): Extract<State>,
    Extension(session): Extension<Arc<Session>>,
    Extension(person): Extension<Person>,
    form: Result<Form<ActForm>, FormRejection>,
) -> Response {
    let chosen = match form {
        Ok(Form(ActForm { account })) if account.is_empty() => Ok(None),
        Ok(Form(ActForm { account })) => one_of_theirs(&person, &account).await.map(Some),
        Err(_) => Err((Kind::Invalid, "The form has no role.".to_owned())),
    };
    let chosen = chosen.and_then(|account| {
        let cookies = state.sessions.acting_only_as(&session, account.as_ref());
        let cookies = cookies.map_err(|_| (Kind::Invalid, "The name is too long.".to_owned()))?;
        Ok((account, cookies))
    });
    match chosen {
        Ok((account, cookies)) => {
            let note = Note {
                acting_as: account.map(|account| account.user()),
                ..Note::default()
            };
            note.to(with_cookies(
                Redirect::to(&at("/session")).into_response(),
                cookies,
            ))
        }
        Err((kind, problem)) => {
            let text = format!("Nothing was changed. {problem} Go back and reload the page.\n");
            let status = StatusCode::from_u16(kind.status()).unwrap_or(StatusCode::BAD_GATEWAY);
            (status, text).into_response()
        }
    }
}

/// The ServiceAccount with a user name, if it accepts the person's claims.
async fn one_of_theirs(
    person: &Person,
    account: &str,
) -> Result<ServiceAccountRef, (Kind, String)> {
    let accounts = match person.viewer.person() {
        Some(person) => person.all_accounts().await.map_err(|error| {
            let problem = error.problem();
            (problem.kind, problem.sentences())
        })?,
        None => vec![],
    };
    let account = accounts.into_iter().find(|its| its.user() == account);
    account.ok_or_else(|| {
        (
            Kind::Forbidden,
            "This role doesn't accept your claims.".to_owned(),
        )
    })
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

#[cfg(test)]
mod tests {
    use axum::{
        body::Body,
        http::{HeaderMap, Request, header},
    };
    use clap::Parser;
    use kargo::identity::PersonNote;
    use tower::ServiceExt;

    use super::*;
    use crate::{
        audit::Audit,
        background::Tasks,
        config::Config,
        http::{Operations, Peer, Services, router},
        one_time_address::OneTimeAddresses,
        sessions::{Sessions, sent},
        test_cluster::unreachable,
    };

    /// A program whose cluster doesn't answer.
    struct Program {
        app: Router,
        sessions: Arc<Sessions>,
    }

    impl Program {
        async fn start() -> Self {
            let address = ([127, 0, 0, 1], 3000).into();
            let flags = [
                "kargo-tokens",
                "--sign-in=local,oidc",
                "--oidc-issuer-url=http://127.0.0.1:1",
                "--oidc-client-id=kargo",
            ];
            let config = Config::try_parse_from(flags).expect("flags");
            let sessions = Arc::new(config.sessions(address).expect("no file is needed"));
            let (one_time_addresses, _) = OneTimeAddresses::new(format!("http://{address}"));
            let services = Services {
                cluster: unreachable().await,
                sessions: Arc::clone(&sessions),
                one_time_addresses: Arc::new(one_time_addresses),
                oidc: config.oidc(address).expect("flags").map(Arc::new),
                tasks: Tasks::default(),
                audit: Audit::default(),
                operations: Operations::default(),
            };
            let app = router(&config, address, services).app;
            Self { app, sessions }
        }

        async fn send(
            &self,
            method: &str,
            path: &str,
            cookies: &HeaderMap,
            body: &str,
        ) -> Response {
            let mut request = Request::builder()
                .method(method)
                .uri(path)
                .header(header::HOST, "127.0.0.1:3000")
                .header("sec-fetch-site", "same-origin")
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .extension(Peer {
                    address: [192, 0, 2, 1].into(),
                    is_https: false,
                })
                .body(Body::from(body.to_owned()))
                .expect("a request");
            request.headers_mut().extend(cookies.clone());
            self.app.clone().oneshot(request).await.expect("an answer")
        }

        /// Cookies of a person who acts as ServiceAccounts, of which they have chosen one.
        fn acting_as_less(&self) -> HeaderMap {
            let note = PersonNote {
                issuer: "http://127.0.0.1:1".to_owned(),
                subject: "1".to_owned(),
                user: "ana".to_owned(),
            };
            let claims = "{}".to_owned();
            let set = self.sessions.begin(Credential::Oidc { note, claims });
            let set = set.expect("short");
            let session = self.sessions.of(&sent(&set)).expect("valid");
            let account = ServiceAccountRef::of_user("system:serviceaccount:kargo:viewer");
            let choice = self.sessions.acting_only_as(&session, account.as_ref());
            sent(&[set, choice.expect("short")].concat())
        }
    }

    fn location(response: &Response) -> &str {
        response.headers()[header::LOCATION].to_str().expect("text")
    }

    #[tokio::test]
    async fn a_form_that_names_no_role_of_the_person_changes_nothing() {
        let program = Program::start().await;
        let cookies = program.acting_as_less();
        for form in [
            "garbage=1",
            "",
            "account=garbage",
            "account=system:serviceaccount:kargo",
            "account=system:serviceaccount:kargo:kargo-admin",
            "account=%20",
        ] {
            let answer = program.send("POST", "/acting-as", &cookies, form).await;
            assert!(
                answer.status().is_client_error() || answer.status().is_server_error(),
                "{form}"
            );
            assert!(!answer.headers().contains_key(SET_COOKIE), "{form}");
        }
        let answer = program
            .send("POST", "/acting-as", &cookies, "account=")
            .await;
        assert_eq!(answer.status(), StatusCode::SEE_OTHER);
        let set: Vec<_> = answer.headers().get_all(SET_COOKIE).iter().collect();
        assert!(!set.is_empty());
        for cookie in set {
            let cookie = cookie.to_str().expect("text");
            assert!(cookie.starts_with("kargo-tokens-3000-acting") && cookie.contains("Max-Age=0"));
        }
    }

    #[tokio::test]
    async fn signing_out_and_choosing_a_role_have_the_limit_of_writes() {
        let program = Program::start().await;
        let is_refused = async |path: &str| {
            let cookies = program.acting_as_less();
            let answer = program.send("POST", path, &cookies, "").await;
            answer.status() == StatusCode::TOO_MANY_REQUESTS
        };
        let used_up = async || {
            for _ in 0..1000 {
                if is_refused("/acting-as").await {
                    return true;
                }
            }
            false
        };
        // On a slow machine the limit may allow one more request by the time of the sign-out, so that one is used up, too.
        let mut is_sign_out_refused = false;
        for _ in 0..20 {
            assert!(used_up().await);
            is_sign_out_refused = is_sign_out_refused || is_refused("/sign-out").await;
        }
        assert!(is_sign_out_refused);
    }

    #[tokio::test]
    async fn all_ways_of_signing_in_have_one_limit_and_the_way_back_is_wider() {
        let program = Program::start().await;
        let nobody = HeaderMap::new();
        let mut passed = 0;
        for _ in 0..10 {
            for (method, path) in [("POST", "/sign-in"), ("GET", "/sign-in/oidc")] {
                let answer = program.send(method, path, &nobody, "").await;
                passed += usize::from(location(&answer) != "/sign-in?refused=too-many");
            }
        }
        assert_eq!(passed, 10);
        let callback = "/sign-in/oidc/callback?state=x&code=y";
        let answer = program.send("GET", callback, &nobody, "").await;
        assert_eq!(location(&answer), "/sign-in?refused=other");
    }

    #[tokio::test]
    async fn whoever_is_signed_in_goes_on_from_an_address_that_ends_no_sign_in() {
        let program = Program::start().await;
        let cookies = program.acting_as_less();
        let callback = "/sign-in/oidc/callback?state=x&code=y";
        let answer = program.send("GET", callback, &cookies, "").await;
        assert_eq!(location(&answer), "/");
    }

    #[tokio::test]
    async fn a_request_with_two_hosts_is_refused() {
        let program = Program::start().await;
        for other in ["127.0.0.1:3000", "evil.example"] {
            let mut headers = HeaderMap::new();
            headers.append(header::HOST, HeaderValue::from_static("127.0.0.1:3000"));
            headers.append(header::HOST, HeaderValue::from_static(other));
            let answer = program.send("GET", "/sign-in", &headers, "").await;
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{other}");
        }
    }
}
