//! What a person sees and does: pages, components and server functions.
//!
//! Compiled twice: with `ssr` for the server, which renders every page as plain HTML, and with `hydrate` for the browser, which runs
//! the one [`island`] in it. Knows `kargo`'s types and operations; knows neither kube nor the HTTP server's set-up.
//!
//! An island, not full hydration: the README ("How it is built") says what both weigh. A page costs the browser nothing but HTML,
//! whatever its length: a button in it carries, as an attribute, the dialog that it opens, and after a change the page's main part
//! is fetched again.

// Views are types as deep as the page.
#![recursion_limit = "256"]

pub mod api;
#[cfg(feature = "ssr")]
mod app;
mod components;
pub mod island;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use app::App;
#[cfg(feature = "ssr")]
pub use shell::shell;
