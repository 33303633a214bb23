//! The issuer: what its discovery document says, its keys, and whether an ID token is one of its own.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::{
    ClaimsVerificationError, DiscoveryError, EndpointMaybeSet, EndpointNotSet, EndpointSet,
    IssuerUrl, Nonce, ProviderMetadataWithLogout, SignatureVerificationError,
    core::{CoreClient, CoreIdToken, CoreJwsSigningAlgorithm as Algorithm},
};
use tokio::sync::Mutex;

use super::{
    error::OidcError,
    fetch::{Fetch, FetchError},
};

/// The discovery document, with the keys.
pub type Metadata = ProviderMetadataWithLogout;

/// A client of a discovered issuer.
pub type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

/// Age up to which the document and the keys are used.
const FRESH_FOR: Duration = Duration::from_mins(10);
/// Shortest time between two readings for ID tokens that no known key has signed: anybody can make such tokens.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// Algorithms of signatures that are accepted: those with a public key. With an algorithm of shared secrets, whoever knows the public key could
/// sign.
const ALGORITHMS: [Algorithm; 9] = [
    Algorithm::RsaSsaPkcs1V15Sha256,
    Algorithm::RsaSsaPkcs1V15Sha384,
    Algorithm::RsaSsaPkcs1V15Sha512,
    Algorithm::RsaSsaPssSha256,
    Algorithm::RsaSsaPssSha384,
    Algorithm::RsaSsaPssSha512,
    Algorithm::EcdsaP256Sha256,
    Algorithm::EcdsaP384Sha384,
    Algorithm::EdDsa,
];

/// An issuer of ID tokens.
pub struct Issuer {
    address: IssuerUrl,
    fetch: Fetch,
    /// Held while the document is read: people who sign in at the same time share one answer.
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// When the document was read, and what it says.
    read: Option<(Instant, Arc<Metadata>)>,
    /// When it was last read because of an unknown key.
    again: Option<Instant>,
}

impl Issuer {
    pub fn new(address: IssuerUrl, fetch: Fetch) -> Self {
        Self {
            address,
            fetch,
            known: Mutex::default(),
        }
    }

    pub fn fetch(&self) -> &Fetch {
        &self.fetch
    }

    /// The document and the keys.
    pub async fn metadata(&self) -> Result<Arc<Metadata>, OidcError> {
        let mut known = self.known.lock().await;
        match &known.read {
            Some((read, metadata)) if read.elapsed() < FRESH_FOR => Ok(Arc::clone(metadata)),
            _ => self.read(&mut known).await,
        }
    }

    /// The document and the keys, read again for an ID token that no known key has signed.
    pub async fn again(&self) -> Result<Arc<Metadata>, OidcError> {
        let mut known = self.known.lock().await;
        match &known.read {
            Some((_, metadata)) if known.again.is_some_and(|last| last.elapsed() < AGAIN_AFTER) => {
                Ok(Arc::clone(metadata))
            }
            _ => {
                known.again = Some(Instant::now());
                self.read(&mut known).await
            }
        }
    }

    async fn read(&self, known: &mut Known) -> Result<Arc<Metadata>, OidcError> {
        let metadata = Metadata::discover_async(self.address.clone(), &self.fetch)
            .await
            .map_err(discovery_error)?;
        let metadata = Arc::new(metadata);
        known.read = Some((Instant::now(), Arc::clone(&metadata)));
        Ok(metadata)
    }
}

fn discovery_error(error: DiscoveryError<FetchError>) -> OidcError {
    match error {
        DiscoveryError::Request(error @ FetchError::TooLarge) => {
            OidcError::BadAnswer(error.to_string())
        }
        DiscoveryError::Request(error) => OidcError::Unreachable(error.to_string()),
        DiscoveryError::Response(status, ..) => OidcError::BadAnswer(format!(
            "its discovery document answers with status {status}"
        )),
        DiscoveryError::Parse(_) => {
            OidcError::BadAnswer("its discovery document can't be read".to_owned())
        }
        error => OidcError::BadAnswer(error.to_string()),
    }
}

/// Checks signature, issuer, audience and nonce of an ID token; [`super::times`] checks the times. Other audiences beside this client are
/// allowed, as Kargo does.
pub fn verify(
    client: &Client,
    token: &CoreIdToken,
    nonce: &Nonce,
) -> Result<(), ClaimsVerificationError> {
    let verifier = client
        .id_token_verifier()
        .set_allowed_algs(ALGORITHMS)
        .set_other_audience_verifier_fn(|_| true)
        .set_time_fn(Default::default);
    token.claims(&verifier, nonce).map(|_| ())
}

/// `true` if another key could have made the signature.
pub fn is_about_keys(error: &ClaimsVerificationError) -> bool {
    matches!(
        error,
        ClaimsVerificationError::SignatureVerification(
            SignatureVerificationError::NoMatchingKey
                | SignatureVerificationError::CryptoError(_)
                | SignatureVerificationError::AmbiguousKeyId(_)
        )
    )
}

/// The reason in words.
pub fn described(error: &ClaimsVerificationError) -> String {
    match error {
        ClaimsVerificationError::SignatureVerification(error) => error.to_string(),
        ClaimsVerificationError::InvalidNonce(_) => "it is not for this sign-in (nonce)".to_owned(),
        error => error.to_string(),
    }
}

/// The payload of a JWT as text.
pub fn payload(token: &str) -> Option<String> {
    let payload = token.split('.').nth(1)?;
    let bytes = BASE64_URL_SAFE_NO_PAD
        .decode(payload.trim_end_matches('='))
        .ok()?;
    String::from_utf8(bytes).ok()
}
