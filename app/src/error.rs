//! The one error that every server function answers with.

use kargo::{
    filter::IgnoredWord,
    problem::{Kind, Problem},
};
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// A [`Problem`] on its way to the browser, as `{ kind, message, hint }`. The server's middleware sets the HTTP status from `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ApiError(pub Problem);

impl ApiError {
    /// The input can't be used.
    pub fn invalid(message: impl Into<String>) -> Self {
        Self(Problem::new(
            Kind::Invalid,
            message,
            "Correct it and try again; nothing was changed.",
        ))
    }

    /// Refuses words that are not understood. A program that misspells a filter must not get all tokens in place of the few that it asked for.
    ///
    /// # Errors
    /// The first of them.
    pub fn refuse_ignored(ignored: &[IgnoredWord]) -> Result<(), Self> {
        match ignored.first() {
            Some(ignored) => Err(Self::invalid(ignored.to_string())),
            None => Ok(()),
        }
    }

    /// This program doesn't answer. `next`: what to do once it runs, such as `try again`.
    pub fn unreachable(next: &str) -> Self {
        Self(Problem::new(
            Kind::Unavailable,
            "Can't reach Kargo Tokens.",
            format!("Check that the program is running, then {next}."),
        ))
    }

    /// Nobody is signed in.
    pub fn signed_out() -> Self {
        Self(Problem::new(
            Kind::Unauthenticated,
            "You are not signed in.",
            "Sign in again in another tab, then try again here.",
        ))
    }
}

#[cfg(feature = "ssr")]
impl From<kargo::cluster::Error> for ApiError {
    fn from(error: kargo::cluster::Error) -> Self {
        Self(error.problem())
    }
}

impl FromServerFnError for ApiError {
    type Encoder = JsonEncoding;

    // The framework's own texts can quote what was sent, a value included: none of them is passed on.
    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Request(_) => Self::unreachable("try again"),
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::UnsupportedRequestMethod(_) => {
                Self::invalid(
                    "The request can't be read: its arguments are not form-encoded as they should be.",
                )
            }
            // On the server it is the request that can't be read; in the browser, the answer.
            #[cfg(feature = "ssr")]
            ServerFnErrorErr::Deserialization(_) => {
                Self::invalid("The request can't be read: its text is not UTF-8.")
            }
            ServerFnErrorErr::MissingArg(name) => {
                Self::invalid(format!("The argument {name} is missing."))
            }
            _ => Self(Problem::new(
                Kind::BadAnswer,
                "The answer can't be understood.",
                "Reload the page: the program may have been updated.",
            )),
        }
    }
}
