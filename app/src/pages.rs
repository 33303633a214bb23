//! One file per page. A page parses its address, reads its model and draws it.

pub mod access;
pub mod compromise;
pub mod inventory;
pub mod not_found;
pub mod rules;
pub mod session;
pub mod sign_in;
pub mod token;
pub mod tokens;
