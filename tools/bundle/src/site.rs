//! The folder that the server serves. Builds the site in a staging folder, adds content hashes to file names, and replaces
//! the old site once the new one is complete.

use std::{
    fs,
    path::{Path, PathBuf},
};

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

use crate::error::{BundleError, with_path};

/// Returns the first 128 bits of the SHA-256 of all `contents`, as 22 characters of URL-safe base64.
pub fn hash<'a>(contents: impl IntoIterator<Item = &'a [u8]>) -> String {
    let mut hasher = Sha256::new();
    for content in contents {
        hasher.update(content);
    }
    URL_SAFE_NO_PAD.encode(&hasher.finalize()[..16])
}

/// Lists the files directly in `folder`, sorted by name.
pub fn files(folder: &Path) -> Result<Vec<PathBuf>, BundleError> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).map_err(with_path(folder))? {
        let path = entry.map_err(with_path(folder))?.path();
        if path.is_file() {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// A site under construction.
pub struct Site {
    target: PathBuf,
    staging: PathBuf,
}

impl Site {
    /// Creates an empty staging folder beside `target`.
    pub fn stage(target: &Path) -> Result<Self, BundleError> {
        let staging = target.with_added_extension("part");
        remove(&staging)?;
        let pkg = staging.join("pkg");
        fs::create_dir_all(&pkg).map_err(with_path(&pkg))?;
        Ok(Self {
            target: target.to_owned(),
            staging,
        })
    }

    /// Returns the folder of files with a hash in their name.
    pub fn pkg(&self) -> PathBuf {
        self.staging.join("pkg")
    }

    /// Adds one hash, over all scripts and WebAssembly files, to each of their names, because they import each other and
    /// must match.
    pub fn hash_names(&self) -> Result<(), BundleError> {
        let mut contents = Vec::new();
        for file in files(&self.pkg())? {
            contents.push((fs::read(&file).map_err(with_path(&file))?, file));
        }
        let hash = hash(contents.iter().map(|(content, _)| content.as_slice()));
        let names: Vec<(String, String)> = contents
            .iter()
            .filter_map(|(_, file)| file.file_name()?.to_str())
            .map(|name| (name.to_owned(), hashed_name(name, &hash)))
            .collect();
        for (content, file) in contents {
            let is_text = file
                .extension()
                .is_some_and(|extension| extension != "wasm");
            let content = if is_text {
                rename_in_text(&content, &names)
            } else {
                content
            };
            fs::write(&file, content).map_err(with_path(&file))?;
        }
        for (name, hashed) in names {
            let from = self.pkg().join(name);
            fs::rename(&from, self.pkg().join(hashed)).map_err(with_path(&from))?;
        }
        Ok(())
    }

    /// Copies the files of `assets` to the site's root, under their own names.
    pub fn copy_assets(&self, assets: &Path) -> Result<(), BundleError> {
        for file in files(assets)? {
            if let Some(name) = file.file_name() {
                fs::copy(&file, self.staging.join(name)).map_err(with_path(&file))?;
            }
        }
        Ok(())
    }

    /// Replaces the old site.
    pub fn publish(self) -> Result<(), BundleError> {
        remove(&self.target)?;
        fs::rename(&self.staging, &self.target).map_err(with_path(&self.staging))
    }
}

fn remove(folder: &Path) -> Result<(), BundleError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(with_path(folder)(error)),
        _ => Ok(()),
    }
}

/// Returns `name.HASH.js` for `name.js`.
fn hashed_name(name: &str, hash: &str) -> String {
    match name.rsplit_once('.') {
        Some((stem, extension)) => format!("{stem}.{hash}.{extension}"),
        None => format!("{name}.{hash}"),
    }
}

/// Replaces file names in a script: quoted names such as `"./NAME"` or `"NAME"`.
fn rename_in_text(content: &[u8], names: &[(String, String)]) -> Vec<u8> {
    let mut text = String::from_utf8_lossy(content).into_owned();
    for (name, hashed) in names {
        for quote in ['"', '\''] {
            for prefix in ["", "./"] {
                text = text.replace(
                    &format!("{quote}{prefix}{name}{quote}"),
                    &format!("{quote}{prefix}{hashed}{quote}"),
                );
            }
        }
    }
    text.into_bytes()
}
