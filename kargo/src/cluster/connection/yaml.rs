//! YAML as kubectl reads it.

use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, NonFiniteFloatPolicy, Options};

/// Reads the first document. Of repeated keys the last one counts. The error is the line; the parser's own words could quote the text.
pub(super) fn parse(bytes: &[u8]) -> Result<Value, Option<u64>> {
    let mut options = Options::default();
    options.duplicate_keys = DuplicateKeyPolicy::LastWins;
    options.non_finite_float_policy = NonFiniteFloatPolicy::AsString;
    let text = std::str::from_utf8(bytes).map_err(|_| None)?;
    let documents: Vec<Value> = serde_saphyr::from_multiple_with_options(text, options)
        .map_err(|error| error.location().map(|location| location.line()))?;
    Ok(documents.into_iter().next().unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn documents_are_read_as_kubectl_reads_them() {
        for (text, expected) in [
            ("", json!(null)),
            ("a: 1\na: b\n", json!({ "a": "b" })),
            ("a: yes", json!({ "a": true })),
            ("a: 1e3", json!({ "a": 1000.0 })),
            ("a: .nan", json!({ "a": ".nan" })),
            ("a: &x [b]\nc: *x", json!({ "a": ["b"], "c": ["b"] })),
            ("a: |\n  b\n  c\n", json!({ "a": "b\nc\n" })),
            ("a: b\n---\nc: d\n", json!({ "a": "b" })),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(expected), "{text}");
        }
        assert!(parse(b"a: [").is_err() && parse(b"\xff").is_err());
    }
}
