//! Code splitting: moves code that only `#[lazy]` functions need into separate WebAssembly files.

use std::{fs, path::Path};

use wasm_split_cli_support::{Options, transform};

use crate::{
    NAME,
    error::{BundleError, with_path},
    site::PLACEHOLDER,
};

/// Writes the lazily loaded parts, their loader and Leptos' manifest into `pkg`; returns the main part.
pub fn main_part(input: &[u8], pkg: &Path) -> Result<Vec<u8>, BundleError> {
    let main = pkg.join("main.wasm");
    let link = format!("./__wasm_split.{PLACEHOLDER}.js");
    let script = format!("./{NAME}.js");
    let mut options = Options::new(input);
    options.output_dir = pkg;
    options.main_out_path = &main;
    options.main_module = &script;
    options.link_name = &link;
    let parts = transform(options).map_err(|error| BundleError::Split(format!("{error:#}")))?;

    let manifest = pkg.join("__wasm_split_manifest.json");
    let text = serde_json::to_vec(&parts.prefetch_map)
        .map_err(|error| BundleError::Split(error.to_string()))?;
    fs::write(&manifest, text).map_err(with_path(&manifest))?;
    let module = fs::read(&main).map_err(with_path(&main))?;
    fs::remove_file(&main).map_err(with_path(&main))?;
    Ok(module)
}
