//! Metadata of a token's Secret, read into facts. Nothing here ever sees a value.

use jiff::{Timestamp, civil::Date};
use serde::Deserialize;

use super::keys::{
    API_TOKEN, ARGO_CD_INSTANCE, ARGO_CD_TRACKING, Annotations, CLAIM, COMPROMISED, CONTACT,
    CREATED_BY, DELETE_AFTER, DELETION_LABEL, ENDS, EXPIRES_AT, FINGERPRINT, FLUX_HELM,
    FLUX_KUSTOMIZE, HELM_RELEASE, HISTORY, INVALID_SINCE, LAST_USED, Labels, MANAGED, MANAGED_BY,
    NOTE, REPLACED_BY, REPLACES, RETIRE_AFTER, REVEAL, REVEALED_AT, ROLE, ROLE_UID,
    SUSPENDED_BY_DELETION, SUSPENSION,
};
use crate::{
    name::{TokenName, Uid},
    text::foreign,
    token::{
        ChangedToken, HistoryAction, HistoryText, Missing, Reveal, Suspension, TokenFacts,
        TokenSummary,
    },
    value::Fingerprint,
};

/// An object of which only the metadata is read.
#[derive(Deserialize)]
pub(in crate::cluster) struct Object {
    pub metadata: Metadata,
}

/// Metadata of a Secret. Parsing drops everything else.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::cluster) struct Metadata {
    name: TokenName,
    uid: Uid,
    resource_version: String,
    creation_timestamp: Timestamp,
    deletion_timestamp: Option<Timestamp>,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Annotations,
    #[serde(default)]
    managed_fields: Vec<Manager>,
}

/// The writer of a `managedFields` entry; its fields are dropped.
#[derive(Deserialize)]
struct Manager {
    #[serde(default)]
    manager: String,
}

/// A token with everything that a write to it needs.
pub(in crate::cluster) struct Token {
    pub summary: TokenSummary,
    pub resource_version: String,
    /// Hash of the claim that received the value, until the reveal is confirmed.
    pub claim: Option<String>,
    /// `true` if the deletion applied the suspension; restoring then removes both.
    pub suspended_by_deletion: bool,
    /// History of the token.
    pub history: HistoryText,
}

impl Metadata {
    /// Judges the metadata at `now`, by the API server's clock.
    pub fn token(mut self, now: Timestamp) -> Token {
        let resource_version = std::mem::take(&mut self.resource_version);
        let claim = self.annotations.take(CLAIM);
        let suspended_by_deletion = self.annotations.is_true(SUSPENDED_BY_DELETION);
        let history =
            HistoryText::new(self.annotations.get(HISTORY).unwrap_or_default().to_owned());
        Token {
            summary: TokenSummary::of(self.facts(), now),
            resource_version,
            claim,
            suspended_by_deletion,
            history,
        }
    }

    /// The token as an inventory keeps it, and its version.
    pub fn recorded(mut self) -> (TokenSummary, String) {
        let version = std::mem::take(&mut self.resource_version);
        (
            TokenSummary::of(self.facts(), Timestamp::UNIX_EPOCH),
            version,
        )
    }

    /// Reads the facts.
    pub fn facts(self) -> TokenFacts {
        let external_manager = self.external_manager();
        let reveal = self.reveal();
        // Parsing the history takes time, and a list has thousands of tokens.
        let reveals = if self.annotations.get(EXPIRES_AT).is_some() {
            self.recorded_reveals()
        } else {
            0
        };
        let Self {
            name,
            uid,
            creation_timestamp,
            deletion_timestamp,
            mut labels,
            mut annotations,
            ..
        } = self;
        let time = |annotations: &Annotations, key| -> Option<Timestamp> {
            annotations.get(key)?.parse().ok()
        };
        let invalid_since = labels.take(INVALID_SINCE).filter(|since| !since.is_empty());
        // An expiring token carries the suspension label from its creation on. Without the label, the permanent value that Kubernetes
        // could write works, so the token has no end, whatever the annotation says.
        let expires = time(&annotations, EXPIRES_AT).filter(|_| invalid_since.is_some());
        let minted = expires.map_or(0, |_| reveals);
        let missing = [
            (!labels.is_true(API_TOKEN)).then_some(Missing::Label),
            (!annotations.is_true(MANAGED)).then_some(Missing::ManagedAnnotation),
        ];
        let token_name =
            |annotations: &Annotations, key| annotations.get(key)?.parse::<TokenName>().ok();
        let suspension = annotations
            .get(SUSPENSION)
            .and_then(|json| serde_json::from_str::<Suspension>(json).ok())
            .map(|suspension| Suspension {
                actor: foreign(suspension.actor),
                reason: foreign(suspension.reason),
                ..suspension
            });
        TokenFacts {
            name,
            uid,
            created: creation_timestamp,
            is_terminating: deletion_timestamp.is_some(),
            // Whoever may change Secrets can write anything there.
            last_used: labels
                .take(LAST_USED)
                .filter(|day| day.parse::<Date>().is_ok() && day.len() == 10),
            missing: missing.into_iter().flatten().collect(),
            replaces: token_name(&annotations, REPLACES),
            ends: annotations.take(ENDS).map(Uid),
            replaced_by: token_name(&annotations, REPLACED_BY),
            delete_after: time(&annotations, DELETE_AFTER),
            retire_after: time(&annotations, RETIRE_AFTER),
            is_populated: annotations.get(ROLE_UID).is_some(),
            is_compromised: annotations.is_true(COMPROMISED),
            role: foreign(annotations.take(ROLE).unwrap_or_default()),
            created_by: annotations.take(CREATED_BY).map(foreign),
            deletion_label: annotations.take(DELETION_LABEL),
            note: annotations.take(NOTE).map(foreign),
            contact: annotations.take(CONTACT).map(foreign),
            invalid_since,
            expires,
            minted,
            suspension,
            reveal,
            external_manager,
        }
    }

    /// Progress of the one reveal. Anybody who may patch the Secret can damage these annotations, and a damaged one must never lead to a
    /// second reveal: a time that can't be read counts as long ago.
    fn reveal(&self) -> Option<Reveal> {
        let time = self
            .annotations
            .get(REVEALED_AT)
            .and_then(|time| time.parse().ok())
            .unwrap_or(self.creation_timestamp);
        let was_revealed = [REVEALED_AT, FINGERPRINT]
            .into_iter()
            .any(|key| self.annotations.get(key).is_some());
        let fingerprint = self.annotations.get(FINGERPRINT).unwrap_or_default();
        let fingerprint = Fingerprint(fingerprint.to_owned());
        match self.annotations.get(REVEAL)? {
            // Somebody has set the reveal back.
            "pending" if was_revealed || self.recorded_reveals() > 0 => {
                Some(Reveal::Claimed { time, fingerprint })
            }
            "pending" => Some(Reveal::Pending),
            "claimed" => Some(Reveal::Claimed { time, fingerprint }),
            "confirmed" => Some(Reveal::Confirmed { time, fingerprint }),
            _ => None,
        }
    }

    /// Number of reveals in the history.
    fn recorded_reveals(&self) -> usize {
        let history = self.annotations.get(HISTORY).unwrap_or_default();
        if !history.contains("revealed") {
            return 0;
        }
        HistoryText::new(history.to_owned())
            .entries()
            .iter()
            .filter(|entry| entry.action == HistoryAction::Revealed)
            .count()
    }

    /// The tool that manages the Secret from its own sources.
    fn external_manager(&self) -> Option<String> {
        let wrote = |name: &str| self.managed_fields.iter().any(|m| m.manager == name);
        let label = |key| self.labels.get(key);
        let annotation = |key| self.annotations.get(key);
        let tool = if label(ARGO_CD_INSTANCE).is_some()
            || annotation(ARGO_CD_TRACKING).is_some()
            || wrote("argocd-controller")
        {
            "Argo CD"
        } else if label(FLUX_KUSTOMIZE).is_some()
            || label(FLUX_HELM).is_some()
            || wrote("kustomize-controller")
            || wrote("helm-controller")
        {
            "Flux"
        } else if annotation(HELM_RELEASE).is_some() || label(MANAGED_BY) == Some("Helm") {
            "Helm"
        } else {
            return None;
        };
        Some(tool.to_owned())
    }
}

impl Token {
    /// The token as the answer of the write that changed it.
    pub fn changed(self) -> ChangedToken {
        ChangedToken {
            token: self.summary,
            resource_version: self.resource_version,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;
    use crate::token::TokenState;

    fn token(labels: &Json, annotations: &Json) -> Token {
        let metadata = json!({
            "name": "ci",
            "uid": "u",
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": labels,
            "annotations": annotations,
            "managedFields": [{ "manager": "kubectl" }],
        });
        let metadata = serde_json::from_value::<Metadata>(metadata).expect("metadata");
        metadata.token(now())
    }

    fn now() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().expect("a time")
    }

    fn populated(annotations: &Json) -> Token {
        let mut all = json!({ (ROLE): "r", (MANAGED): "true", (ROLE_UID): "s" });
        all.as_object_mut()
            .expect("an object")
            .extend(annotations.as_object().expect("an object").clone());
        token(&json!({ (API_TOKEN): "true" }), &all)
    }

    #[test]
    fn a_token_is_preparing_until_kubernetes_has_written_the_service_accounts_uid() {
        let preparing = token(
            &json!({ (API_TOKEN): "true" }),
            &json!({ (ROLE): "r", (MANAGED): "true", (REVEAL): "pending" }),
        );
        assert_eq!(preparing.summary.state, TokenState::Preparing);
        assert!(preparing.summary.is_managed());
        assert_eq!(
            populated(&json!({ (REVEAL): "pending" })).summary.state,
            TokenState::Unrevealed
        );
        assert_eq!(populated(&json!({})).summary.state, TokenState::Active);
    }

    #[test]
    fn a_reveal_that_somebody_set_back_is_not_pending() {
        let state = |annotation: (&str, &str)| {
            let (key, text) = annotation;
            populated(&json!({ (REVEAL): "pending", (key): text }))
                .summary
                .reveal
        };
        assert_eq!(state((NOTE, "x")), Some(Reveal::Pending));
        let history = |action: &str| {
            json!([{ "at": "2026-01-02T03:04:05Z", "by": "me", "did": action }]).to_string()
        };
        assert_eq!(state((HISTORY, &history("created"))), Some(Reveal::Pending));
        for annotation in [
            (REVEALED_AT, "2026-01-02T03:04:05Z"),
            (REVEALED_AT, "no time"),
            (FINGERPRINT, "abc"),
            (HISTORY, &history("revealed")),
        ] {
            let reveal = state(annotation);
            assert!(
                matches!(reveal, Some(Reveal::Claimed { .. })),
                "{annotation:?}"
            );
        }
    }

    #[test]
    fn a_suspended_token_is_suspended_whatever_its_reveal() {
        let token = token(
            &json!({ (INVALID_SINCE): "2026-02-03" }),
            &json!({ (ROLE): "r", (ROLE_UID): "s", (REVEAL): "pending" }),
        );
        assert_eq!(
            token.summary.state,
            TokenState::Suspended {
                since: "2026-02-03".to_owned()
            }
        );
        assert_eq!(
            token.summary.missing,
            [Missing::Label, Missing::ManagedAnnotation]
        );
    }

    #[test]
    fn a_token_is_suspended_even_before_it_has_a_value() {
        let token = token(
            &json!({ (INVALID_SINCE): "2026-02-03" }),
            &json!({ (ROLE): "r" }),
        );
        assert!(matches!(token.summary.state, TokenState::Suspended { .. }));
    }

    #[test]
    fn a_deletion_stands_only_with_the_suspension_that_it_began_with() {
        let (date, until) = ("2026-02-03", "2026-03-01T00:00:30Z");
        let read = |label: &Json| {
            token(
                label,
                &json!({ (ROLE): "r", (ROLE_UID): "s", (DELETE_AFTER): until, (DELETION_LABEL): date }),
            )
            .summary
        };
        let until = until.parse().expect("a time");
        let begun = read(&json!({ (INVALID_SINCE): date }));
        assert_eq!(begun.state, TokenState::Deleting { until });
        // Lifted and suspended again with other tools: no longer this deletion.
        let again = read(&json!({ (INVALID_SINCE): "2026-02-09" }));
        let since = "2026-02-09".to_owned();
        assert_eq!(again.state, TokenState::Suspended { since });
        let lifted = read(&json!({}));
        assert_eq!(
            (lifted.state, lifted.delete_after),
            (TokenState::Active, Some(until))
        );
    }

    #[test]
    fn an_expiring_token_is_never_suspended_and_ends() {
        let read_with = |lock: &str, expires: &str| {
            token(
                &json!({ (API_TOKEN): "true", (INVALID_SINCE): lock }),
                &json!({ (ROLE): "r", (MANAGED): "true", (REVEAL): "confirmed", (EXPIRES_AT): expires }),
            )
            .summary
            .state
        };
        let read = |expires: &str| read_with("2026-02-03", expires);
        assert_eq!(
            read_with("", "2026-03-01T00:00:00Z"),
            TokenState::Preparing,
            "a permanent token without the label"
        );
        assert_eq!(read("2026-03-01T00:00:01Z"), TokenState::Active);
        assert_eq!(
            read("2026-03-01T00:00:00Z"),
            TokenState::Expired { time: now() }
        );
    }

    #[test]
    fn the_tool_that_manages_a_secret_is_recognized() {
        let by =
            |labels: Json, annotations: Json| token(&labels, &annotations).summary.external_manager;
        for (labels, annotations, expected) in [
            (json!({}), json!({}), None),
            (
                json!({ (ARGO_CD_INSTANCE): "x" }),
                json!({}),
                Some("Argo CD"),
            ),
            (
                json!({}),
                json!({ (ARGO_CD_TRACKING): "x" }),
                Some("Argo CD"),
            ),
            (json!({ (FLUX_KUSTOMIZE): "x" }), json!({}), Some("Flux")),
            (json!({ (FLUX_HELM): "x" }), json!({}), Some("Flux")),
            (json!({}), json!({ (HELM_RELEASE): "x" }), Some("Helm")),
            (json!({ (MANAGED_BY): "Helm" }), json!({}), Some("Helm")),
            (json!({ (MANAGED_BY): "me" }), json!({}), None),
        ] {
            assert_eq!(by(labels, annotations).as_deref(), expected);
        }
    }

    #[test]
    fn a_damaged_reveal_is_never_pending_and_never_recent() {
        let created: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let claimed = Reveal::Claimed {
            time: created,
            fingerprint: Fingerprint(String::new()),
        };
        for damage in [
            json!({ (REVEAL): "claimed" }),
            json!({ (REVEAL): "claimed", (REVEALED_AT): "soon" }),
        ] {
            assert_eq!(populated(&damage).summary.reveal, Some(claimed.clone()));
        }
        for damage in ["", "PENDING", "again"] {
            assert_eq!(populated(&json!({ (REVEAL): damage })).summary.reveal, None);
        }
    }
}
