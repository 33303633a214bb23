//! What a person sees and does: pages, components, server functions, and the code that runs in the browser.
//!
//! Compiled twice: with `ssr` for the server, which renders every page as plain HTML from its [`page_model`], and with `browser` for
//! WebAssembly, which runs [`browser`] on the rendered page. Knows the types and operations of `kargo`; knows neither kube nor the HTTP
//! server's set-up. `docs/ARCHITECTURE.md` draws how the files depend on each other, and says why nothing is hydrated.

// Views are types as deep as the page.
#![recursion_limit = "256"]

#[cfg(feature = "ssr")]
pub mod access;
pub mod api;
#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
pub mod background;
pub mod base_path;
#[cfg(feature = "browser")]
pub mod browser;
mod components;
mod error;
#[cfg(feature = "ssr")]
pub mod export;
mod exposure_report;
#[cfg(feature = "ssr")]
pub mod flash;
#[cfg(feature = "ssr")]
mod offers;
#[cfg(feature = "ssr")]
mod page_model;
#[cfg(feature = "ssr")]
mod pages;
pub mod policy;
#[cfg(feature = "ssr")]
pub mod preferences;
pub mod protocol;
#[cfg(feature = "ssr")]
mod query;
#[cfg(feature = "ssr")]
mod reading;
#[cfg(feature = "ssr")]
pub mod reports;
pub mod session;
#[cfg(feature = "ssr")]
mod shell;
#[cfg(feature = "ssr")]
pub mod sign_in;
#[cfg(feature = "ssr")]
pub mod visited;

#[cfg(feature = "ssr")]
pub use app::App;
#[cfg(feature = "ssr")]
pub use page_model::RulesReader;
#[cfg(feature = "ssr")]
pub use shell::{SiteFiles, shell};
