//! The one reveal of a token's value.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::value::Fingerprint;

/// Progress of a token's one reveal. Tokens made by Kargo's own tools have none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum Reveal {
    /// Nobody has received the value yet.
    Pending,
    /// The value was sent once; its creator has not confirmed that it is saved.
    Claimed {
        /// Time of the reveal, by the API server's clock.
        #[serde(rename = "at")]
        time: Timestamp,
        /// Fingerprint of the value that was sent.
        fingerprint: Fingerprint,
    },
    /// The creator confirmed that the value is saved.
    Confirmed {
        /// Time of the reveal, by the API server's clock.
        #[serde(rename = "at")]
        time: Timestamp,
        /// Fingerprint of the value that was sent.
        fingerprint: Fingerprint,
    },
}

/// Shortest lifetime that Kubernetes mints, in seconds.
pub const SHORTEST_LIFETIME: i64 = 600;

/// End of an expiring token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Expiry {
    /// Requested end.
    pub asked: Timestamp,
    /// Granted end, which decides.
    pub granted: Timestamp,
}

impl Expiry {
    /// `true` if the cluster granted noticeably less than requested: more than a minute less.
    pub fn is_cut(&self) -> bool {
        self.asked.duration_since(self.granted) > SignedDuration::from_mins(1)
    }
}
