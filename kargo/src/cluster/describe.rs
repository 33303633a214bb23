//! Describes one token in full, except for its value: its Secret as YAML with every value redacted, and its history.

use jiff::Timestamp;
use serde::{
    Deserialize,
    de::{Deserializer, IgnoredAny},
};
use serde_json::{Map, Value as Json};

use super::{
    connection::{Cluster, error::Error},
    secret::{find::secret_access, keys::TYPE, metadata::Metadata},
};
use crate::{
    name::TokenName,
    scope::Scope,
    token::{HistoryEntry, TokenSummary},
};

/// Text in the place of each value.
const REDACTED: &str = "*** redacted ***";
/// Prefixes of labels and annotations that are shown unless they contain a JWT. Any other may contain a copy of the whole Secret, as
/// `kubectl.kubernetes.io/last-applied-configuration` does.
const KNOWN: [&str; 5] = [
    "kargo-tokens/",
    "rbac.kargo.akuity.io/",
    "kargo.akuity.io/",
    "kubernetes.io/service-account.",
    "kubernetes.io/legacy-token-",
];
/// Longest text of any other label or annotation that is shown.
const SHORT: usize = 256;

/// `true` if a label's or annotation's text may contain a value. A JWT begins with `{"` in base64, encoded once or twice.
fn may_hold_a_value(key: &str, text: &str) -> bool {
    let is_known = KNOWN.iter().any(|prefix| key.starts_with(prefix));
    ["eyJ", "ZXlK"].iter().any(|start| text.contains(start))
        || (!is_known && (text.len() > SHORT || text.trim_start().starts_with('{')))
}

/// A token in full, except for its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Description {
    /// The token as lists show it.
    pub summary: TokenSummary,
    /// History, oldest entry first; at most the last 20 entries.
    pub history: Vec<HistoryEntry>,
    /// The Secret as YAML, with its values redacted.
    pub yaml: String,
    /// Time by the API server's clock.
    pub now: Timestamp,
}

/// The Secret without its values: parsing skips them, so that they are never copied.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Secret {
    metadata: Map<String, Json>,
    #[serde(default)]
    data: Keys,
    #[serde(default)]
    string_data: Keys,
    #[serde(default)]
    r#type: String,
    immutable: Option<bool>,
}

/// Keys of a map, without its values.
#[derive(Default)]
struct Keys(Vec<String>);

impl<'de> Deserialize<'de> for Keys {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let keys = Option::<std::collections::BTreeMap<String, IgnoredAny>>::deserialize(from)?;
        Ok(Self(keys.unwrap_or_default().into_keys().collect()))
    }
}

impl Keys {
    fn redacted(self) -> Option<Json> {
        let all: Map<String, Json> = self
            .0
            .into_iter()
            .map(|key| (key, REDACTED.into()))
            .collect();
        (!all.is_empty()).then(|| all.into())
    }
}

impl Secret {
    fn redacted(mut self) -> Json {
        self.metadata.remove("managedFields");
        for part in ["labels", "annotations"] {
            let texts = self.metadata.get_mut(part).and_then(Json::as_object_mut);
            for (key, text) in texts.into_iter().flatten() {
                if text.as_str().is_none_or(|text| may_hold_a_value(key, text)) {
                    *text = REDACTED.into();
                }
            }
        }
        let mut all = Map::new();
        all.insert("apiVersion".to_owned(), "v1".into());
        all.insert("kind".to_owned(), "Secret".into());
        all.insert("metadata".to_owned(), self.metadata.into());
        all.insert("type".to_owned(), self.r#type.into());
        let rest = [
            ("data", self.data.redacted()),
            ("stringData", self.string_data.redacted()),
            ("immutable", self.immutable.map(Json::from)),
        ];
        for (key, value) in rest {
            if let Some(value) = value {
                all.insert(key.to_owned(), value);
            }
        }
        all.into()
    }
}

impl Cluster {
    /// Describes one token.
    ///
    /// # Errors
    /// [`Error::NoToken`] if there is none; [`Error::Forbidden`] without the right to `get` Secrets.
    pub async fn describe_token(
        &self,
        scope: &Scope,
        name: &TokenName,
    ) -> Result<Description, Error> {
        // The list proves by the Secret's type that it is a token. Other Secrets are not read at all.
        self.fetch(scope, name).await?;
        let location = self.location(scope, name);
        let access = secret_access(&location);
        let answer = self.get_secret(&location).await?;
        let secret: Secret = answer.parse(&access)?;
        if secret.r#type != TYPE {
            return Err(Error::NoToken(location));
        }
        let metadata = Json::from(secret.metadata.clone());
        let metadata: Metadata =
            serde_json::from_value(metadata).map_err(|_| Error::BadAnswer(access.clone()))?;
        let token = metadata.token(answer.now);
        let yaml =
            serde_saphyr::to_string(&secret.redacted()).map_err(|_| Error::BadAnswer(access))?;
        Ok(Description {
            summary: token.summary,
            history: token.history.entries(),
            yaml,
            now: answer.now,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_description_contains_no_value() {
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "type": "kubernetes.io/service-account-token",
            "metadata": {
                "name": "ci", "managedFields": [{ "manager": "kubectl" }],
                "annotations": {
                    "a": "b",
                    "kubectl.kubernetes.io/last-applied-configuration": "{\"data\":\"sentinel\"}",
                    "tool/copy": format!("sentinel{}", "=".repeat(300)),
                    "kargo-tokens/note": "its value is eyJsentinel",
                },
            },
            "data": { "token": "sentinel", "ca.crt": "sentinel", "odd: key": "sentinel" },
            "stringData": { "more": "sentinel" },
        });
        let secret: Secret = serde_json::from_str(&secret.to_string()).expect("a Secret");
        let yaml = serde_saphyr::to_string(&secret.redacted()).expect("YAML");
        assert!(
            !yaml.contains("sentinel") && !yaml.contains("managedFields"),
            "{yaml}"
        );
        for shown in ["name: ci", "ca.crt:", "more:", "a: b", REDACTED] {
            assert!(yaml.contains(shown), "{shown}: {yaml}");
        }
    }
}
