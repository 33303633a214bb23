//! What the reader of a kubeconfig takes from the process: variables, folders, and whether somebody sits at a terminal.

use std::{
    collections::BTreeMap,
    ffi::{OsStr, OsString},
    fmt,
    io::{IsTerminal, stdin},
    path::{Path, PathBuf},
};

/// Folder in which Kubernetes puts a pod's own credential.
const POD_FOLDER: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Surroundings of the program. The process fills it once; tests write their own.
#[derive(Clone)]
pub struct Environment {
    /// Environment variables. Sign-in commands get all of them.
    pub variables: BTreeMap<OsString, OsString>,
    /// Folder from which relative paths start.
    pub working_folder: PathBuf,
    /// Folder with a pod's `token` and `ca.crt`.
    pub pod_folder: PathBuf,
    /// `true` if a sign-in command can ask a person at the standard input.
    pub has_terminal: bool,
}

impl Environment {
    /// The environment of this process.
    pub fn of_process() -> Self {
        Self {
            variables: std::env::vars_os().collect(),
            // Without a working folder only absolute paths work.
            working_folder: std::env::current_dir().unwrap_or_default(),
            pod_folder: POD_FOLDER.into(),
            has_terminal: stdin().is_terminal(),
        }
    }

    /// Value of a variable; `None` if it is unset or empty.
    pub(super) fn variable(&self, name: &str) -> Option<&OsStr> {
        let value = self.variables.get(OsStr::new(name))?;
        (!value.is_empty()).then_some(value)
    }

    /// The same as text; `None` for other bytes than UTF-8.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.variable(name)?.to_str()
    }

    /// A path as seen from the working folder.
    pub(super) fn absolute(&self, path: impl AsRef<Path>) -> PathBuf {
        self.working_folder.join(path)
    }
}

/// Variables hold credentials, so they are not printed.
impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Environment")
            .field("working_folder", &self.working_folder)
            .field("has_terminal", &self.has_terminal)
            .finish_non_exhaustive()
    }
}
