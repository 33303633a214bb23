//! How a token is written on a Secret: the names that Kargo and Kubernetes gave, the annotations that are this program's own, and
//! what can be judged by them. Metadata only: nothing here ever sees a value.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{
    claim::ClaimId,
    hex::hex,
    name::{RoleName, TokenName},
    token::{Missing, Reveal, TokenState, TokenSummary, Uid},
    value::Fingerprint,
};

/// The Secret's type.
pub(super) const TYPE: &str = "kubernetes.io/service-account-token";
const LABEL: &str = "rbac.kargo.akuity.io/api-token";
const MANAGED: &str = "rbac.kargo.akuity.io/managed";
const ROLE: &str = "kubernetes.io/service-account.name";

/// Label of the ServiceAccounts that are system roles.
pub(super) const SYSTEM_ROLE: &str = "rbac.kargo.akuity.io/system-role";

/// `pending`, `claimed` or `confirmed`.
pub(super) const REVEAL: &str = "kargo-tokens/reveal";
/// When it was claimed (RFC 3339, UTC).
pub(super) const REVEALED_AT: &str = "kargo-tokens/revealed-at";
/// The fingerprint of the value that was sent.
pub(super) const FINGERPRINT: &str = "kargo-tokens/fingerprint";
/// The SHA-256 of the claim, until the reveal is confirmed.
pub(super) const CLAIM: &str = "kargo-tokens/claim";
/// The name of the token that took this one's place.
pub(super) const REPLACED_BY: &str = "kargo-tokens/replaced-by";
const REPLACES: &str = "kargo-tokens/replaces";
const CREATED_BY: &str = "kargo-tokens/created-by";

/// An object of which only the metadata is read.
#[derive(Deserialize)]
pub(super) struct Object {
    pub metadata: Metadata,
}

/// What is kept of a Secret's metadata. Everything else is skipped while parsing: most of it are managedFields, and the annotation
/// `last-applied-configuration` can hold a value.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Metadata {
    name: TokenName,
    uid: Uid,
    resource_version: String,
    creation_timestamp: Timestamp,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Annotations,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Labels {
    #[serde(rename = "rbac.kargo.akuity.io/api-token")]
    api_token: Option<String>,
    #[serde(rename = "kubernetes.io/legacy-token-invalid-since")]
    invalid_since: Option<String>,
    #[serde(rename = "kubernetes.io/legacy-token-last-used")]
    last_used: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Annotations {
    #[serde(rename = "kubernetes.io/service-account.name")]
    role: String,
    #[serde(rename = "kubernetes.io/service-account.uid")]
    role_uid: Option<String>,
    #[serde(rename = "rbac.kargo.akuity.io/managed")]
    managed: Option<String>,
    #[serde(rename = "kargo-tokens/created-by")]
    created_by: Option<String>,
    #[serde(rename = "kargo-tokens/reveal")]
    reveal: Option<String>,
    #[serde(rename = "kargo-tokens/revealed-at")]
    revealed_at: Option<String>,
    #[serde(rename = "kargo-tokens/fingerprint")]
    fingerprint: Option<String>,
    #[serde(rename = "kargo-tokens/claim")]
    claim: Option<String>,
    #[serde(rename = "kargo-tokens/replaces")]
    replaces: Option<String>,
    #[serde(rename = "kargo-tokens/replaced-by")]
    replaced_by: Option<String>,
}

/// A token with what a write to it needs.
pub(super) struct Token {
    pub summary: TokenSummary,
    pub resource_version: String,
    /// The hash of the claim that got the value, until the reveal is confirmed.
    pub claim: Option<String>,
}

impl From<Metadata> for Token {
    fn from(metadata: Metadata) -> Self {
        let Metadata {
            name,
            uid,
            resource_version,
            creation_timestamp: created,
            labels,
            annotations,
        } = metadata;
        let is_true = |text: &Option<String>| text.as_deref() == Some("true");
        let missing = [
            (!is_true(&labels.api_token)).then_some(Missing::Label),
            (!is_true(&annotations.managed)).then_some(Missing::ManagedAnnotation),
        ];
        let reveal = annotations.reveal(created);
        let state = match labels.invalid_since.filter(|since| !since.is_empty()) {
            // The annotation and the value are written by one update, so the one tells of the other.
            _ if annotations.role_uid.is_none() => TokenState::Preparing,
            Some(since) => TokenState::Suspended { since },
            None if reveal == Some(Reveal::Pending) => TokenState::Unrevealed,
            None => TokenState::Active,
        };
        let parsed = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let summary = TokenSummary {
            name,
            uid,
            role: annotations.role,
            created,
            state,
            last_used: labels.last_used,
            missing: missing.into_iter().flatten().collect(),
            created_by: annotations.created_by,
            reveal,
            replaces: parsed(annotations.replaces),
            replaced_by: parsed(annotations.replaced_by),
        };
        Self {
            summary,
            resource_version,
            claim: annotations.claim,
        }
    }
}

impl Annotations {
    /// Anybody who may patch the Secret can damage these annotations. A damaged one must never lead to a second reveal, so a time that
    /// can't be read counts as long ago.
    fn reveal(&self, created: Timestamp) -> Option<Reveal> {
        let at = self
            .revealed_at
            .as_deref()
            .and_then(|at| at.parse().ok())
            .unwrap_or(created);
        let fingerprint = Fingerprint(self.fingerprint.clone().unwrap_or_default());
        match self.reveal.as_deref()? {
            "pending" => Some(Reveal::Pending),
            "claimed" => Some(Reveal::Claimed { at, fingerprint }),
            "confirmed" => Some(Reveal::Confirmed { at, fingerprint }),
            _ => None,
        }
    }
}

/// A new token, as it is sent to Kubernetes: what Kargo itself writes, plus our annotations.
pub(super) struct NewToken<'a> {
    pub name: &'a TokenName,
    pub role: &'a RoleName,
    pub role_uid: &'a Uid,
    pub created_by: &'a str,
    pub replaces: Option<&'a TokenName>,
}

impl NewToken<'_> {
    /// The Secret without data: the value is Kubernetes' to write.
    ///
    /// Its owner is the ServiceAccount, so that it goes when the role goes. `blockOwnerDeletion` stays away: Kargo's own
    /// roles may not set it.
    pub fn secret(&self) -> Json {
        let mut annotations = json!({
            (ROLE): self.role.as_str(),
            (MANAGED): "true",
            (CREATED_BY): self.created_by,
            (REVEAL): "pending",
        });
        if let Some(replaces) = self.replaces {
            annotations[REPLACES] = replaces.as_str().into();
        }
        json!({
            "apiVersion": "v1",
            "kind": "Secret",
            "type": TYPE,
            "metadata": {
                "name": self.name.as_str(),
                "labels": { (LABEL): "true" },
                "annotations": annotations,
                "ownerReferences": [{
                    "apiVersion": "v1",
                    "kind": "ServiceAccount",
                    "name": self.role.as_str(),
                    "uid": self.role_uid,
                }],
            },
        })
    }
}

/// What is noted of a claim: enough to know it again, nothing to make one from.
pub(super) fn claim_hash(claim: &ClaimId) -> String {
    hex(&Sha256::digest(claim.expose().as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

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
        serde_json::from_value::<Metadata>(metadata)
            .expect("metadata")
            .into()
    }

    fn populated(reveal: &Json) -> Token {
        let mut annotations =
            json!({ (ROLE): "r", (MANAGED): "true", "kubernetes.io/service-account.uid": "s" });
        annotations
            .as_object_mut()
            .expect("an object")
            .extend(reveal.as_object().expect("an object").clone());
        token(&json!({ (LABEL): "true" }), &annotations)
    }

    #[test]
    fn is_preparing_until_kubernetes_has_noted_the_service_accounts_uid() {
        let token = token(
            &json!({ (LABEL): "true" }),
            &json!({ (ROLE): "r", (MANAGED): "true", (REVEAL): "pending" }),
        );
        assert_eq!(token.summary.state, TokenState::Preparing);
        assert!(token.summary.is_managed());
        assert_eq!(
            populated(&json!({ (REVEAL): "pending" })).summary.state,
            TokenState::Unrevealed
        );
        assert_eq!(populated(&json!({})).summary.state, TokenState::Active);
    }

    #[test]
    fn a_suspended_token_is_suspended_whatever_its_reveal() {
        let token = token(
            &json!({ "kubernetes.io/legacy-token-invalid-since": "2026-02-03" }),
            &json!({ (ROLE): "r", "kubernetes.io/service-account.uid": "s", (REVEAL): "pending" }),
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
    fn a_damaged_reveal_is_never_pending_and_never_recent() {
        let created: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a time");
        let claimed = Reveal::Claimed {
            at: created,
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

    #[test]
    fn a_claim_is_noted_by_its_hash() {
        // printf 00000000000000000000000000000000 | sha256sum
        assert_eq!(
            claim_hash(&ClaimId::from_random([0; 16])),
            "84e0c0eafaa95a34c293f278ac52e45ce537bab5e752a00e6959a13ae103b65a"
        );
    }
}
