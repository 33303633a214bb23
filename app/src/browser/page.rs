//! The rendered page: what is read from it, and how it is brought up to date. Every name in its markup is [`crate::protocol`]'s.

pub mod anchor;
pub mod clock;
pub mod copy;
pub mod countdown;
pub mod dom;
pub mod focus;
mod merge;
pub mod press;
pub mod refresh;
pub mod report;
