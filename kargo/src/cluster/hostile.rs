//! Properties of everything that reads what others wrote: it never panics, never shows a value, and reads back what we wrote.

use proptest::prelude::*;
use serde_json::{Value as Json, json};

use super::secret::metadata::Metadata;
use crate::{
    leaked_value::identify,
    name::TokenName,
    scope::Scope,
    text::{Text, foreign, without_values},
    token::{HistoryAction, HistoryEntry, HistoryText, TokenState},
    value::Value,
};

/// The annotations and labels that are read, as others could write them.
const KEYS: &[&str] = &[
    "kubernetes.io/service-account.name",
    "kubernetes.io/service-account.uid",
    "rbac.kargo.akuity.io/managed",
    "kargo-tokens/created-by",
    "kargo-tokens/reveal",
    "kargo-tokens/revealed-at",
    "kargo-tokens/fingerprint",
    "kargo-tokens/claim",
    "kargo-tokens/replaces",
    "kargo-tokens/replaced-by",
    "kargo-tokens/ends",
    "kargo-tokens/suspension",
    "kargo-tokens/delete-after",
    "kargo-tokens/suspended-by-deletion",
    "kargo-tokens/deletion-label",
    "kargo-tokens/retire-after",
    "kargo-tokens/expires-at",
    "kargo-tokens/compromised",
    "kargo-tokens/note",
    "kargo-tokens/contact",
    "kargo-tokens/history",
];

const JWT: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl";

/// Texts: any at all, and those that are nearly right.
fn written() -> impl Strategy<Value = String> {
    prop_oneof![
        any::<String>(),
        Just("true".to_owned()),
        Just("pending".to_owned()),
        Just("2026-01-02T03:04:05Z".to_owned()),
        Just("9999-12-31T23:59:59Z".to_owned()),
        Just("-9999-01-01T00:00:00Z".to_owned()),
        Just(r#"{"at":"2026-01-02T03:04:05Z","by":"x"}"#.to_owned()),
        Just(r#"[{"at":"2026-01-02T03:04:05Z","by":"x","did":"revealed"}]"#.to_owned()),
        any::<String>().prop_map(|text| format!("{text}{JWT}{text}")),
    ]
}

fn object() -> impl Strategy<Value = Json> {
    let annotations = prop::collection::btree_map(prop::sample::select(KEYS), written(), 0..12);
    let labels = prop::collection::btree_map(
        prop::sample::select(vec![
            "rbac.kargo.akuity.io/api-token",
            "kubernetes.io/legacy-token-invalid-since",
            "kubernetes.io/legacy-token-last-used",
            "app.kubernetes.io/managed-by",
        ]),
        written(),
        0..4,
    );
    (annotations, labels).prop_map(|(annotations, labels)| {
        json!({
            "name": "ci", "uid": "u", "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "annotations": annotations, "labels": labels,
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(2000) })]

    #[test]
    fn no_metadata_panics_or_shows_a_value(object in object(), second in any::<i32>()) {
        let now = jiff::Timestamp::from_second(i64::from(second)).expect("a time");
        let metadata: Metadata = serde_json::from_value(object).expect("metadata");
        let token = metadata.token(now);
        let summary = &token.summary;
        let _ = (summary.cleanup_reason(now), summary.was_tried_since_suspension(), token.history.entries());
        let texts = [&summary.note, &summary.contact, &summary.created_by];
        for text in texts.into_iter().flatten() {
            prop_assert!(!text.contains("eyJhbGci"), "{}", text);
            prop_assert!(text.chars().count() <= 601);
        }
        for entry in token.history.entries() {
            prop_assert!(!entry.actor.contains("eyJhbGci") && !entry.detail.contains("eyJhbGci"));
        }
        if let TokenState::Deleting { until } = summary.state {
            prop_assert!(Some(until) == summary.delete_after);
        }
    }

    #[test]
    fn no_text_of_others_shows_a_value(before in any::<String>(), after in any::<String>()) {
        let text = format!("{before} {JWT} {after}");
        for clean in [foreign(text.clone()), without_values(&text)] {
            prop_assert!(!clean.contains("eyJhbGci") && !clean.contains("c2lnbmF0dXJl"), "{}", clean);
        }
    }

    #[test]
    fn texts_that_are_accepted_are_shown_as_they_are(text in any::<String>()) {
        if let Ok(accepted) = Text::try_from(text) {
            let shown = foreign(accepted.to_string());
            prop_assert!(shown == accepted.as_str() || accepted.as_str().contains("eyJ") || accepted.as_str().contains("ZXlK"));
        }
    }

    #[test]
    fn no_jwt_panics(text in any::<String>(), payload in any::<Vec<u8>>()) {
        use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
        let _ = identify(&text);
        let jwt = format!("eyJhbGciOiJub25lIn0.{}.{text}", BASE64_URL_SAFE_NO_PAD.encode(payload));
        let _ = identify(&jwt);
        let value = Value::new(jwt);
        let _ = (value.is_jwt(), value.unverified_claims::<Json>());
    }

    #[test]
    fn a_scope_and_a_name_are_read_as_they_are_written(text in any::<String>()) {
        if let Ok(scope) = text.parse::<Scope>() {
            prop_assert_eq!(scope.to_string().parse::<Scope>().ok(), Some(scope));
        }
        if let Ok(name) = text.parse::<TokenName>() {
            prop_assert_eq!(name.as_str(), text.as_str());
            prop_assert_eq!(name.successor([7; 5]).as_str().parse::<TokenName>().ok(), Some(name.successor([7; 5])));
        }
    }

    #[test]
    fn a_history_keeps_its_newest_entries(count in 0..60_usize, garbage in any::<String>()) {
        let mut history = HistoryText::new(garbage);
        for n in 0..count {
            let entry = HistoryEntry {
                time: jiff::Timestamp::UNIX_EPOCH,
                actor: n.to_string(),
                action: HistoryAction::Noted,
                detail: String::new(),
            };
            history = HistoryText::new(history.with(entry));
        }
        let entries = history.entries();
        prop_assert!(entries.len() <= HistoryText::LENGTH);
        if let Some(last) = count.checked_sub(1) {
            prop_assert_eq!(entries.last().map(|entry| entry.actor.clone()), Some(last.to_string()));
        }
    }
}
