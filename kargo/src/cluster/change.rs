//! A change of one token: read it, judge it, write a merge patch that takes effect only if it is still as it was read. The API server
//! itself changes tokens, to note their last use; so after a conflict the token is read and judged again, a few times.

use jiff::Timestamp;
use kube::core::params::{Patch, PatchParams};
use serde_json::{Map, Value as Json, json};

use super::{
    Cluster,
    contract::{HISTORY, Object, Token},
    error::{Access, Error, TokenAt},
    find::secrets,
};
use crate::{
    scope::Scope,
    token::{Act, Did, TokenHandle},
};

/// How often a change is tried again after somebody else's.
pub(super) const TRIES: usize = 3;

/// What is to be written. `null` removes a label or annotation.
#[derive(Default)]
pub(super) struct Change {
    pub labels: Map<String, Json>,
    pub annotations: Map<String, Json>,
    /// What the history says of it.
    pub act: Option<(Did, String)>,
}

impl Change {
    /// A change that the history tells of.
    pub fn that(did: Did) -> Self {
        Self {
            act: Some((did, String::new())),
            ..Self::default()
        }
    }

    /// More about it, for the history.
    pub fn about(mut self, about: impl Into<String>) -> Self {
        if let Some((_, text)) = &mut self.act {
            *text = about.into();
        }
        self
    }

    /// Sets or (with `null`) removes a label.
    pub fn label(mut self, name: &str, text: impl Into<Json>) -> Self {
        self.labels.insert(name.to_owned(), text.into());
        self
    }

    /// Sets or (with `null`) removes an annotation.
    pub fn annotation(mut self, name: &str, text: impl Into<Json>) -> Self {
        self.annotations.insert(name.to_owned(), text.into());
        self
    }
}

/// What a change is decided by, besides the token.
pub(super) struct Moment {
    /// The time by the API server's clock.
    pub now: Timestamp,
    /// Who asks, as Kubernetes names them.
    pub by: String,
    pub at: TokenAt,
}

/// What became of a write with preconditions.
pub(super) enum Outcome {
    /// It took effect; the token is this now.
    Done(Box<Token>),
    /// The token changed since it was read; nothing was written.
    Conflict(Error),
}

impl Cluster {
    /// Changes the token that the person saw, as `decide` says once it was judged; `None`: it is so already. Answers with the token
    /// as it is then.
    pub(super) async fn change(
        &self,
        seen: &TokenHandle,
        decide: impl Fn(&Token, &Moment) -> Result<Option<Change>, Error>,
    ) -> Result<Token, Error> {
        let TokenHandle { scope, name, .. } = seen;
        let at = self.token_at(scope, name);
        let by = self.review().await?.user;
        let mut tries = 0;
        loop {
            let found = self.find_seen(seen).await?;
            let moment = Moment {
                now: found.now,
                by: by.clone(),
                at: at.clone(),
            };
            let Some(change) = decide(&found.token, &moment)? else {
                return Ok(found.token);
            };
            tries += 1;
            match self.apply(scope, &found.token, &moment, change).await? {
                Outcome::Done(token) => return Ok(*token),
                Outcome::Conflict(error) if tries > TRIES => return Err(error),
                Outcome::Conflict(_) => {}
            }
        }
    }

    /// Writes a change of a token as it was read, once; the act is told to Kubernetes, too, as an Event.
    pub(super) async fn apply(
        &self,
        scope: &Scope,
        token: &Token,
        moment: &Moment,
        change: Change,
    ) -> Result<Outcome, Error> {
        let (namespace, name) = (self.namespace(scope), token.summary.name.as_str());
        let access = Access::to("patch", "secrets").within(namespace).named(name);
        let Change {
            labels,
            mut annotations,
            act,
        } = change;
        let act = act.map(|(did, about)| Act {
            at: moment.now,
            by: moment.by.clone(),
            did,
            about,
        });
        let did = act.as_ref().map(|act| act.did);
        if let Some(act) = act.clone() {
            annotations.insert(HISTORY.to_owned(), token.history.with(act).into());
        }
        let patch = Patch::Merge(json!({
            "metadata": {
                "uid": token.summary.uid,
                "resourceVersion": token.resource_version,
                "labels": labels,
                "annotations": annotations,
            },
        }));
        let request = secrets(namespace).patch_metadata(name, &PatchParams::default(), &patch);
        match self.write(&access, request).await {
            Ok(answer) => {
                let object: Object = answer.parse(&access)?;
                if let Some(act) = act {
                    let (cluster, namespace) = (self.clone(), namespace.to_owned());
                    let summary = token.summary.clone();
                    let told = async move { cluster.tell(&namespace, &summary, &act).await };
                    // The answer that holds a value waits for nothing.
                    if did == Some(Did::Revealed) {
                        tokio::spawn(told);
                    } else {
                        told.await;
                    }
                }
                Ok(Outcome::Done(Box::new(Token::read(
                    object.metadata,
                    answer.now,
                ))))
            }
            // Kubernetes answers "invalid" to a patch whose UID is another token's.
            Err(error @ (Error::Changed(_) | Error::Invalid(_))) => Ok(Outcome::Conflict(error)),
            Err(Error::NotFound(_)) => Err(Error::NoToken(moment.at.clone())),
            Err(error) => Err(error),
        }
    }
}
