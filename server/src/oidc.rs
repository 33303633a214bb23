//! Signing in with OIDC: the authorization code flow with PKCE, as a public client like Kargo's own. Answers with a person's claims, or with
//! their ID token where the API server trusts the issuer itself.

mod error;
mod fetch;
mod id_token;
mod issuer;
mod registered;
mod times;

use kargo::{claims::PersonClaims, identity::PersonNote, text::foreign, value::Value};
use oauth2::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, EndpointNotSet, EndpointSet,
    ExtraTokenFields, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, Scope,
    StandardRevocableToken, StandardTokenResponse,
    basic::{
        BasicErrorResponse, BasicErrorResponseType, BasicRevocationErrorResponse,
        BasicTokenIntrospectionResponse, BasicTokenType,
    },
};
use openidconnect::{
    IssuerUrl, LogoutRequest, Nonce, PostLogoutRedirectUrl, core::CoreClientAuthMethod,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

pub use error::{OidcError, error_code};
pub use fetch::{CaError, Fetch};
use id_token::{Expected, IdToken};
use issuer::{Issuer, Metadata};

/// Scopes of every sign-in.
const SCOPES: [&str; 3] = ["openid", "profile", "email"];
/// Longest name of a person for people, in characters.
const LONGEST_NAME: usize = 200;

/// A client of a discovered issuer. It takes the ID token as it is: one with a claim of an odd type is as good as any other.
type Client = oauth2::Client<
    BasicErrorResponse,
    StandardTokenResponse<RawIdToken, BasicTokenType>,
    BasicTokenIntrospectionResponse,
    StandardRevocableToken,
    BasicRevocationErrorResponse,
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointSet,
>;

/// What the token endpoint's answer has beside the fields of OAuth.
#[derive(Debug, Serialize, Deserialize)]
struct RawIdToken {
    #[serde(skip_serializing)]
    id_token: Option<Value>,
}

impl ExtraTokenFields for RawIdToken {}

/// Signs people in at one issuer.
pub struct Oidc {
    settings: Settings,
    issuer: Issuer,
    /// Where the issuer sends people back to.
    redirect: RedirectUrl,
    /// Where the issuer sends people after they signed out.
    after_logout: PostLogoutRedirectUrl,
}

/// A sign-in that has begun, as the person's browser keeps it, encrypted.
#[derive(Serialize, Deserialize)]
pub struct Transaction {
    state: String,
    nonce: String,
    verifier: String,
}

/// A person whom the issuer has signed in.
pub struct SignedIn {
    /// Issuer, subject and user name.
    pub note: PersonNote,
    /// Claims of the ID token.
    pub claims: PersonClaims,
    /// The ID token.
    pub id_token: Value,
    /// End of the ID token, as Unix time in seconds.
    pub ends: i64,
}

/// The issuer, and what to ask it for.
pub struct Settings {
    /// Address of the issuer.
    pub issuer_url: String,
    /// Client at the issuer.
    pub client_id: String,
    /// The client's secret, if it has one.
    pub client_secret: Option<SecretString>,
    /// Scopes besides `openid`, `profile` and `email`.
    pub scopes: Vec<String>,
    /// Claim with the name of a person.
    pub username_claim: String,
    /// Send the ID token to the API server.
    pub forward: bool,
}

impl Oidc {
    /// `origin`: scheme, host and port under which people reach the program.
    pub fn new(settings: Settings, fetch: Fetch, origin: &str) -> Result<Self, OidcError> {
        let bad = |error: openidconnect::url::ParseError| OidcError::BadAnswer(error.to_string());
        let issuer = IssuerUrl::new(settings.issuer_url.clone()).map_err(bad)?;
        Ok(Self {
            issuer: Issuer::new(issuer, fetch),
            redirect: RedirectUrl::new(format!("{origin}/sign-in/oidc/callback")).map_err(bad)?,
            after_logout: PostLogoutRedirectUrl::new(format!("{origin}/sign-in")).map_err(bad)?,
            settings,
        })
    }

    /// Whether the ID token is the bearer token for the API server.
    pub fn forwards(&self) -> bool {
        self.settings.forward
    }

    /// Begins a sign-in: the issuer's address to send the browser to, and what the browser must bring back.
    pub async fn begin(&self) -> Result<(String, Transaction), OidcError> {
        let client = self.client().await?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let nonce = Nonce::new_random();
        let scopes = SCOPES
            .into_iter()
            .chain(self.settings.scopes.iter().map(String::as_str));
        let (address, state) = client
            .authorize_url(CsrfToken::new_random)
            .add_extra_param("nonce", nonce.secret())
            .add_scopes(scopes.map(|scope| Scope::new(scope.to_owned())))
            .set_pkce_challenge(challenge)
            .url();
        let transaction = Transaction {
            state: state.secret().clone(),
            nonce: nonce.secret().clone(),
            verifier: verifier.secret().clone(),
        };
        Ok((address.into(), transaction))
    }

    /// Finishes a sign-in with the code that the issuer's redirect has in its query. The caller has compared the state.
    /// `now`: Unix time in seconds.
    pub async fn finish(
        &self,
        transaction: Transaction,
        code: String,
        now: i64,
    ) -> Result<SignedIn, OidcError> {
        let token = self.exchange(code, transaction.verifier).await?;
        let token = self.verified(token, &transaction.nonce).await?;
        self.person(token, now)
    }

    /// The issuer's address that ends the person's session there; `None` where it has none, or isn't known. Asks nobody.
    pub fn logout_address(&self) -> Option<String> {
        let metadata = self.issuer.known()?;
        let endpoint = metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(self.after_logout.clone());
        Some(request.http_get_url().into())
    }

    /// Asks the issuer for its metadata.
    ///
    /// # Errors
    /// Says why nobody can sign in.
    pub async fn discover(&self) -> Result<(), OidcError> {
        self.issuer.metadata().await.map(|_| ())
    }

    /// Asks the issuer for its metadata once, so that whoever started the program sees at once that the issuer can't be used.
    pub async fn look(&self) {
        if let Err(error) = self.discover().await {
            tracing::warn!(%error, "nobody can sign in with OIDC yet");
        }
    }

    async fn client(&self) -> Result<Client, OidcError> {
        let metadata = self.issuer.metadata().await?;
        self.client_of(&metadata)
    }

    fn client_of(&self, metadata: &Metadata) -> Result<Client, OidcError> {
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes_header = methods
            .is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        let tokens = metadata.token_endpoint().cloned();
        let tokens =
            tokens.ok_or_else(|| OidcError::BadAnswer("it names no token endpoint".to_owned()))?;
        let mut client = oauth2::Client::new(ClientId::new(self.settings.client_id.clone()))
            .set_auth_uri(metadata.authorization_endpoint().clone())
            .set_token_uri(tokens)
            .set_redirect_uri(self.redirect.clone())
            .set_auth_type(if takes_header {
                AuthType::BasicAuth
            } else {
                AuthType::RequestBody
            });
        if let Some(secret) = &self.settings.client_secret {
            client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
        }
        Ok(client)
    }

    async fn exchange(&self, code: String, verifier: String) -> Result<Value, OidcError> {
        let client = self.client().await?;
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer =
            request
                .request_async(self.issuer.fetch())
                .await
                .map_err(|error| match error {
                    RequestTokenError::ServerResponse(answer)
                        if *answer.error() == BasicErrorResponseType::InvalidGrant =>
                    {
                        OidcError::CodeRefused("invalid_grant".to_owned())
                    }
                    RequestTokenError::ServerResponse(answer) => {
                        let error = error_code(answer.error().as_ref());
                        OidcError::BadAnswer(format!("the token endpoint says {error}"))
                    }
                    RequestTokenError::Request(error) => OidcError::Unreachable(error.to_string()),
                    // The text could quote tokens.
                    RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                        OidcError::BadAnswer("the token endpoint's answer is no token".to_owned())
                    }
                })?;
        let token = answer.extra_fields().id_token.as_ref();
        let token = token.map(|token| Value::new(token.expose().to_owned()));
        token.ok_or_else(|| OidcError::BadAnswer("it issued no ID token".to_owned()))
    }

    /// Checks signature, issuer, audience and nonce. Reads the issuer's keys again where none has made the signature.
    async fn verified(&self, token: Value, nonce: &str) -> Result<IdToken, OidcError> {
        let token = IdToken::parse(token)?;
        let mut metadata = self.issuer.metadata().await?;
        if !token.is_signed_by(metadata.jwks()) {
            metadata = self.issuer.again().await?;
            if !token.is_signed_by(metadata.jwks()) {
                let problem = "no key of the issuer has made its signature";
                return Err(OidcError::BadToken(problem));
            }
        }
        token.check(&Expected {
            issuer: metadata.issuer().as_str(),
            client: &self.settings.client_id,
            nonce,
        })?;
        Ok(token)
    }

    /// Reads a verified ID token.
    fn person(&self, token: IdToken, now: i64) -> Result<SignedIn, OidcError> {
        let ends = times::check(token.registered(), now)?;
        let claims = PersonClaims::parse(token.payload())?;
        let subject = token.subject()?.to_owned();
        // The issuer chooses it, so it is cut and cleaned like any text of others. What is nothing then is no name.
        let name = |claim: &str| {
            let name = claims.texts(claim).first()?.trim();
            let name = foreign(name.chars().take(LONGEST_NAME).collect());
            (!name.is_empty()).then_some(name)
        };
        let user = [&self.settings.username_claim, "email", "preferred_username"]
            .into_iter()
            .find_map(name)
            .unwrap_or_else(|| foreign(subject.clone()));
        Ok(SignedIn {
            note: PersonNote {
                issuer: token.issuer().to_owned(),
                subject,
                user,
            },
            claims,
            id_token: token.into_text(),
            ends,
        })
    }
}

impl Transaction {
    /// What the issuer repeats. Names the sign-in among those of a browser.
    pub fn state(&self) -> &str {
        &self.state
    }

    /// Whether the issuer answers to this sign-in.
    pub fn has_state(&self, state: &str) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.state.as_bytes(), state.as_bytes()).into()
    }
}

#[cfg(test)]
mod tests {
    use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
    use serde_json::{Value as Json, json};

    use super::*;

    /// The person of a verified ID token with some claims.
    fn person(claims: &Json) -> Result<PersonNote, OidcError> {
        let settings = Settings {
            issuer_url: "https://issuer.example.com".to_owned(),
            client_id: "kargo".to_owned(),
            client_secret: None,
            scopes: vec![],
            username_claim: "name".to_owned(),
            forward: false,
        };
        let fetch = Fetch::new(None, false).expect("a client");
        let oidc = Oidc::new(settings, fetch, "http://127.0.0.1:3000").expect("addresses");
        let mut payload = json!({ "iss": "https://issuer.example.com", "sub": "1", "exp": 100 });
        for (name, value) in claims.as_object().expect("claims") {
            payload[name] = value.clone();
        }
        let encoded = |json: &Json| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
        let token = format!(
            "{}.{}.c2ln",
            encoded(&json!({ "alg": "RS256" })),
            encoded(&payload)
        );
        let token = IdToken::parse(Value::new(token))?;
        oidc.person(token, 50).map(|signed_in| signed_in.note)
    }

    #[test]
    fn a_name_is_cut_and_cleaned_and_a_subject_stays_as_it_is() {
        let user = |claims: Json| person(&claims).expect("a person").user;
        assert_eq!(user(json!({ "name": " Ana " })), "Ana");
        assert_eq!(user(json!({ "name": "", "email": "a@b" })), "a@b");
        assert_eq!(
            user(json!({ "name": 42, "preferred_username": ["ana"] })),
            "ana"
        );
        assert_eq!(
            user(json!({ "name": "a\u{202e}b\u{7}" })),
            "a\u{fffd}b\u{fffd}"
        );
        let long = "x".repeat(10_000);
        assert_eq!(user(json!({ "name": long })).len(), LONGEST_NAME);
        assert_eq!(user(json!({})), "1");
        let note = person(&json!({ "sub": "a b", "name": "Ana" })).expect("a person");
        assert_eq!(
            (note.subject.as_str(), note.issuer.as_str()),
            ("a b", "https://issuer.example.com")
        );
        for subject in [json!(""), json!(null), json!(7)] {
            assert!(person(&json!({ "sub": subject })).is_err(), "{subject}");
        }
    }
}
