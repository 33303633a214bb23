//! Signing in with OIDC: the authorization code flow with PKCE, as a public client like Kargo's own. Answers with a person's claims, or with
//! their ID token where the API server trusts the issuer itself.

mod error;
mod fetch;
mod issuer;
mod times;

use kargo::{claims::PersonClaims, identity::PersonNote};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, CsrfToken, IssuerUrl, LogoutRequest,
    Nonce, PkceCodeChallenge, PkceCodeVerifier, PostLogoutRedirectUrl, RedirectUrl,
    RequestTokenError, Scope, TokenResponse,
    core::{CoreAuthenticationFlow, CoreClientAuthMethod, CoreErrorResponseType, CoreIdToken},
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

pub use error::OidcError;
pub use fetch::{CaError, Fetch};
use issuer::{Client, Issuer};

/// Scopes of every sign-in, besides `openid`.
const SCOPES: [&str; 2] = ["profile", "email"];

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
    pub id_token: SecretString,
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
        let scopes = SCOPES
            .into_iter()
            .chain(self.settings.scopes.iter().map(String::as_str));
        let (address, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
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
        let nonce = Nonce::new(transaction.nonce);
        self.verify(&token, &nonce).await?;
        self.person(&token.to_string(), now)
    }

    /// The issuer's address that ends the person's session there; `None` where it has none.
    pub async fn logout_address(&self) -> Option<String> {
        let metadata = self.issuer.metadata().await.ok()?;
        let endpoint = metadata
            .additional_metadata()
            .end_session_endpoint
            .clone()?;
        let request = LogoutRequest::from(endpoint)
            .set_client_id(ClientId::new(self.settings.client_id.clone()))
            .set_post_logout_redirect_uri(self.after_logout.clone());
        Some(request.http_get_url().into())
    }

    /// Asks the issuer for its metadata once, so that whoever started the program sees at once that the issuer can't be used.
    pub async fn look(&self) {
        if let Err(error) = self.issuer.metadata().await {
            tracing::warn!(%error, "nobody can sign in with OIDC yet");
        }
    }

    async fn client(&self) -> Result<Client, OidcError> {
        let metadata = self.issuer.metadata().await?;
        Ok(self.client_of(&metadata))
    }

    fn client_of(&self, metadata: &issuer::Metadata) -> Client {
        let secret = self.settings.client_secret.as_ref();
        let methods = metadata.token_endpoint_auth_methods_supported();
        let takes_header = methods
            .is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        Client::from_provider_metadata(
            metadata.clone(),
            ClientId::new(self.settings.client_id.clone()),
            secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned())),
        )
        .set_redirect_uri(self.redirect.clone())
        .set_auth_type(if takes_header {
            AuthType::BasicAuth
        } else {
            AuthType::RequestBody
        })
    }

    async fn exchange(&self, code: String, verifier: String) -> Result<CoreIdToken, OidcError> {
        let client = self.client().await?;
        let fetch = self.issuer.fetch();
        let request = client
            .exchange_code(AuthorizationCode::new(code))
            .map_err(|_| OidcError::BadAnswer("it names no token endpoint".to_owned()))?
            .set_pkce_verifier(PkceCodeVerifier::new(verifier));
        let answer = request
            .request_async(fetch)
            .await
            .map_err(|error| match error {
                RequestTokenError::ServerResponse(answer)
                    if *answer.error() == CoreErrorResponseType::InvalidGrant =>
                {
                    OidcError::CodeRefused("invalid_grant".to_owned())
                }
                RequestTokenError::ServerResponse(answer) => {
                    OidcError::BadAnswer(format!("the token endpoint says {}", answer.error()))
                }
                RequestTokenError::Request(error) => OidcError::Unreachable(error.to_string()),
                // The text could quote tokens.
                RequestTokenError::Parse(..) | RequestTokenError::Other(_) => {
                    OidcError::BadAnswer("the token endpoint's answer is no token".to_owned())
                }
            })?;
        let token = answer.id_token().cloned();
        token.ok_or_else(|| OidcError::BadAnswer("it issued no ID token".to_owned()))
    }

    /// Checks signature, issuer, audience and nonce. Reads the issuer's keys again where none has made the signature.
    async fn verify(&self, token: &CoreIdToken, nonce: &Nonce) -> Result<(), OidcError> {
        let metadata = self.issuer.metadata().await?;
        match issuer::verify(&self.client_of(&metadata), token, nonce) {
            Err(error) if issuer::is_about_keys(&error) => {
                let metadata = self.issuer.again().await?;
                issuer::verify(&self.client_of(&metadata), token, nonce)
                    .map_err(|error| OidcError::BadToken(issuer::described(&error)))
            }
            result => result.map_err(|error| OidcError::BadToken(issuer::described(&error))),
        }
    }

    /// Reads a verified ID token.
    fn person(&self, token: &str, now: i64) -> Result<SignedIn, OidcError> {
        let payload = issuer::payload(token)
            .ok_or_else(|| OidcError::BadToken("its payload is no JSON object".to_owned()))?;
        let claims = PersonClaims::parse(&payload)?;
        let all: Map<String, Json> = serde_json::from_str(&payload)
            .map_err(|_| OidcError::BadToken("its payload is no JSON object".to_owned()))?;
        let ends = times::check(&all, now)?;
        let text = |claim: &str| claims.texts(claim).first().cloned();
        let subject = text("sub").ok_or_else(|| OidcError::BadToken("it has no sub".to_owned()))?;
        let issuer = text("iss").ok_or_else(|| OidcError::BadToken("it has no iss".to_owned()))?;
        let user = [&self.settings.username_claim, "email", "preferred_username"]
            .into_iter()
            .find_map(text)
            .unwrap_or_else(|| subject.clone());
        Ok(SignedIn {
            note: PersonNote {
                issuer,
                subject,
                user,
            },
            claims,
            id_token: token.to_owned().into(),
            ends,
        })
    }
}

impl Transaction {
    /// Whether the issuer answers to this sign-in.
    pub fn has_state(&self, state: &str) -> bool {
        subtle::ConstantTimeEq::ct_eq(self.state.as_bytes(), state.as_bytes()).into()
    }
}
