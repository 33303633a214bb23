//! A token's note and contact.

use serde::{Deserialize, Serialize};

use crate::text::Text;

/// Note and contact; empty if there is none. Texts that a person saw can be any `String`, since other programs write them, too.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notes<T = Text> {
    /// Note for people.
    pub note: T,
    /// Person or channel to ask.
    pub contact: T,
}

impl Notes {
    /// Both texts; empty if there is none.
    pub fn as_strs(&self) -> Notes<&str> {
        Notes {
            note: self.note.as_str(),
            contact: self.contact.as_str(),
        }
    }
}
