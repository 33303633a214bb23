//! The browser's entry point: starts what a page does besides being read. Nothing else lives here.

use wasm_bindgen::prelude::wasm_bindgen;

/// Called by the page's one script, by this name, once the WebAssembly module is there.
#[wasm_bindgen]
pub fn hydrate() {
    app::actions::start();
}
