//! Why nobody is signed in.

use kargo::claims::ClaimsError;
use thiserror::Error;

use super::times::NotNow;

/// Why nobody is signed in. Quotes neither codes nor tokens.
#[derive(Debug, Clone, Error)]
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
    BadToken(&'static str),
    /// The ID token isn't valid now.
    #[error("the ID token is not valid now: {0}")]
    NotNow(#[from] NotNow),
    /// The claims can't be read.
    #[error("the claims of the ID token can't be used: {0}")]
    Claims(#[from] ClaimsError),
}

/// An issuer's code of an error, such as `access_denied`. Anybody can write a text into an address: only what looks like a code is logged.
pub fn error_code(text: &str) -> &str {
    let is_code = (1..50).contains(&text.len())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    if is_code { text } else { "an unknown error" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_codes_of_errors_are_logged() {
        for code in ["access_denied", "invalid_client", "x"] {
            assert_eq!(error_code(code), code);
        }
        let long = "x".repeat(50);
        for other in ["", "a\n{\"log\":\"audit\"}", "Access denied", "é", &long] {
            assert_eq!(error_code(other), "an unknown error", "{other}");
        }
    }
}
