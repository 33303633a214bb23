//! Notes on a token: one merge patch of its annotations, which takes effect only if the token is still as it was read.

use kube::core::params::{Patch, PatchParams};
use serde_json::{Value as Json, json};

use super::{
    Cluster,
    contract::Token,
    error::{Access, Error},
    find::secrets,
};
use crate::scope::Scope;

/// How often a change is tried again after somebody else's. The API server itself changes tokens, to note their last use.
pub(super) const TRIES: usize = 3;

/// What became of a write with preconditions.
pub(super) enum Outcome {
    /// It took effect.
    Done,
    /// The token changed since it was read; nothing was written.
    Conflict(Error),
}

impl Cluster {
    /// Writes annotations, each by name; `null` removes one.
    pub(super) async fn annotate(
        &self,
        scope: &Scope,
        token: &Token,
        annotations: &Json,
    ) -> Result<Outcome, Error> {
        let (namespace, name) = (self.namespace(scope), token.summary.name.as_str());
        let access = Access::to("patch", "secrets").within(namespace).named(name);
        let patch = Patch::Merge(json!({
            "metadata": {
                "uid": token.summary.uid,
                "resourceVersion": token.resource_version,
                "annotations": annotations,
            },
        }));
        let request = secrets(namespace).patch_metadata(name, &PatchParams::default(), &patch);
        match self.write(&access, request).await {
            Ok(_) => Ok(Outcome::Done),
            // Kubernetes answers "invalid" to a patch whose UID is another token's.
            Err(error @ (Error::Changed(_) | Error::Invalid(_))) => Ok(Outcome::Conflict(error)),
            Err(error) => Err(error),
        }
    }
}
