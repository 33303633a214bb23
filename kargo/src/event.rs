//! Kubernetes' own Events, as they are read.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// An Event about a token, whoever wrote it: Kubernetes doesn't check what it says, nor which program says it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Event {
    /// When it was last so.
    pub at: Option<Timestamp>,
    /// What, as one word.
    pub reason: String,
    /// What, in words.
    pub message: String,
    /// The program that says that it wrote it; may be empty.
    pub source: String,
}
