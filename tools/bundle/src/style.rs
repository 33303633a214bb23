//! The stylesheet of every page: `style/*.css`, one file per component, joined in file name order, without comments and indentation.

use std::{fs, path::Path};

use crate::{
    NAME,
    error::{BundleError, with_path},
    site::{files, hash},
};

/// Writes the joined stylesheet into `pkg`.
pub fn join(style: &Path, pkg: &Path) -> Result<(), BundleError> {
    let mut joined = String::new();
    for file in files(style)? {
        if file.extension().is_some_and(|extension| extension == "css") {
            joined += &fs::read_to_string(&file).map_err(with_path(&file))?;
        }
    }
    let short = shortened(&joined);
    let hash = hash([short.as_bytes()]);
    let path = pkg.join(format!("{NAME}.{hash}.css"));
    fs::write(&path, short).map_err(with_path(&path))
}

/// The stylesheet without comments, indentation and empty lines. Our strings have no `/*`.
fn shortened(css: &str) -> String {
    let mut parts = css.split("/*");
    let mut code = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        code += part.split_once("*/").map_or("", |(_, after)| after);
    }
    let lines = code.lines().map(str::trim);
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_indentation_are_left_out() {
        let css = "/* a */\n.a {\n  color: red; /* b */\n\n  /* c */\n  margin: 0;\n}\n";
        assert_eq!(shortened(css), ".a {\ncolor: red;\nmargin: 0;\n}");
    }
}
