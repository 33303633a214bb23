//! Why nobody is signed in.

use kargo::claims::ClaimsError;
use thiserror::Error;

use super::times::NotNow;

/// Why nobody is signed in. Quotes neither codes nor tokens.
#[derive(Debug, Error)]
pub enum OidcError {
    /// No answer.
    #[error("the issuer does not answer: {0}")]
    Unreachable(String),
    /// An answer that can't be used.
    #[error("the issuer's answer can't be used: {0}")]
    BadAnswer(String),
    /// The issuer refuses the authorization code.
    #[error("the issuer refuses the authorization code: {0}")]
    CodeRefused(String),
    /// The ID token isn't for this sign-in, or isn't the issuer's.
    #[error("the ID token can't be accepted: {0}")]
    BadToken(String),
    /// The ID token isn't valid now.
    #[error("the ID token is not valid now: {0}")]
    NotNow(#[from] NotNow),
    /// The claims can't be read.
    #[error("the claims of the ID token can't be used: {0}")]
    Claims(#[from] ClaimsError),
}
