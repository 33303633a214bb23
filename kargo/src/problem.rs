//! Errors in the form that people read and programs decide by. Every error of the workspace ends as a [`Problem`].

use serde::{Deserialize, Serialize};

/// Kinds of problems; each has one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The input is not valid (400).
    Invalid,
    /// Nobody is signed in, or the cluster doesn't accept the credential (401).
    Unauthenticated,
    /// Kubernetes doesn't allow the request to this person (403).
    Forbidden,
    /// The object doesn't exist (404).
    NotFound,
    /// The object changed meanwhile, the name is taken, or the change was made already (409).
    Conflict,
    /// Too many requests (429).
    TooMany,
    /// The cluster sent an answer that can't be understood (502).
    BadAnswer,
    /// The cluster can't be reached or can't answer now (503).
    Unavailable,
    /// The cluster didn't answer in time (504).
    Timeout,
}

impl Kind {
    /// Every kind.
    const ALL: [Self; 9] = [
        Self::Invalid,
        Self::Unauthenticated,
        Self::Forbidden,
        Self::NotFound,
        Self::Conflict,
        Self::TooMany,
        Self::BadAnswer,
        Self::Unavailable,
        Self::Timeout,
    ];

    /// The kind of an HTTP status; `None` for a status that no kind has.
    pub fn of_status(status: u16) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.status() == status)
    }

    /// HTTP status of this kind.
    pub fn status(self) -> u16 {
        match self {
            Self::Invalid => 400,
            Self::Unauthenticated => 401,
            Self::Forbidden => 403,
            Self::NotFound => 404,
            Self::Conflict => 409,
            Self::TooMany => 429,
            Self::BadAnswer => 502,
            Self::Unavailable => 503,
            Self::Timeout => 504,
        }
    }
}

/// An error as people see it: what happened, and what to do next. Contains no value and no credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// Kind of problem.
    pub kind: Kind,
    /// Event and cause, in one or two sentences.
    pub message: String,
    /// Message of the API server, cleaned of values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<String>,
    /// Next step for the person; may be empty.
    pub hint: String,
    /// Kubernetes objects as YAML, which an administrator can apply to solve the problem.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub yaml: Option<String>,
}

impl Problem {
    /// Makes a problem of a kind, a message and a hint.
    pub fn new(kind: Kind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            quote: None,
            hint: hint.into(),
            yaml: None,
        }
    }

    /// Adds the API server's message.
    #[must_use]
    pub fn quoting(self, quote: Option<String>) -> Self {
        Self { quote, ..self }
    }

    /// Adds Kubernetes objects that would solve the problem.
    #[must_use]
    pub fn solved_by(self, yaml: Option<String>) -> Self {
        Self { yaml, ..self }
    }

    /// Everything in one line, without the YAML.
    pub fn sentences(&self) -> String {
        let quote = self
            .quote
            .as_ref()
            .map(|quote| format!("Kubernetes says: “{quote}”"));
        [
            Some(self.message.as_str()),
            quote.as_deref(),
            Some(self.hint.as_str()),
        ]
        .into_iter()
        .flatten()
        .filter(|part| !part.is_empty())
        .collect::<Vec<_>>()
        .join(" ")
    }
}
