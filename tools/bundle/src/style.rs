//! The stylesheet of every page: `style/*.css`, one file per component, joined in file name order.

use std::{fs, path::Path};

use crate::{
    NAME,
    error::{BundleError, with_path},
    site::{files, hash},
};

/// Writes the joined stylesheet into `pkg`.
pub fn join(style: &Path, pkg: &Path) -> Result<(), BundleError> {
    let mut joined = Vec::new();
    for file in files(style)? {
        if file.extension().is_some_and(|extension| extension == "css") {
            joined.extend(fs::read(&file).map_err(with_path(&file))?);
        }
    }
    let hash = hash([joined.as_slice()]);
    let path = pkg.join(format!("{NAME}.{hash}.css"));
    fs::write(&path, joined).map_err(with_path(&path))
}
