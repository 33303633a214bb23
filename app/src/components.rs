//! Pieces of pages, one file each; its style has the same name under `style/`. Plain HTML, rendered on the server; only [`problem`]
//! is also used in the browser.

#[cfg(feature = "ssr")]
pub mod count;
#[cfg(feature = "ssr")]
pub mod header;
#[cfg(feature = "ssr")]
pub mod listing;
pub mod problem;
#[cfg(feature = "ssr")]
pub mod role_group;
#[cfg(feature = "ssr")]
pub mod rules;
#[cfg(feature = "ssr")]
pub mod time;
#[cfg(feature = "ssr")]
pub mod token_details;
#[cfg(feature = "ssr")]
pub mod token_facts;
#[cfg(feature = "ssr")]
pub mod token_history;
#[cfg(feature = "ssr")]
pub mod token_row;
#[cfg(feature = "ssr")]
pub mod token_state;
