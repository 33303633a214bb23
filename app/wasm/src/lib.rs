//! The browser's entry point.

use wasm_bindgen::prelude::wasm_bindgen;

/// Starts the app. The page's script calls this function by name once the WebAssembly module is loaded.
#[wasm_bindgen]
pub fn start() {
    app::browser::start();
}
