//! Reading kubeconfigs as kubectl reads them: which files, which entries, and what they mean. Only the entries in use are judged.

mod cluster;
mod fields;
mod file;
mod select;
mod user;

use std::{
    collections::HashSet,
    io,
    path::{Path, PathBuf},
};

use super::{
    connect_error::ConnectError,
    credential::{
        Impersonation,
        plugin::Plugin,
        stored::{Authorization, Stored},
    },
    environment::Environment,
    way::Way,
};
use crate::name::ProjectName;
use cluster::Cluster;
use file::File;
use select::{InUse, select};
use user::User;

/// Which cluster to connect to, and as whom.
#[derive(Debug, Clone)]
pub struct ConnectOptions {
    /// Kubeconfig file; `None`: `$KUBECONFIG`, then `~/.kube/config`, then the pod's own ServiceAccount.
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; `None`: its current context.
    pub context: Option<String>,
    /// Namespace that Kargo runs in.
    pub namespace: ProjectName,
}

/// What the kubeconfigs say.
pub(super) struct Configured {
    /// Name of the context.
    pub context: String,
    pub way: Way,
    /// What signs requests, unless a command does.
    pub stored: Stored,
    /// The sign-in command, if nothing is stored.
    pub plugin: Option<Plugin>,
    pub impersonation: Impersonation,
    /// File and name of the user's entry.
    pub user: Option<(PathBuf, String)>,
}

/// Reads the kubeconfigs. `None` if there are none, or if they say nothing at all: kubectl takes an empty file for none.
pub(super) fn read(
    options: &ConnectOptions,
    environment: &Environment,
) -> Result<Option<Configured>, ConnectError> {
    let explicit = options.kubeconfig.as_deref();
    let files = match explicit.filter(|path| !path.as_os_str().is_empty()) {
        Some(path) => vec![load(&environment.absolute(path))?.ok_or_else(|| {
            ConnectError::file(&environment.absolute(path), "there is no such file")
        })?],
        None => usual(environment)?,
    };
    let selected = select(&files, options.context.as_deref())?;
    selected
        .map(|used| configured(&used, environment))
        .transpose()
}

/// The files that the environment names, without those that don't exist.
fn usual(environment: &Environment) -> Result<Vec<File>, ConnectError> {
    let Some(list) = environment.variable("KUBECONFIG") else {
        let folder = environment.absolute(environment.variable("HOME").unwrap_or_default());
        let file = load(&folder.join(".kube/config"))?;
        return Ok(file.into_iter().collect());
    };
    let mut seen = HashSet::new();
    let paths: Vec<PathBuf> = std::env::split_paths(list)
        .filter(|path| !path.as_os_str().is_empty() && seen.insert(path.clone()))
        .map(|path| environment.absolute(path))
        .collect();
    let mut files = Vec::new();
    for path in &paths {
        files.extend(load(path)?);
    }
    if files.is_empty() {
        let missing: Vec<_> = paths
            .iter()
            .map(|path| path.display().to_string())
            .collect();
        tracing::warn!(
            missing = missing.join(", "),
            "no file that KUBECONFIG names exists"
        );
    }
    Ok(files)
}

/// Reads a file; `None` if it doesn't exist.
fn load(path: &Path) -> Result<Option<File>, ConnectError> {
    match std::fs::read(path) {
        Ok(bytes) => File::parse(path, &bytes).map(Some),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(ConnectError::file(path, format!("can't read it: {error}"))),
    }
}

fn configured(in_use: &InUse<'_>, environment: &Environment) -> Result<Configured, ConnectError> {
    let cluster = Cluster::of(in_use.cluster)?;
    let (way, user_info) = cluster.way(environment)?;
    let mut configured = Configured {
        context: in_use.context.clone(),
        way,
        stored: Stored::default(),
        plugin: None,
        impersonation: Vec::new(),
        user: None,
    };
    if let Some(located) = in_use.user {
        let user = User::of(located, environment)?;
        user.refuse_auth_provider()?;
        configured.stored = user.stored()?;
        configured.plugin = user.plugin(|| cluster.for_commands(&configured.way))?;
        configured.impersonation = user.impersonation()?;
        configured.user = Some((located.file.path.clone(), located.entry.name.clone()));
    }
    if let Some((name, password)) = user_info {
        // A user within the server's address signs requests instead of the entry's token.
        configured.stored.authorization = Authorization::Password(name, password);
    }
    // As with kubectl, nothing is sent over plain HTTP, and a stored credential takes a command's place.
    if !configured.way.is_encrypted() {
        configured.stored = Stored::default();
        configured.plugin = None;
    } else if !configured.stored.is_none() {
        configured.plugin = None;
    }
    Ok(configured)
}
