//! Tokens as they are listed: everything but the value.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    name::TokenName,
    scope::Scope,
    value::{Fingerprint, Value},
};

/// The UID that Kubernetes gave an object: another one means another object, whatever its name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Uid(pub String);

/// What a token is doing now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum TokenState {
    /// Kubernetes has not written the value yet.
    Preparing,
    /// The value is there and waits for its creator's one reveal.
    Unrevealed,
    /// It works.
    Active,
    /// The API server refuses it (label `kubernetes.io/legacy-token-invalid-since`).
    Suspended {
        /// The label's text: usually a UTC date.
        since: String,
    },
}

/// The one reveal of a token made here. Tokens made by Kargo's own tools have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Reveal {
    /// Nobody has seen the value yet.
    Pending,
    /// It was sent once; whether it was saved is not known.
    Claimed {
        /// When, by the API server's clock.
        at: Timestamp,
        /// Which value it was.
        fingerprint: Fingerprint,
    },
    /// The person said *I saved it*.
    Confirmed {
        /// When it was sent, by the API server's clock.
        at: Timestamp,
        /// Which value it was.
        fingerprint: Fingerprint,
    },
}

/// What a Secret lacks to be a token that Kargo (and so this program) manages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Missing {
    /// The label `rbac.kargo.akuity.io/api-token: "true"`.
    Label,
    /// The annotation `rbac.kargo.akuity.io/managed: "true"`.
    ManagedAnnotation,
}

impl Missing {
    /// The label or annotation, as one would write it.
    pub fn text(self) -> &'static str {
        match self {
            Self::Label => "label rbac.kargo.akuity.io/api-token: \"true\"",
            Self::ManagedAnnotation => "annotation rbac.kargo.akuity.io/managed: \"true\"",
        }
    }
}

/// One token without its value: what lists and pages are made of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenSummary {
    /// The Secret's name.
    pub name: TokenName,
    /// The Secret's UID: sent back with every write, so that a namesake is never touched.
    pub uid: Uid,
    /// The ServiceAccount that the Secret names; it need not exist.
    pub role: String,
    /// When the Secret was created.
    pub created: Timestamp,
    /// What it is doing now.
    pub state: TokenState,
    /// The day of its last use (UTC, `YYYY-MM-DD`), as the API server notes it once a day at most.
    pub last_used: Option<String>,
    /// What it lacks to be managed; empty for a managed token. One that lacks anything is shown and not touched.
    pub missing: Vec<Missing>,
    /// Who created it here, as Kubernetes names them.
    pub created_by: Option<String>,
    /// Its one reveal, where it was created here.
    pub reveal: Option<Reveal>,
    /// The token whose place it takes.
    pub replaces: Option<TokenName>,
    /// The token that took its place.
    pub replaced_by: Option<TokenName>,
}

impl TokenSummary {
    /// Whether Kargo's tools, and so this program, may change it.
    pub fn is_managed(&self) -> bool {
        self.missing.is_empty()
    }
}

/// What it takes to name one token exactly: for the next request about it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenHandle {
    /// Where it lives.
    pub scope: Scope,
    /// Its role.
    pub role: String,
    /// Its name.
    pub name: TokenName,
    /// Its UID.
    pub uid: Uid,
}

impl TokenSummary {
    /// Names it, for the next request about it. `scope`: where it was listed.
    pub fn handle(&self, scope: &Scope) -> TokenHandle {
        TokenHandle {
            scope: scope.clone(),
            role: self.role.clone(),
            name: self.name.clone(),
            uid: self.uid.clone(),
        }
    }
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenPage {
    /// The tokens of this page, in the API server's order (by name).
    pub tokens: Vec<TokenSummary>,
    /// Where the next page starts; `None` after the last one. Opaque, valid for a few minutes.
    pub next: Option<String>,
    /// The time by the API server's clock.
    pub now: Timestamp,
}

/// The answer of the one reveal.
#[derive(Debug)]
pub struct Revealed {
    /// The value itself.
    pub value: Value,
    /// Its fingerprint, also noted on the Secret.
    pub fingerprint: Fingerprint,
}

/// Who a credential belongs to, as the API server says (SelfSubjectReview).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// The user name, such as `system:serviceaccount:kargo:kargo-admin`.
    pub user: String,
    /// The groups it is in.
    pub groups: Vec<String>,
}

/// How a client reaches the Kubernetes API server: what a kubeconfig needs besides a credential.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Endpoint {
    /// The address, such as `https://127.0.0.1:6443`.
    pub server: String,
    /// The certificate authority, base64 of PEM as a kubeconfig wants it; `None` where the system's own store is used.
    pub certificate_authority_data: Option<String>,
    /// The name that the server's certificate must have, where it differs from the address.
    pub tls_server_name: Option<String>,
}
