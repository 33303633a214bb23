//! The built files that browsers load: part of the program, or of a folder during development.

use std::{borrow::Cow, fs, path::PathBuf, sync::LazyLock};

use app::{SiteFiles, base_path::at};
use rust_embed::Embed;

/// Files of `target/site`, as they were when the program was built. Empty if none was built by then.
#[derive(Embed)]
#[folder = "../target/site"]
#[allow_missing = true]
struct BuiltIn;

/// The site.
#[derive(Debug, Clone)]
pub struct Site(Option<PathBuf>);

impl Site {
    /// The site in a folder, or the one that is built in.
    pub fn new(folder: Option<PathBuf>) -> Self {
        Self(folder)
    }

    /// The contents of a file. `path`: relative to the site's root.
    pub fn read(&self, path: &str) -> Option<Cow<'static, [u8]>> {
        let Some(folder) = &self.0 else {
            return BuiltIn::get(path).map(|file| file.data);
        };
        // Only names that the listing has: a request's path never reaches the file system.
        let is_listed = self.paths().any(|listed| listed == path);
        is_listed
            .then(|| fs::read(folder.join(path)).ok())
            .flatten()
            .map(Cow::Owned)
    }

    /// Addresses of the files that pages load; `None` if the site is incomplete. A folder is read each time, because it changes while the
    /// program runs.
    pub fn files(&self) -> Option<SiteFiles> {
        static OF_BUILT_IN: LazyLock<Option<SiteFiles>> =
            LazyLock::new(|| Site::new(None).find_files());
        if self.0.is_none() {
            return OF_BUILT_IN.clone();
        }
        self.find_files()
    }

    fn find_files(&self) -> Option<SiteFiles> {
        let paths: Vec<_> = self.paths().collect();
        let address = |extension: &str| {
            paths
                .iter()
                .find(|path| path.starts_with("pkg/") && path.ends_with(extension))
                .map(|path| at(&format!("/{path}")))
        };
        Some(SiteFiles {
            style: address(".css")?,
            script: address(".js")?,
            wasm: address(".wasm")?,
        })
    }

    /// Paths of all files, relative to the site's root.
    fn paths(&self) -> Box<dyn Iterator<Item = Cow<'static, str>>> {
        let Some(folder) = &self.0 else {
            return Box::new(BuiltIn::iter());
        };
        let names = |folder: PathBuf| {
            fs::read_dir(folder)
                .into_iter()
                .flatten()
                .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        };
        let root = names(folder.clone());
        let pkg = names(folder.join("pkg")).map(|name| format!("pkg/{name}"));
        Box::new(root.chain(pkg).map(Cow::Owned))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_has_the_files_that_it_has_now() {
        let folder = tempfile::tempdir().expect("a folder");
        let site = Site::new(Some(folder.path().to_owned()));
        assert_eq!(site.files(), None);
        fs::create_dir(folder.path().join("pkg")).expect("a folder");
        for name in ["a.1.css", "a.2.js", "a.2.js.br", "a.2.wasm"] {
            fs::write(folder.path().join("pkg").join(name), name).expect("a file");
        }
        let files = site.files().expect("complete");
        assert_eq!(files.style, "/pkg/a.1.css");
        assert_eq!(files.script, "/pkg/a.2.js");
        assert_eq!(site.read("pkg/a.2.js").as_deref(), Some(&b"a.2.js"[..]));
        for other in ["pkg/none", "pkg/../pkg/a.2.js", "/etc/passwd", "pkg"] {
            assert_eq!(site.read(other), None, "{other}");
        }
    }
}
