//! The Secret of a token as this program reads and writes it: keys, metadata, new Secrets, fresh reads, changes and waiting.

pub(super) mod change;
pub(super) mod find;
pub(super) mod keys;
pub(super) mod metadata;
pub(super) mod new;
mod wait;
