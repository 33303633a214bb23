//! The browser's entry point: wakes the islands of the page that the server rendered. Nothing else lives here.

// Linked for its islands, which the page calls by name.
use app as _;

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's one script once the WebAssembly module is there.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
