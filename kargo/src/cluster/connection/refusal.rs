//! Why the API server refused a request: a pure judgement of the `Status` that explains it. The HTTP status alone doesn't tell a policy from a
//! missing right, or full annotations from a wrong name.

use serde::Deserialize;

use crate::text::foreign;

/// The part of an error answer that is judged. `recorded.json` has real ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Status {
    pub message: String,
    reason: String,
    details: Option<Details>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Details {
    causes: Vec<StatusCause>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct StatusCause {
    reason: String,
    field: String,
}

impl Status {
    /// `true` if the API server doesn't know the version that a request names yet: its memory is behind that of another one.
    pub(super) fn is_of_unknown_version(&self) -> bool {
        let causes = self.details.iter().flat_map(|details| &details.causes);
        causes
            .into_iter()
            .any(|cause| cause.reason == "ResourceVersionTooLarge")
    }
}

/// Reason for which the API server refused a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Cause {
    /// The `ValidatingAdmissionPolicy` of this name.
    Policy(String),
    /// The admission webhook of this name.
    Webhook(String),
    /// The admission webhook of this name doesn't answer, and its configuration refuses what it can't check.
    SilentWebhook(String),
    /// The `ResourceQuota` of this name is used up.
    Quota(String),
    /// The namespace is being removed.
    Terminating,
    /// The Secret's annotations would become too large.
    FullAnnotations,
    /// The request is too large.
    TooLarge,
    /// The Secret is immutable.
    Immutable,
    /// The field of this path is not valid; empty if the answer names none.
    Field(String),
}

impl Cause {
    /// Reads the cause from the explanation; `None` if it is none of those above.
    pub(super) fn of(code: u16, status: &Status) -> Option<Self> {
        let message = status.message.as_str();
        let name = |after: &str, end: char| {
            let (_, rest) = message.split_once(after)?;
            rest.split_once(end)
                .map(|(name, _)| foreign(name.to_owned()))
        };
        let causes = status.details.iter().flat_map(|details| &details.causes);
        let cause = |reason: &str| causes.clone().find(|cause| cause.reason == reason);
        if let Some(policy) = name("ValidatingAdmissionPolicy '", '\'') {
            return Some(Self::Policy(policy));
        }
        if let Some(webhook) = name("failed calling webhook \"", '"') {
            return Some(Self::SilentWebhook(webhook));
        }
        if let Some(webhook) = name("admission webhook \"", '"') {
            return Some(Self::Webhook(webhook));
        }
        if let Some(quota) = name("exceeded quota: ", ',') {
            return Some(Self::Quota(quota));
        }
        if cause("NamespaceTerminating").is_some() {
            return Some(Self::Terminating);
        }
        if cause("FieldValueTooLong").is_some_and(|cause| cause.field == "metadata.annotations") {
            return Some(Self::FullAnnotations);
        }
        match (code, status.reason.as_str()) {
            (_, "RequestEntityTooLarge") | (413, _) => Some(Self::TooLarge),
            // Kubernetes always says why: a server for HTTPS that got plain HTTP doesn't.
            (400, "") if message.is_empty() => None,
            (400 | 422, _) => Some(
                if message.contains("field is immutable when `immutable` is set") {
                    Self::Immutable
                } else {
                    let field = causes.clone().map(|cause| cause.field.clone()).next();
                    Self::Field(field.map(foreign).unwrap_or_default())
                },
            ),
            _ => None,
        }
    }

    /// The part of the API server's message that the policy's author wrote: the rest repeats the name of the policy and of the object. The whole message
    /// of all other causes.
    pub(super) fn own_words<'a>(&self, message: &'a str) -> &'a str {
        match (self, message.split_once(" denied request: ")) {
            (Self::Policy(_), Some((_, words))) => words,
            _ => message,
        }
    }
}
