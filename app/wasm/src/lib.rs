//! The browser's entry point: takes over the page that the server rendered. Nothing else lives here.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's one script once the WebAssembly module is there.
#[wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(app::App);
}
