//! Errors of the build program.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Each variant is one sentence that names the file or the tool.
#[derive(Debug, thiserror::Error)]
pub enum BundleError {
    /// The command line is wrong.
    #[error("usage: {0}")]
    Usage(&'static str),
    /// A file or folder can't be read or written.
    #[error("{0}: {1}")]
    File(PathBuf, io::Error),
    /// wasm-bindgen refuses the WebAssembly.
    #[error("wasm-bindgen: {0}")]
    Bindgen(String),
    /// wasm-opt is missing.
    #[error("can't run wasm-opt: {0}. `tools/setup-wasm` installs it into .tools/bin.")]
    NoOptimiser(io::Error),
    /// wasm-opt refuses the WebAssembly.
    #[error("wasm-opt failed on {0}")]
    Optimise(PathBuf),
}

/// Adds the path to an I/O error.
pub fn with_path(path: &Path) -> impl FnOnce(io::Error) -> BundleError {
    move |error| BundleError::File(path.to_owned(), error)
}
