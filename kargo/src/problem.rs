//! What went wrong, in the form that a person reads and a program decides by. Every error of the workspace ends as one of these.

use serde::{Deserialize, Serialize};

/// The kinds of problem; each has one HTTP status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// The input can't be used (400).
    Invalid,
    /// Nobody is signed in, or the cluster doesn't accept the credential (401).
    Unauthenticated,
    /// Kubernetes doesn't allow it to this person (403).
    Forbidden,
    /// It isn't there (404).
    NotFound,
    /// The object changed meanwhile, the name is taken, or the act was done already (409).
    Conflict,
    /// Too many requests (429).
    TooMany,
    /// The cluster answered something that can't be understood (502).
    BadAnswer,
    /// The cluster can't be reached or can't serve now (503).
    Unavailable,
    /// The cluster didn't answer in time (504).
    Timeout,
}

impl Kind {
    /// The HTTP status that says the same.
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

/// An error as a person sees it: what happened, and what to do next. Holds no value and no credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Problem {
    /// What sort of problem it is.
    pub kind: Kind,
    /// What happened and why, in one or two sentences.
    pub message: String,
    /// What to do next; empty where there is nothing to add.
    pub hint: String,
}

impl Problem {
    /// A problem in words.
    pub fn new(kind: Kind, message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self {
            kind,
            message: message.into(),
            hint: hint.into(),
        }
    }
}
