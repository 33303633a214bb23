//! What a person sees and does: pages, components and server functions.
//!
//! Compiled twice: with `ssr` for the server, which renders every page as plain HTML, and with `browser` for the browser, which runs
//! the page's [`actions`] and nothing else. Knows `kargo`'s types and operations; knows neither kube nor the HTTP server's set-up.
//!
//! Nothing is hydrated: the README ("How it is built") says what that would weigh. A page costs the browser nothing but HTML, whatever
//! its length: a button in it says, as an attribute, what it does, and after a change the page's main part is fetched again.

// Views are types as deep as the page.
#![recursion_limit = "256"]

pub mod actions;
pub mod api;
#[cfg(feature = "ssr")]
mod app;
mod components;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(all(test, feature = "ssr"))]
mod sample;
#[cfg(feature = "ssr")]
mod shell;

#[cfg(feature = "ssr")]
pub use app::App;
#[cfg(feature = "ssr")]
pub use shell::shell;
