//! The last write of a person, in words that another replica understands: its memory may hear of the write a moment later.

use std::{
    fmt,
    str::FromStr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::timeout;

use super::{cache::Cache, tokens::Tokens, version::Version};
use crate::{
    cluster::connection::{Cluster, error::Error, kept::Keep},
    name::{ProjectName, TokenName, Uid},
    scope::Scope,
};

/// Time that a page waits for a write of another replica.
const PATIENCE: Duration = Duration::from_secs(2);

/// A write. Its text is `NAMESPACE/NAME/VERSION`, or `NAMESPACE/NAME/-UID` for a deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastWritten {
    namespace: ProjectName,
    name: TokenName,
    written: Written,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Written {
    /// The version that the API server answered with.
    Version(Version),
    /// The object is gone.
    Deleted(Uid),
}

impl fmt::Display for LastWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            namespace,
            name,
            written,
        } = self;
        match written {
            Written::Version(version) => write!(f, "{namespace}/{name}/{}", version.text()),
            Written::Deleted(uid) => write!(f, "{namespace}/{name}/-{}", uid.0),
        }
    }
}

impl FromStr for LastWritten {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut parts = text.splitn(3, '/');
        let mut next = || parts.next().filter(|part| !part.is_empty()).ok_or(());
        let (namespace, name, written) = (next()?, next()?, next()?);
        Ok(Self {
            namespace: namespace.parse().map_err(drop)?,
            name: name.parse().map_err(drop)?,
            written: match written.strip_prefix('-') {
                Some(uid) => Written::Deleted(Uid(uid.to_owned())),
                None => Written::Version(written.to_owned().into()),
            },
        })
    }
}

/// What one identity wrote last.
#[derive(Default)]
pub(super) struct Noted(Mutex<Option<LastWritten>>);

impl Keep for Noted {
    fn refuse(&self, _: &Error) {}
}

impl Cluster {
    pub(super) fn note_last(&self, namespace: &str, name: &str, version: Result<Version, &Uid>) {
        let (Ok(namespace), Ok(name)) = (namespace.parse(), name.parse()) else {
            return;
        };
        let last = LastWritten {
            namespace,
            name,
            written: match version {
                Ok(version) => Written::Version(version),
                Err(uid) => Written::Deleted(uid.clone()),
            },
        };
        let noted = self.kept.of::<Noted>();
        *noted.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
    }

    /// The last write of this identity, or of another one as which the same person acts, since the last call.
    pub(in crate::cluster) fn take_last_written(&self) -> Option<LastWritten> {
        let mut all = self.kept.of_family::<Noted>().into_iter();
        all.find_map(|noted| {
            let mut noted = noted.0.lock().unwrap_or_else(PoisonError::into_inner);
            noted.take()
        })
    }

    /// Waits until memory shows a write of the scope, two seconds at most. Returns whether it does, or can't be told.
    pub(in crate::cluster) async fn until_shown(&self, scope: &Scope, last: &LastWritten) -> bool {
        let Ok((cache, _)) = Box::pin(self.looked_at(scope)).await else {
            return true;
        };
        timeout(PATIENCE, until_shown(&cache, last)).await.is_ok()
    }
}

impl LastWritten {
    /// Namespace of the write.
    pub(in crate::cluster) fn namespace(&self) -> &ProjectName {
        &self.namespace
    }
}

async fn until_shown(cache: &Cache<Tokens>, last: &LastWritten) {
    let mut pulse = cache.pulse();
    loop {
        pulse.mark_unchanged();
        let is_shown = match &last.written {
            Written::Version(version) => cache.has_at_least(last.name.as_str(), version),
            Written::Deleted(uid) => !cache.has(last.name.as_str(), uid),
        };
        if is_shown || pulse.changed().await.is_err() {
            return;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_write_is_read_as_it_is_written() {
        for text in ["kargo/ci/123", "demo/ci-deploy/-6f9619ff-8b86"] {
            let last: LastWritten = text.parse().expect("a write");
            assert_eq!(last.to_string(), text);
        }
        for text in [
            "",
            "kargo",
            "kargo/ci",
            "kargo/ci/",
            "A b/ci/1",
            "kargo/A b/1",
            "//1",
        ] {
            assert_eq!(text.parse::<LastWritten>(), Err(()), "{text}");
        }
    }
}
