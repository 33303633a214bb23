//! Tokens without their values: what a Secret says, how that is judged at a time, and what was done to a token.

mod cleanup;
#[cfg(feature = "cluster")]
pub(crate) mod compromise;
mod facts;
mod history;
mod notes;
mod reveal;
mod state;
mod summary;

pub use crate::name::Uid;
pub use cleanup::{CleanupReason, REFUSED_AFTER};
pub use facts::{Missing, Suspension, TokenFacts, day};
#[cfg(feature = "cluster")]
pub(crate) use history::HistoryText;
pub use history::{HistoryAction, HistoryEntry};
pub use notes::Notes;
pub use reveal::{Expiry, Reveal, SHORTEST_LIFETIME};
pub use state::TokenState;
pub use summary::{ChangedToken, TokenListPage, TokenRef, TokenSummary};
