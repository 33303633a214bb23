//! A new token as it is sent to Kubernetes: what Kargo itself writes, plus the annotations of Kargo Tokens.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

use super::keys::{
    API_TOKEN, CONTACT, CREATED_BY, ENDS, EXPIRES_AT, HISTORY, INVALID_SINCE, MANAGED, NOTE,
    REPLACES, REVEAL, ROLE, TYPE,
};
use crate::{
    name::{RoleName, TokenName, Uid},
    token::{HistoryAction, HistoryEntry, HistoryText, Notes, TokenSummary, day},
};

/// Text in the place of an expiring token's value. Kubernetes writes no value where there is one already.
const PLACEHOLDER: &str = "This token expires, so its value is kept nowhere.";

/// A token to be created.
pub(in crate::cluster) struct NewToken<'a> {
    pub name: &'a TokenName,
    pub role: &'a RoleName,
    pub role_uid: &'a Uid,
    /// The person who creates it.
    pub created_by: &'a str,
    /// The person as the history names them.
    pub actor: String,
    /// Note and contact.
    pub notes: Notes<&'a str>,
    /// Token to be replaced.
    pub predecessor: Option<&'a TokenSummary>,
    /// Time by the API server's clock.
    pub now: Timestamp,
    /// End of an expiring token; `None`: the token has no end.
    pub expires: Option<Timestamp>,
}

impl NewToken<'_> {
    /// The Secret, without a value: Kubernetes writes it. An expiring token has a placeholder instead, which Kubernetes leaves as it is, and
    /// carries the suspension label: if somebody removes the placeholder, the value that Kubernetes then writes is refused.
    ///
    /// The ServiceAccount owns the Secret, so that the token is removed with its role. `blockOwnerDeletion` is left out: Kargo's own roles
    /// may not set it.
    pub fn secret(&self) -> Json {
        let mut annotations = json!({
            (ROLE): self.role.as_str(),
            (MANAGED): "true",
            (CREATED_BY): self.created_by,
            (REVEAL): "pending",
        });
        let mut detail = String::new();
        if let Some(predecessor) = self.predecessor {
            annotations[REPLACES] = predecessor.name.as_str().into();
            detail = format!("in place of {}", predecessor.name);
            if predecessor.is_compromised {
                annotations[ENDS] = predecessor.uid.0.as_str().into();
            }
        }
        for (key, text) in [(NOTE, self.notes.note), (CONTACT, self.notes.contact)] {
            if !text.is_empty() {
                annotations[key] = text.into();
            }
        }
        let created = HistoryEntry {
            time: self.now,
            actor: self.actor.clone(),
            action: HistoryAction::Created,
            detail,
        };
        annotations[HISTORY] = HistoryText::default().with(created).into();
        let mut labels = json!({ (API_TOKEN): "true" });
        if let Some(expires) = self.expires {
            annotations[EXPIRES_AT] = expires.to_string().into();
            labels[INVALID_SINCE] = day(self.now).into();
        }
        let mut secret = json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": TYPE,
            "metadata": {
                "name": self.name.as_str(),
                "labels": labels,
                "annotations": annotations,
                "ownerReferences": [{
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "name": self.role.as_str(),
                    "uid": self.role_uid,
                }],
            },
        });
        if self.expires.is_some() {
            secret["data"] = json!({ "token": BASE64_STANDARD.encode(PLACEHOLDER) });
        }
        secret
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charts_policy_knows_the_placeholder() {
        let policy = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../deploy/chart/templates/policies/_policy.tpl"
        ));
        assert!(policy.contains(PLACEHOLDER));
    }
}
