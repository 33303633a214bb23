//! One table of the labels and annotations of a token's Secret. A new one is one line here.
//!
//! Parsing keeps the keys of this table and drops all others: most of a Secret's metadata is of no interest here, and the annotation
//! `kubectl.kubernetes.io/last-applied-configuration` can contain a value.

use std::fmt;

use serde::{
    Deserialize,
    de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, Visitor},
};

/// Type of the Secret.
pub(in crate::cluster) const TYPE: &str = "kubernetes.io/service-account-token";

macro_rules! keys {
    ($table:ident: $($(#[$doc:meta])* $name:ident = $key:literal;)*) => {
        $($(#[$doc])* pub(in crate::cluster) const $name: &str = $key;)*
        const $table: &[&str] = &[$($name),*];
    };
}

keys! { LABELS:
    /// `true` on the tokens that Kargo lists.
    API_TOKEN = "rbac.kargo.akuity.io/api-token";
    /// UTC date; the API server refuses the value while the label is set.
    INVALID_SINCE = "kubernetes.io/legacy-token-invalid-since";
    /// UTC date of the last use, written by Kubernetes.
    LAST_USED = "kubernetes.io/legacy-token-last-used";
    /// Argo CD's application.
    ARGO_CD_INSTANCE = "argocd.argoproj.io/instance";
    /// Flux' `Kustomization`.
    FLUX_KUSTOMIZE = "kustomize.toolkit.fluxcd.io/name";
    /// Flux' `HelmRelease`.
    FLUX_HELM = "helm.toolkit.fluxcd.io/name";
    /// `Helm` on what Helm installs.
    MANAGED_BY = "app.kubernetes.io/managed-by";
}

keys! { ANNOTATIONS:
    /// Name of the ServiceAccount that the token is for.
    ROLE = "kubernetes.io/service-account.name";
    /// UID of that ServiceAccount, written by Kubernetes in one update with the value.
    ROLE_UID = "kubernetes.io/service-account.uid";
    /// `true` on the tokens that Kargo manages.
    MANAGED = "rbac.kargo.akuity.io/managed";
    /// Creator's Kubernetes user name.
    CREATED_BY = "kargo-tokens/created-by";
    /// Progress of the one reveal: `pending`, `claimed` or `confirmed`.
    REVEAL = "kargo-tokens/reveal";
    /// Time of the reveal (RFC 3339, UTC).
    REVEALED_AT = "kargo-tokens/revealed-at";
    /// Fingerprint of the value that was sent.
    FINGERPRINT = "kargo-tokens/fingerprint";
    /// SHA-256 of the claim, until the reveal is confirmed.
    CLAIM = "kargo-tokens/claim";
    /// Name of the token that this one was made to replace.
    REPLACES = "kargo-tokens/replaces";
    /// UID of the compromised token that this one was made to replace, and that must end.
    ENDS = "kargo-tokens/ends";
    /// Name of the token that was made to replace this one.
    REPLACED_BY = "kargo-tokens/replaced-by";
    /// Suspension as JSON ([`Suspension`](crate::token::Suspension)).
    SUSPENSION = "kargo-tokens/suspension";
    /// Time at which a deletion that was begun is due (RFC 3339, UTC).
    DELETE_AFTER = "kargo-tokens/delete-after";
    /// `true` if the deletion applied the suspension; restoring then removes both.
    SUSPENDED_BY_DELETION = "kargo-tokens/suspended-by-deletion";
    /// Text of the suspension label when the deletion was begun. A later suspension has another text and is not this deletion's.
    DELETION_LABEL = "kargo-tokens/deletion-label";
    /// End of the overlap with the successor (RFC 3339, UTC).
    RETIRE_AFTER = "kargo-tokens/retire-after";
    /// End of an expiring token (RFC 3339, UTC): requested until the reveal, granted afterwards.
    EXPIRES_AT = "kargo-tokens/expires-at";
    /// `true` if the token was reported as compromised.
    COMPROMISED = "kargo-tokens/compromised";
    /// Note for people.
    NOTE = "kargo-tokens/note";
    /// Person or channel to ask.
    CONTACT = "kargo-tokens/contact";
    /// Last history entries, as a JSON list.
    HISTORY = "kargo-tokens/history";
    /// Argo CD's application, by its other way of tracking.
    ARGO_CD_TRACKING = "argocd.argoproj.io/tracking-id";
    /// Helm's release.
    HELM_RELEASE = "meta.helm.sh/release-name";
}

/// Labels or annotations of which only the keys of one table are kept.
#[derive(Debug, Default)]
struct Kept(Vec<(&'static str, String)>);

impl Kept {
    fn get(&self, key: &str) -> Option<&str> {
        let (_, text) = self.0.iter().find(|(kept, _)| *kept == key)?;
        Some(text)
    }

    fn take(&mut self, key: &str) -> Option<String> {
        let index = self.0.iter().position(|(kept, _)| *kept == key)?;
        Some(self.0.swap_remove(index).1)
    }
}

struct KeptVisitor(&'static [&'static str]);

impl<'de> Visitor<'de> for KeptVisitor {
    type Value = Kept;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a map of texts")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Kept, A::Error> {
        let mut kept = Vec::new();
        while let Some(known) = map.next_key_seed(KeySeed(self.0))? {
            if let Some(key) = known {
                kept.push((key, map.next_value::<String>()?));
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(Kept(kept))
    }
}

/// Looks a key up in the table without copying it.
struct KeySeed(&'static [&'static str]);

impl<'de> DeserializeSeed<'de> for KeySeed {
    type Value = Option<&'static str>;

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<Self::Value, D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for KeySeed {
    type Value = Option<&'static str>;

    fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_str<E>(self, key: &str) -> Result<Self::Value, E> {
        Ok(self.0.iter().find(|known| **known == key).copied())
    }
}

macro_rules! kept_map {
    ($(#[$doc:meta])* $type:ident, $table:ident) => {
        $(#[$doc])*
        #[derive(Debug, Default)]
        pub(super) struct $type(Kept);

        impl<'de> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                from.deserialize_map(KeptVisitor($table)).map(Self)
            }
        }

        impl $type {
            /// The text of a key.
            pub fn get(&self, key: &str) -> Option<&str> {
                self.0.get(key)
            }

            /// Takes the text of a key out.
            pub fn take(&mut self, key: &str) -> Option<String> {
                self.0.take(key)
            }

            /// `true` if the text of a key is `true`.
            pub fn is_true(&self, key: &str) -> bool {
                self.get(key) == Some("true")
            }
        }
    };
}

kept_map!(
    /// Labels that concern tokens.
    Labels,
    LABELS
);
kept_map!(
    /// Annotations that concern tokens.
    Annotations,
    ANNOTATIONS
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_keys_of_the_table_are_kept() {
        let json = r#"{
            "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":\"sentinel\"}",
            "kargo-tokens/reveal": "pending",
            "odd": ["sentinel"],
            "rbac.kargo.akuity.io/managed": "true"
        }"#;
        let mut annotations: Annotations = serde_json::from_str(json).expect("annotations");
        assert!(!format!("{annotations:?}").contains("sentinel"));
        assert!(annotations.is_true(MANAGED) && !annotations.is_true(REVEAL));
        assert_eq!(annotations.take(REVEAL).as_deref(), Some("pending"));
        assert_eq!(annotations.get(REVEAL), None);
    }

    #[test]
    fn the_charts_policy_knows_every_annotation_of_ours() {
        let policy = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../deploy/chart/templates/policies/annotations.yaml"
        ));
        let ours = ANNOTATIONS
            .iter()
            .filter(|key| ![NOTE, CONTACT].contains(key))
            .filter_map(|key| key.strip_prefix("kargo-tokens/"));
        for key in ours {
            assert!(policy.contains(&format!("'{key}'")), "{key}");
        }
    }

    #[test]
    fn a_key_with_an_escape_is_read_like_any_other() {
        let json = r#"{ "kargo-tokens\/reveal": "pending" }"#;
        let annotations: Annotations = serde_json::from_str(json).expect("annotations");
        assert_eq!(annotations.get(REVEAL), Some("pending"));
    }
}
