//! Why the program can't connect: file, field, cause, and what to do next. Values and credentials are never quoted.

use std::{
    fmt,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// Why no connection can be set up.
#[derive(Debug, Error)]
pub enum ConnectError {
    /// A kubeconfig can't be used.
    #[error("the kubeconfig {} can't be used: {}{why}. {next}", .path.display(), Field(.field.as_deref()))]
    Kubeconfig {
        /// The file.
        path: PathBuf,
        /// Entry and field, such as `user ci, field tokenFile`; `None` if the whole file is meant.
        field: Option<String>,
        /// The mistake.
        why: String,
        /// What to do.
        next: String,
    },
    /// The kubeconfigs name several contexts, and none of them is current.
    #[error(
        "no context is chosen: {} has no current-context. Choose one of these with --context: {}.", files(.paths), .contexts.join(", ")
    )]
    NoContext {
        /// The kubeconfigs that were read.
        paths: Vec<PathBuf>,
        /// Names of their contexts.
        contexts: Vec<String>,
    },
    /// The chosen context doesn't exist.
    #[error("{} has no context named {name}. {}", files(.paths), others(.contexts))]
    UnknownContext {
        /// The kubeconfigs that were read.
        paths: Vec<PathBuf>,
        /// The chosen context.
        name: String,
        /// Names of the contexts that exist.
        contexts: Vec<String>,
    },
    /// No kubeconfig is in the usual places, and the program doesn't run in a pod.
    #[error("no cluster is known: {0}. Name a kubeconfig with --kubeconfig, or set KUBECONFIG.")]
    Nowhere(String),
    /// The pod's own ServiceAccount can't be used.
    #[error(
        "the ServiceAccount of this pod can't be used: {0}. Check the pod's automountServiceAccountToken, or name a kubeconfig with --kubeconfig."
    )]
    Pod(String),
    /// A proxy of the environment can't be used.
    #[error(
        "the proxy in the environment variable {variable} can't be used: {why}. Correct the variable, or add the API server to NO_PROXY."
    )]
    Proxy {
        /// The variable.
        variable: &'static str,
        /// The mistake.
        why: String,
    },
}

impl ConnectError {
    /// What is wrong with a field of a kubeconfig.
    pub(super) fn field(
        path: &Path,
        field: impl Into<String>,
        why: impl Into<String>,
        next: impl Into<String>,
    ) -> Self {
        Self::Kubeconfig {
            path: path.to_owned(),
            field: Some(field.into()),
            why: why.into(),
            next: next.into(),
        }
    }

    /// What is wrong with a whole kubeconfig.
    pub(super) fn file(path: &Path, why: impl Into<String>) -> Self {
        Self::Kubeconfig {
            path: path.to_owned(),
            field: None,
            why: why.into(),
            next: OTHER_FILE.to_owned(),
        }
    }
}

/// What to do about a whole file.
pub(super) const OTHER_FILE: &str =
    "Correct it, or name another file with --kubeconfig or another context with --context.";

struct Field<'a>(Option<&'a str>);

impl fmt::Display for Field<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(field) => write!(f, "{field}: "),
            None => Ok(()),
        }
    }
}

fn files(paths: &[PathBuf]) -> String {
    let names: Vec<String> = paths
        .iter()
        .map(|path| path.display().to_string())
        .collect();
    match names.len() {
        0 => "there is no kubeconfig, so nothing".to_owned(),
        1 => format!("the kubeconfig {}", names[0]),
        _ => format!("none of the kubeconfigs {}", names.join(", ")),
    }
}

fn others(contexts: &[String]) -> String {
    if contexts.is_empty() {
        "Name another file with --kubeconfig.".to_owned()
    } else {
        format!(
            "Choose one of these with --context: {}.",
            contexts.join(", ")
        )
    }
}
