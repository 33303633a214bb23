//! Builds the site that the server serves: runs wasm-bindgen and wasm-opt on the compiled WebAssembly, joins the
//! stylesheets, copies the assets, puts a content hash into each file name and compresses the files. Compiling is
//! cargo's job; `tools/build` and `tools/watch` call both.

mod compress;
mod error;
mod script;
mod site;
#[cfg(feature = "split")]
mod split;
mod style;

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

use crate::{error::BundleError, site::Site};

/// File name stem of the script, the WebAssembly and the stylesheet; the server asks for the same name.
const NAME: &str = "kargo-tokens";

/// Parsed command line.
struct Arguments {
    /// The WebAssembly that cargo compiled.
    wasm: PathBuf,
    /// Output folder; replaced once the new site is complete.
    site: PathBuf,
    /// Output file with the content hashes, beside the server's binary; Leptos reads it.
    hashes: PathBuf,
    /// Folder with the stylesheets and, in `assets/`, files to copy unchanged.
    style: PathBuf,
    /// Optimise and compress; slower.
    release: bool,
    /// Split the code of `#[lazy]` functions into files that load on the first call.
    split: bool,
}

const USAGE: &str = "bundle [--release] [--split] WASM SITE HASHES STYLE";

impl Arguments {
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, BundleError> {
        let (mut paths, mut release, mut split) = (Vec::new(), false, false);
        for argument in arguments {
            match argument.to_str() {
                Some("--release") => release = true,
                Some("--split") => split = true,
                Some(flag) if flag.starts_with('-') => return Err(BundleError::Usage(USAGE)),
                _ => paths.push(PathBuf::from(argument)),
            }
        }
        let Ok([wasm, site, hashes, style]) = <[PathBuf; 4]>::try_from(paths) else {
            return Err(BundleError::Usage(USAGE));
        };
        Ok(Self {
            wasm,
            site,
            hashes,
            style,
            release,
            split,
        })
    }
}

fn build(arguments: &Arguments) -> Result<(), BundleError> {
    let site = Site::stage(&arguments.site)?;
    script::generate(&arguments.wasm, &site.pkg(), arguments.split)?;
    if arguments.release {
        script::optimise(&site.pkg())?;
    }
    let script = site.hash_names()?;
    let style = style::join(&arguments.style, &site.pkg())?;
    site.copy_assets(&arguments.style.join("assets"))?;
    if arguments.release {
        compress::folder(&site.pkg())?;
    }
    site.publish(&arguments.hashes, &script, &style)
}

#[expect(
    clippy::print_stderr,
    reason = "a command reports its failure on standard error"
)]
fn main() -> ExitCode {
    match Arguments::parse(env::args_os().skip(1)).and_then(|arguments| build(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("bundle: {error}");
            ExitCode::FAILURE
        }
    }
}
