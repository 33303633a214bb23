//! Kubernetes Events about a token.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// One Kubernetes Event about a token. Any program may write Events, and Kubernetes verifies neither their text nor their source.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// Time of the last occurrence; `None` if the Event has none.
    #[serde(rename = "at")]
    pub time: Option<Timestamp>,
    /// Reason in one word, such as `TokenCreated`.
    pub reason: String,
    /// Description in words.
    pub message: String,
    /// Program that the Event names as its source; may be empty.
    pub source: String,
}
