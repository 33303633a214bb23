//! Commands on many tokens: rows are selected, then deleted, suspended or restored a few at a time.

pub mod bar;
pub mod queue;
pub mod selection;
