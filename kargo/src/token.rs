//! Tokens as they are listed: everything but the value.

use jiff::{SignedDuration, Timestamp};
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
    /// Suspended, and to be deleted when the time for undoing that is over.
    Deleting {
        /// When that is, by the API server's clock.
        until: Timestamp,
    },
    /// Its time is over.
    Expired {
        /// Since when, by the API server's clock.
        at: Timestamp,
    },
}

/// A suspension on purpose, as it was noted on the Secret.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Suspension {
    /// When, by the API server's clock.
    pub at: Timestamp,
    /// By whom, as Kubernetes names them.
    pub by: String,
    /// Why, in the words of whoever did it; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub reason: String,
    /// The day of its last use as it was noted then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<String>,
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
    /// When it stops working by itself: what was asked for until it is revealed, what the cluster granted from then on.
    /// `None`: never.
    pub expires: Option<Timestamp>,
    /// Its suspension, where it was noted here.
    pub suspension: Option<Suspension>,
    /// When a deletion that was begun is due. Without [`TokenState::Deleting`], somebody has lifted the suspension meanwhile, so that it
    /// is not deleted.
    pub delete_after: Option<Timestamp>,
    /// When the overlap with its successor ends.
    pub retire_after: Option<Timestamp>,
    /// Whether its value was said to be in the wrong hands.
    pub is_compromised: bool,
    /// Whether Kubernetes is removing it already, and a finalizer keeps it. Its value is refused.
    pub is_terminating: bool,
    /// A note for people; may have line breaks.
    pub note: Option<String>,
    /// Whom to ask about it.
    pub contact: Option<String>,
    /// The tool that keeps the Secret as its own sources say, such as `Argo CD`: it may bring a deleted one back.
    pub kept_by: Option<String>,
}

impl TokenSummary {
    /// Whether Kargo's tools, and so this program, may change it.
    pub fn is_managed(&self) -> bool {
        self.missing.is_empty()
    }

    /// Whether it ends by itself. Such a token's value is kept nowhere, and it can't be suspended, only deleted.
    pub fn is_expiring(&self) -> bool {
        self.expires.is_some()
    }

    /// Whether somebody has tried it since it was suspended. Uses are noted by the day, so one on the day of the suspension counts
    /// only if there was none noted for that day before.
    pub fn was_tried_since_suspension(&self) -> bool {
        let (Some(suspension), Some(used)) = (&self.suspension, &self.last_used) else {
            return false;
        };
        *used >= day(suspension.at) && suspension.last_used.as_ref() != Some(used)
    }

    /// What is due at a time, if anything.
    pub fn due(&self, now: Timestamp) -> Option<Due> {
        match self.state {
            _ if !self.is_managed() || self.is_terminating => None,
            TokenState::Deleting { until } => (until <= now).then_some(Due::Deletion),
            TokenState::Expired { .. } => Some(Due::Expiry),
            TokenState::Suspended { .. } if self.is_compromised => {
                self.is_compromise_due(now).then_some(Due::Compromise)
            }
            _ => self
                .retire_after
                .filter(|end| *end <= now)
                .map(|_| Due::Retirement),
        }
    }

    /// Whether a compromised token that is suspended has only to be deleted: its successor is there, the API server must refuse it by now,
    /// and no other tool would bring the same value back.
    fn is_compromise_due(&self, now: Timestamp) -> bool {
        let is_refused = self
            .suspension
            .as_ref()
            // A time that is still to come is somebody's lie, which must not keep it.
            .is_none_or(|suspension| now.duration_since(suspension.at).abs() >= REFUSED_AFTER);
        self.replaced_by.is_some() && self.kept_by.is_none() && is_refused
    }

    /// Whether it was used after `day` (UTC, `YYYY-MM-DD`).
    pub fn was_used_after(&self, day: &str) -> bool {
        self.last_used.as_deref().is_some_and(|used| used > day)
    }
}

/// How long it takes until the API server refuses a suspended token for sure: it remembers for 10 seconds that it accepted one.
pub const REFUSED_AFTER: SignedDuration = SignedDuration::from_secs(12);

/// Why a token is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Due {
    /// Its deletion was begun, and nobody undid it in time.
    Deletion,
    /// The overlap with its successor is over.
    Retirement,
    /// Its time is over.
    Expiry,
    /// Its value is in the wrong hands, and a successor has its place.
    Compromise,
}

/// The UTC day of a time, as the API server writes days: `YYYY-MM-DD`.
pub fn day(time: Timestamp) -> String {
    time.to_string().chars().take(10).collect()
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
    /// The end of an expiring token.
    pub expiry: Option<Expiry>,
}

/// When an expiring token ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// What was asked for.
    pub asked: Timestamp,
    /// What the cluster granted, which decides.
    pub granted: Timestamp,
}

impl Expiry {
    /// Whether the cluster granted noticeably less: more than a minute.
    pub fn is_cut(&self) -> bool {
        self.asked.duration_since(self.granted) > SignedDuration::from_mins(1)
    }
}

/// What the signed-in person may do in a scope, as the API server says, and what the cluster is able to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is an answer of the API server's, and any of them comes with any other"
)]
pub struct Abilities {
    /// Create tokens.
    pub create: bool,
    /// Change tokens: suspend, undo, note.
    pub patch: bool,
    /// Delete tokens.
    pub delete: bool,
    /// Have Kubernetes mint values that expire (`create` on `serviceaccounts/token`).
    pub mint: bool,
    /// Whether the cluster refuses suspended tokens: from Kubernetes 1.29.
    pub suspend_works: bool,
}

impl Abilities {
    /// Whether tokens can be suspended, and so deletions be undone.
    pub fn can_suspend(&self) -> bool {
        self.patch && self.suspend_works
    }
}

/// What was done to a token, by whom and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Act {
    /// When, by the API server's clock.
    pub at: Timestamp,
    /// Who, as Kubernetes names them.
    pub by: String,
    /// What.
    pub did: Did,
    /// More about it, such as the other token's name; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// What can be done to a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Did {
    /// It was created.
    Created,
    /// Its value was sent, once.
    Revealed,
    /// The value was said to be saved.
    Saved,
    /// It was suspended on purpose.
    Suspended,
    /// It was restored.
    Restored,
    /// Its deletion began: suspended, with time to undo.
    DeletionBegun,
    /// The deletion was undone.
    DeletionUndone,
    /// It was deleted.
    Deleted,
    /// A token took its place.
    Replaced,
    /// It is kept for a while beside its successor, or no longer.
    Retiring,
    /// Its value was said to be in the wrong hands.
    Compromised,
    /// Its note or contact was changed.
    Noted,
}

impl Did {
    /// In words, after somebody's name: `suspended it`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Created => "created it",
            Self::Revealed => "revealed its value",
            Self::Saved => "saved its value",
            Self::Suspended => "suspended it",
            Self::Restored => "restored it",
            Self::DeletionBegun => "began to delete it",
            Self::DeletionUndone => "undid its deletion",
            Self::Deleted => "deleted it",
            Self::Replaced => "gave it a successor",
            Self::Retiring => "changed when it retires",
            Self::Compromised => "reported it as compromised",
            Self::Noted => "changed its note",
        }
    }
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
