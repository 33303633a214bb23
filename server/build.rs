//! Builds the program anew whenever the site changes, which is part of it, and tells it which commit it is built from. A source tree without git has none, unless `KARGO_TOKENS_COMMIT` names it.

use std::{path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=../target/site");
    println!("cargo::rerun-if-env-changed=KARGO_TOKENS_COMMIT");
    println!("cargo::rerun-if-changed=build.rs");
    let named = std::env::var("KARGO_TOKENS_COMMIT").ok();
    let commit = named.filter(|name| !name.is_empty()).or_else(of_tree);
    let commit = commit.as_deref().unwrap_or("unknown");
    println!("cargo::rustc-env=KARGO_TOKENS_BUILT_FROM={commit}");
}

/// The commit of this source tree. Another repository around it doesn't count.
fn of_tree() -> Option<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent()?;
    let top = git(root, &["rev-parse", "--show-toplevel"])?;
    if Path::new(&top).canonicalize().ok()? != root.canonicalize().ok()? {
        return None;
    }
    // The log of HEAD grows with every commit and checkout.
    for file in ["HEAD", "logs/HEAD"] {
        let path = root.join(git(root, &["rev-parse", "--git-path", file])?);
        if path.exists() {
            println!("cargo::rerun-if-changed={}", path.display());
        }
    }
    git(root, &["rev-parse", "--short=12", "HEAD"])
}

fn git(folder: &Path, arguments: &[&str]) -> Option<String> {
    let output = Command::new("git")
        .current_dir(folder)
        .args(arguments)
        .output();
    let output = output.ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}
