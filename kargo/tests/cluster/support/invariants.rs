//! Invariants of every managed token, and the versions that a refused operation must not change.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Secret;
use kargo::name::TokenName;
use kube::ResourceExt;

use super::project::Project;

impl Project {
    /// Labels and annotations of a token, without those that every action changes.
    pub async fn marks(&self, name: &TokenName) -> BTreeMap<String, String> {
        let secret = self.secret(name).await;
        let mut all = secret.labels().clone();
        all.extend(secret.annotations().clone());
        all.remove("kargo-tokens/history");
        all.remove("kubernetes.io/legacy-token-last-used");
        all
    }

    /// Checks the invariants of a managed token in every state, whatever was done to it by whom at the same time: Kargo's own tools accept it,
    /// and its annotations are consistent.
    pub async fn is_sound(&self, name: &TokenName) {
        let secret = self.secret(name).await;
        let (labels, annotations) = (secret.labels(), secret.annotations());
        let text = |key: &str| annotations.get(key).map(String::as_str);
        let is_suspended = labels.contains_key("kubernetes.io/legacy-token-invalid-since");
        let expires = text("kargo-tokens/expires-at").is_some();
        let all = format!("{labels:?} {annotations:?}");

        let role = text("kubernetes.io/service-account.name").expect("a role");
        assert_eq!(
            secret.type_.as_deref(),
            Some("kubernetes.io/service-account-token")
        );
        assert_eq!(
            labels
                .get("rbac.kargo.akuity.io/api-token")
                .map(String::as_str),
            Some("true"),
            "{all}"
        );
        assert_eq!(text("rbac.kargo.akuity.io/managed"), Some("true"), "{all}");
        assert_eq!(secret.owner_references()[0].name, role);

        let implies = |one: bool, other: bool| assert!(!one || other, "{all}");
        implies(
            text("kargo-tokens/delete-after").is_some(),
            is_suspended && !expires,
        );
        implies(
            text("kargo-tokens/suspended-by-deletion").is_some(),
            text("kargo-tokens/delete-after").is_some()
                && text("kargo-tokens/suspension").is_none(),
        );
        implies(
            text("kargo-tokens/suspension").is_some(),
            is_suspended && !expires,
        );
        implies(text("kargo-tokens/compromised").is_some(), is_suspended);
        implies(
            text("kargo-tokens/retire-after").is_some(),
            text("kargo-tokens/replaced-by").is_some(),
        );
        implies(expires, is_suspended);
        let is_revealed = matches!(text("kargo-tokens/reveal"), Some("claimed" | "confirmed"));
        assert_eq!(
            is_revealed,
            text("kargo-tokens/fingerprint").is_some(),
            "{all}"
        );
        assert_eq!(
            is_revealed,
            text("kargo-tokens/revealed-at").is_some(),
            "{all}"
        );
        assert_eq!(
            text("kargo-tokens/reveal") == Some("claimed"),
            text("kargo-tokens/claim").is_some(),
            "{all}"
        );
    }

    /// Every Secret with its version: none of them changes when an operation refuses.
    pub async fn versions(&self) -> Vec<(String, String)> {
        let secrets = self
            .secrets()
            .list(&kube::api::ListParams::default())
            .await
            .expect("a list");
        let version = |secret: &Secret| secret.resource_version().expect("a version");
        secrets
            .items
            .iter()
            .map(|secret| (secret.name_any(), version(secret)))
            .collect()
    }
}
