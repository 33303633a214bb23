//! Pieces of pages, one file each; its style has the same name under `style/`. Plain HTML, rendered on the server. Only [`problem`] is
//! also used in the browser.

#[cfg(feature = "ssr")]
pub mod blank;
#[cfg(feature = "ssr")]
pub mod chips;
#[cfg(feature = "ssr")]
pub mod commands;
#[cfg(feature = "ssr")]
pub mod count;
#[cfg(feature = "ssr")]
pub mod notice;
#[cfg(feature = "ssr")]
pub mod person;
#[cfg(feature = "ssr")]
pub mod places;
pub mod problem;
#[cfg(feature = "ssr")]
pub mod remarks;
#[cfg(feature = "ssr")]
pub mod role_row;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod state;
#[cfg(feature = "ssr")]
pub mod time;
#[cfg(feature = "ssr")]
pub mod token_facts;
#[cfg(feature = "ssr")]
pub mod token_history;
#[cfg(feature = "ssr")]
pub mod token_row;
#[cfg(feature = "ssr")]
pub mod token_table;
#[cfg(feature = "ssr")]
pub mod without_code;
