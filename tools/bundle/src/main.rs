//! Builds the site that the server serves: runs wasm-bindgen and wasm-opt on the compiled WebAssembly, joins the
//! stylesheets, copies the assets, puts a content hash into each file name and compresses the files. Compiling is
//! cargo's job; `tools/build` and `tools/watch` call both.

mod compress;
mod error;
mod script;
mod site;
mod style;

use std::{env, ffi::OsString, path::PathBuf, process::ExitCode};

use crate::{error::BundleError, site::Site};

/// File name stem of the script, the WebAssembly and the stylesheet.
const NAME: &str = "kargo-tokens";

/// Parsed command line.
struct Arguments {
    /// The WebAssembly that cargo compiled.
    wasm: PathBuf,
    /// Output folder; replaced once the new site is complete.
    site: PathBuf,
    /// Folder with the stylesheets and, in `assets/`, files to copy unchanged.
    style: PathBuf,
    /// Optimise and compress; slower.
    release: bool,
}

const USAGE: &str = "bundle [--release] WASM SITE STYLE";

impl Arguments {
    fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Self, BundleError> {
        let (mut paths, mut release) = (Vec::new(), false);
        for argument in arguments {
            match argument.to_str() {
                Some("--release") => release = true,
                Some(flag) if flag.starts_with('-') => return Err(BundleError::Usage(USAGE)),
                _ => paths.push(PathBuf::from(argument)),
            }
        }
        let Ok([wasm, site, style]) = <[PathBuf; 3]>::try_from(paths) else {
            return Err(BundleError::Usage(USAGE));
        };
        Ok(Self {
            wasm,
            site,
            style,
            release,
        })
    }
}

fn build(arguments: &Arguments) -> Result<(), BundleError> {
    let site = Site::stage(&arguments.site)?;
    script::generate(&arguments.wasm, &site.pkg())?;
    if arguments.release {
        script::optimise(&site.pkg())?;
    }
    site.hash_names()?;
    style::join(&arguments.style, &site.pkg())?;
    site.copy_assets(&arguments.style.join("assets"))?;
    if arguments.release {
        compress::folder(&site.pkg())?;
    }
    site.publish()
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
