//! How a token is written on a Secret: the names that Kargo and Kubernetes gave, the annotations that are this program's own, and
//! what can be judged by them. Metadata only: nothing here ever sees a value.

use base64::{Engine, prelude::BASE64_STANDARD};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::{
    claim::ClaimId,
    hex::hex,
    name::{RoleName, TokenName},
    token::{Act, Did, Missing, Reveal, Suspension, TokenState, TokenSummary, Uid, day},
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
/// The label that has the API server refuse a token; its text is a UTC date.
pub(super) const INVALID_SINCE: &str = "kubernetes.io/legacy-token-invalid-since";
/// A suspension on purpose, as JSON ([`Suspension`]).
pub(super) const SUSPENSION: &str = "kargo-tokens/suspension";
/// When a deletion that was begun is due (RFC 3339, UTC).
pub(super) const DELETE_AFTER: &str = "kargo-tokens/delete-after";
/// `true` where the deletion suspended it: to undo the one is to undo the other.
pub(super) const SUSPENDED_BY_DELETION: &str = "kargo-tokens/suspended-by-deletion";
/// The text of the suspension's label that the deletion was begun with: should somebody lift it, a later suspension is not this one.
pub(super) const DELETION_LABEL: &str = "kargo-tokens/deletion-label";
/// When the overlap with its successor ends (RFC 3339, UTC).
pub(super) const RETIRE_AFTER: &str = "kargo-tokens/retire-after";
/// When an expiring token ends (RFC 3339, UTC): asked for until it is revealed, granted from then on.
pub(super) const EXPIRES_AT: &str = "kargo-tokens/expires-at";
/// `true` where somebody said that the value is in the wrong hands.
pub(super) const COMPROMISED: &str = "kargo-tokens/compromised";
/// A note for people.
pub(super) const NOTE: &str = "kargo-tokens/note";
/// Whom to ask.
pub(super) const CONTACT: &str = "kargo-tokens/contact";
/// The last acts, as JSON (a list of [`Act`]).
pub(super) const HISTORY: &str = "kargo-tokens/history";
/// Acts that are kept. Annotations are stored with each Secret and sent with each list.
const HISTORY_LENGTH: usize = 20;
const REPLACES: &str = "kargo-tokens/replaces";
const CREATED_BY: &str = "kargo-tokens/created-by";

/// What stands in the place of an expiring token's value, so that Kubernetes writes none.
const PLACEHOLDER: &str = "This token expires, so its value is kept nowhere.";

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
    deletion_timestamp: Option<Timestamp>,
    #[serde(default)]
    labels: Labels,
    #[serde(default)]
    annotations: Annotations,
    #[serde(default)]
    managed_fields: Vec<Manager>,
}

/// Of the managedFields only who wrote them.
#[derive(Deserialize)]
struct Manager {
    #[serde(default)]
    manager: String,
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
    #[serde(rename = "argocd.argoproj.io/instance")]
    argo_cd: Option<String>,
    #[serde(rename = "kustomize.toolkit.fluxcd.io/name")]
    flux_kustomize: Option<String>,
    #[serde(rename = "helm.toolkit.fluxcd.io/name")]
    flux_helm: Option<String>,
    #[serde(rename = "app.kubernetes.io/managed-by")]
    managed_by: Option<String>,
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
    #[serde(rename = "kargo-tokens/suspension")]
    suspension: Option<String>,
    #[serde(rename = "kargo-tokens/delete-after")]
    delete_after: Option<String>,
    #[serde(rename = "kargo-tokens/suspended-by-deletion")]
    suspended_by_deletion: Option<String>,
    #[serde(rename = "kargo-tokens/deletion-label")]
    deletion_label: Option<String>,
    #[serde(rename = "kargo-tokens/retire-after")]
    retire_after: Option<String>,
    #[serde(rename = "kargo-tokens/expires-at")]
    expires_at: Option<String>,
    #[serde(rename = "kargo-tokens/compromised")]
    compromised: Option<String>,
    #[serde(rename = "kargo-tokens/note")]
    note: Option<String>,
    #[serde(rename = "kargo-tokens/contact")]
    contact: Option<String>,
    #[serde(rename = "kargo-tokens/history")]
    history: Option<String>,
    #[serde(rename = "argocd.argoproj.io/tracking-id")]
    argo_cd: Option<String>,
    #[serde(rename = "meta.helm.sh/release-name")]
    helm: Option<String>,
}

/// A token with what a write to it needs.
pub(super) struct Token {
    pub summary: TokenSummary,
    pub resource_version: String,
    /// The hash of the claim that got the value, until the reveal is confirmed.
    pub claim: Option<String>,
    /// Whether its suspension came with a deletion, and goes with it.
    pub suspended_by_deletion: bool,
    /// What was done to it, oldest first.
    pub history: History,
}

impl Metadata {
    /// Whether Kubernetes has written the value: the annotation and the value are written by one update, so the one tells of the other.
    pub fn is_populated(&self) -> bool {
        self.annotations.role_uid.is_some()
    }

    /// The tool that keeps the Secret as its own sources say.
    fn kept_by(&self) -> Option<String> {
        let wrote = |name: &str| self.managed_fields.iter().any(|m| m.manager == name);
        let Labels {
            argo_cd,
            flux_kustomize,
            flux_helm,
            managed_by,
            ..
        } = &self.labels;
        let annotations = &self.annotations;
        let tool =
            if argo_cd.is_some() || annotations.argo_cd.is_some() || wrote("argocd-controller") {
                "Argo CD"
            } else if flux_kustomize.is_some()
                || flux_helm.is_some()
                || wrote("kustomize-controller")
                || wrote("helm-controller")
            {
                "Flux"
            } else if annotations.helm.is_some() || managed_by.as_deref() == Some("Helm") {
                "Helm"
            } else {
                return None;
            };
        Some(tool.to_owned())
    }
}

impl Token {
    /// Judges what was read at the time `now` of the API server's.
    pub fn read(metadata: Metadata, now: Timestamp) -> Self {
        let kept_by = metadata.kept_by();
        let is_populated = metadata.is_populated();
        let Metadata {
            name,
            uid,
            resource_version,
            creation_timestamp: created,
            deletion_timestamp,
            labels,
            annotations,
            ..
        } = metadata;
        let is_true = |text: &Option<String>| text.as_deref() == Some("true");
        let time = |text: &Option<String>| text.as_ref().and_then(|text| text.parse().ok());
        let since = labels.invalid_since.filter(|since| !since.is_empty());
        // An expiring token is locked from its first moment. Without the lock the value works that Kubernetes could write, and that one
        // never ends, whatever the annotation says.
        let expires: Option<Timestamp> = time(&annotations.expires_at).filter(|_| since.is_some());
        let delete_after: Option<Timestamp> = time(&annotations.delete_after);
        let is_deleting = delete_after.is_some() && annotations.deletion_label == since;
        let missing = [
            (!is_true(&labels.api_token)).then_some(Missing::Label),
            (!is_true(&annotations.managed)).then_some(Missing::ManagedAnnotation),
        ];
        let reveal = annotations.reveal(created);
        let state = match (expires, since, delete_after) {
            (Some(at), _, _) if at <= now => TokenState::Expired { at },
            (None, Some(_), Some(until)) if is_deleting => TokenState::Deleting { until },
            // Whether Kubernetes has written the value or not: the label refuses it from its first moment on.
            (None, Some(since), _) => TokenState::Suspended { since },
            (None, _, _) if !is_populated => TokenState::Preparing,
            _ if reveal == Some(Reveal::Pending) => TokenState::Unrevealed,
            _ => TokenState::Active,
        };
        let parsed = |text: Option<String>| text.and_then(|text| text.parse().ok());
        let summary = TokenSummary {
            name,
            uid,
            role: cut(annotations.role),
            created,
            state,
            last_used: labels.last_used,
            missing: missing.into_iter().flatten().collect(),
            created_by: annotations.created_by.map(cut),
            reveal,
            replaces: parsed(annotations.replaces),
            replaced_by: parsed(annotations.replaced_by),
            expires,
            suspension: annotations
                .suspension
                .and_then(|json| serde_json::from_str::<Suspension>(&json).ok())
                .map(|suspension| Suspension {
                    by: cut(suspension.by),
                    reason: cut(suspension.reason),
                    ..suspension
                }),
            delete_after,
            retire_after: time(&annotations.retire_after),
            is_compromised: is_true(&annotations.compromised),
            note: annotations.note.map(cut),
            contact: annotations.contact.map(cut),
            kept_by,
            is_terminating: deletion_timestamp.is_some(),
        };
        Self {
            summary,
            resource_version,
            claim: annotations.claim,
            suspended_by_deletion: is_true(&annotations.suspended_by_deletion),
            history: History(annotations.history.unwrap_or_default()),
        }
    }
}

/// The start of a text that anybody who may change the Secret can have written: a page must not grow with it.
fn cut(mut text: String) -> String {
    const LONGEST: usize = 600;
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// What was done to a token, as it stands on the Secret: read only where somebody wants to know it.
pub(super) struct History(String);

impl History {
    /// The acts that can be read, oldest first; one that another version wrote is left out.
    pub fn acts(&self) -> Vec<Act> {
        let all: Vec<Json> = serde_json::from_str(&self.0).unwrap_or_default();
        let first = all.len().saturating_sub(HISTORY_LENGTH);
        all.into_iter()
            .skip(first)
            .filter_map(|act| serde_json::from_value::<Act>(act).ok())
            .map(|act| Act {
                by: cut(act.by),
                about: cut(act.about),
                ..act
            })
            .collect()
    }

    /// The text with one more act, the oldest left out when there are too many.
    pub fn with(&self, act: Act) -> String {
        let mut acts = self.acts();
        acts.push(act);
        let first = acts.len().saturating_sub(HISTORY_LENGTH);
        // Acts always have a JSON form.
        serde_json::to_string(&acts[first..]).unwrap_or_default()
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
    /// The token whose place it takes, and whose note and contact.
    pub old: Option<&'a TokenSummary>,
    /// The time by the API server's clock.
    pub now: Timestamp,
    /// When it is to end; `None`: never.
    pub expires: Option<Timestamp>,
}

impl NewToken<'_> {
    /// The Secret without data: the value is Kubernetes' to write. An expiring token's has a placeholder in its place, which
    /// Kubernetes leaves as it is, and is suspended besides: should somebody remove the placeholder, the value that Kubernetes then
    /// writes is refused.
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
        let mut about = String::new();
        if let Some(old) = self.old {
            annotations[REPLACES] = old.name.as_str().into();
            about = format!("in place of {}", old.name);
            for (key, text) in [(NOTE, &old.note), (CONTACT, &old.contact)] {
                if let Some(text) = text {
                    annotations[key] = text.as_str().into();
                }
            }
        }
        let act = Act {
            at: self.now,
            by: self.created_by.to_owned(),
            did: Did::Created,
            about,
        };
        annotations[HISTORY] = History(String::new()).with(act).into();
        let mut labels = json!({ (LABEL): "true" });
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
        let metadata = serde_json::from_value::<Metadata>(metadata).expect("metadata");
        Token::read(metadata, now())
    }

    fn now() -> Timestamp {
        "2026-03-01T00:00:00Z".parse().expect("a time")
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
    fn a_token_is_suspended_even_before_it_has_a_value() {
        let token = token(
            &json!({ (INVALID_SINCE): "2026-02-03" }),
            &json!({ (ROLE): "r" }),
        );
        assert!(matches!(token.summary.state, TokenState::Suspended { .. }));
    }

    #[test]
    fn a_token_is_deleting_only_while_it_is_suspended() {
        let (date, until) = ("2026-02-03", "2026-03-01T00:00:30Z");
        let read = |label: &Json| {
            token(
                label,
                &json!({ (ROLE): "r", "kubernetes.io/service-account.uid": "s", (DELETE_AFTER): until, (DELETION_LABEL): date }),
            )
            .summary
        };
        let until = until.parse().expect("a time");
        let begun = read(&json!({ (INVALID_SINCE): date }));
        assert_eq!(begun.state, TokenState::Deleting { until });
        // Lifted, and suspended again by other means: that is not this deletion any more.
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
                &json!({ (LABEL): "true", (INVALID_SINCE): lock }),
                &json!({ (ROLE): "r", (MANAGED): "true", (REVEAL): "confirmed", (EXPIRES_AT): expires }),
            )
            .summary
            .state
        };
        let read = |expires: &str| read_with("2026-02-03", expires);
        assert_eq!(
            read_with("", "2026-03-01T00:00:00Z"),
            TokenState::Preparing,
            "without its lock it is a permanent one"
        );
        assert_eq!(read("2026-03-01T00:00:01Z"), TokenState::Active);
        assert_eq!(
            read("2026-03-01T00:00:00Z"),
            TokenState::Expired { at: now() }
        );
    }

    #[test]
    fn the_history_keeps_the_last_acts() {
        let act = |n: i64| Act {
            at: Timestamp::from_second(n).expect("a time"),
            by: "me".to_owned(),
            did: Did::Noted,
            about: String::new(),
        };
        let mut history = History(String::new());
        for n in 0..=30 {
            history = History(history.with(act(n)));
        }
        let kept = history.acts();
        assert_eq!(kept.len(), HISTORY_LENGTH);
        assert_eq!((&kept[0], &kept[19]), (&act(11), &act(30)));
        let other = r#"[{"did":"flown"},{"at":"2026-01-01T00:00:00Z","by":"me","did":"saved"}]"#;
        assert_eq!(History(other.to_owned()).acts().len(), 1);
        assert_eq!(History("{".to_owned()).acts(), []);
    }

    #[test]
    fn who_keeps_a_secret_is_told() {
        let by = |labels: Json, annotations: Json| token(&labels, &annotations).summary.kept_by;
        assert_eq!(by(json!({}), json!({})), None);
        assert_eq!(
            by(json!({ "argocd.argoproj.io/instance": "x" }), json!({})).as_deref(),
            Some("Argo CD")
        );
        assert_eq!(
            by(
                json!({ "kustomize.toolkit.fluxcd.io/name": "x" }),
                json!({})
            )
            .as_deref(),
            Some("Flux")
        );
        assert_eq!(
            by(json!({}), json!({ "meta.helm.sh/release-name": "x" })).as_deref(),
            Some("Helm")
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
