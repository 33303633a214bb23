//! History of a token. Anybody who may patch the Secret can forge its history.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One entry of a token's history: who did what, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HistoryEntry {
    /// Time, by the API server's clock.
    #[serde(rename = "at")]
    pub time: Timestamp,
    /// Kubernetes user name of the person.
    #[serde(rename = "by")]
    pub actor: String,
    /// Action of the person.
    #[serde(rename = "did")]
    pub action: HistoryAction,
    /// Further detail, such as the other token's name; may be empty.
    #[serde(rename = "about", default, skip_serializing_if = "String::is_empty")]
    pub detail: String,
}

/// An action on a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HistoryAction {
    /// Created the token.
    Created,
    /// Received the value, once.
    Revealed,
    /// Confirmed that the value is saved.
    Saved,
    /// Suspended the token.
    Suspended,
    /// Restored the token.
    Restored,
    /// Began to delete the token: suspended it, with time to undo that.
    DeletionBegun,
    /// Undid the deletion.
    DeletionUndone,
    /// Deleted the token.
    Deleted,
    /// Created a successor.
    Replaced,
    /// Set or removed the end of the overlap with the successor.
    Retiring,
    /// Reported the token as compromised.
    Compromised,
    /// Withdrew the report about the predecessor, which must not end any more.
    ReportWithdrawn,
    /// Changed the note or the contact.
    Noted,
}

impl HistoryAction {
    /// The action in words, after a person's name: `suspended it`.
    pub fn words(self) -> &'static str {
        match self {
            Self::Created => "created it",
            Self::Revealed => "revealed its value",
            Self::Saved => "saved its value",
            Self::Suspended => "suspended it",
            Self::Restored => "restored it",
            Self::DeletionBegun => "began to delete it",
            Self::DeletionUndone => "undid its deletion",
            Self::Deleted => "deleted it",
            Self::Replaced => "gave it a successor",
            Self::Retiring => "changed when it retires",
            Self::Compromised => "reported it as compromised",
            Self::ReportWithdrawn => "withdrew the report about its predecessor",
            Self::Noted => "changed its note",
        }
    }
}

/// History as the text that the Secret holds (JSON list of [`HistoryEntry`]). Parsed only where entries are shown or added.
#[cfg(feature = "cluster")]
#[derive(Default)]
pub(crate) struct HistoryText(String);

#[cfg(feature = "cluster")]
impl HistoryText {
    /// Entries that are kept: Kubernetes stores and sends annotations with each Secret.
    pub const LENGTH: usize = 20;

    /// Takes the annotation's text.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// The readable entries, oldest first. Entries that this version doesn't understand are left out.
    pub fn entries(&self) -> Vec<HistoryEntry> {
        let all: Vec<serde_json::Value> = serde_json::from_str(&self.0).unwrap_or_default();
        let first = all.len().saturating_sub(Self::LENGTH);
        all.into_iter()
            .skip(first)
            .filter_map(|entry| serde_json::from_value::<HistoryEntry>(entry).ok())
            .map(|entry| HistoryEntry {
                actor: crate::text::foreign(entry.actor),
                detail: crate::text::foreign(entry.detail),
                ..entry
            })
            .collect()
    }

    /// The text with one more entry; the oldest entry is dropped at the limit.
    pub fn with(&self, entry: HistoryEntry) -> String {
        let mut entries = self.entries();
        entries.push(entry);
        let first = entries.len().saturating_sub(Self::LENGTH);
        // Entries always have a JSON form.
        serde_json::to_string(&entries[first..]).unwrap_or_default()
    }
}

#[cfg(all(test, feature = "cluster"))]
mod tests {
    use super::*;

    fn entry(second: i64) -> HistoryEntry {
        HistoryEntry {
            time: Timestamp::from_second(second).expect("a time"),
            actor: "me".to_owned(),
            action: HistoryAction::Noted,
            detail: String::new(),
        }
    }

    #[test]
    fn the_history_keeps_the_last_entries() {
        let mut history = HistoryText::default();
        for second in 0..=30 {
            history = HistoryText::new(history.with(entry(second)));
        }
        let kept = history.entries();
        assert_eq!(kept.len(), HistoryText::LENGTH);
        assert_eq!((&kept[0], &kept[19]), (&entry(11), &entry(30)));
    }

    #[test]
    fn unreadable_entries_are_left_out() {
        let other = r#"[{"did":"flown"},{"at":"2026-01-01T00:00:00Z","by":"me","did":"saved"}]"#;
        assert_eq!(HistoryText::new(other.to_owned()).entries().len(), 1);
        assert_eq!(HistoryText::new("{".to_owned()).entries(), []);
    }

    #[test]
    fn an_entrys_json_has_the_short_keys_of_the_annotation() {
        let text = HistoryText::default().with(HistoryEntry {
            detail: "why".to_owned(),
            ..entry(0)
        });
        assert_eq!(
            text,
            r#"[{"at":"1970-01-01T00:00:00Z","by":"me","did":"noted","about":"why"}]"#
        );
    }
}
