//! A change of one token: a fresh read, a decision, and a merge patch that takes effect only on the version that was read. The API server
//! itself changes tokens to record their last use, so a conflict leads to another read and decision, a few times.

use jiff::Timestamp;
use kube::core::params::{Patch, PatchParams};
use serde_json::{Map, Value as Json, json};

use super::{
    find::secrets,
    keys::HISTORY,
    metadata::{Object, Token},
};
use crate::{
    cluster::connection::{
        Cluster,
        access::{Access, TokenLocation},
        error::Error,
    },
    token::{ChangedToken, HistoryAction, HistoryEntry, TokenRef},
};

/// Number of further tries after a conflict.
pub(in crate::cluster) const TRIES: usize = 3;

/// Labels and annotations to be written. `null` removes one.
pub(in crate::cluster) struct Change {
    labels: Map<String, Json>,
    annotations: Map<String, Json>,
    action: HistoryAction,
    detail: String,
}

impl Change {
    /// A change that the history records as `action`.
    pub fn of(action: HistoryAction) -> Self {
        Self {
            labels: Map::new(),
            annotations: Map::new(),
            action,
            detail: String::new(),
        }
    }

    /// Adds a detail to the history entry.
    pub fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// Sets or (with `null`) removes a label.
    pub fn label(mut self, key: &str, text: impl Into<Json>) -> Self {
        self.labels.insert(key.to_owned(), text.into());
        self
    }

    /// Sets or (with `null`) removes an annotation.
    pub fn annotation(mut self, key: &str, text: impl Into<Json>) -> Self {
        self.annotations.insert(key.to_owned(), text.into());
        self
    }
}

/// Facts that a write is decided by, besides the token.
pub(in crate::cluster) struct WriteContext {
    /// Time by the API server's clock.
    pub now: Timestamp,
    /// The person who asks, as the history names them.
    pub actor: String,
    /// Location of the token.
    pub location: TokenLocation,
}

/// Outcome of a write with preconditions.
pub(in crate::cluster) enum Outcome {
    /// The write took effect; the token after it.
    Done(Box<Token>),
    /// The token had changed since it was read, so nothing was written.
    Conflict(Error),
}

impl Cluster {
    /// Changes the token that the person saw. `decide` judges the verified token and answers with the change, or with `None` if the token
    /// is already as wanted.
    pub(in crate::cluster) async fn change(
        &self,
        target: &TokenRef,
        decide: impl Fn(&Token, &WriteContext) -> Result<Option<Change>, Error>,
    ) -> Result<ChangedToken, Error> {
        let TokenRef { scope, name, .. } = target;
        let location = self.location(scope, name);
        let actor = self.in_history(&self.current_user().await?);
        let mut tries = 0;
        loop {
            let fetched = self.fetch_verified(target).await?;
            let context = WriteContext {
                now: fetched.now,
                actor: actor.clone(),
                location: location.clone(),
            };
            let Some(change) = decide(&fetched.token, &context)? else {
                return Ok(fetched.token.changed());
            };
            tries += 1;
            let action = change.action;
            match self.apply(&fetched.token, &context, change).await {
                Ok(Outcome::Done(token)) => return Ok(token.changed()),
                Ok(Outcome::Conflict(error)) if tries > TRIES => return Err(error),
                Ok(Outcome::Conflict(_)) => {}
                // The answer is lost, and the change may have been made all the same: its history entry tells.
                Err(error) if error.is_unanswered() => {
                    let Ok(now) = self.fetch(scope, name).await else {
                        return Err(error);
                    };
                    let is_made = now.token.history.entries().last().is_some_and(|entry| {
                        (entry.time, &entry.actor, entry.action)
                            == (context.now, &context.actor, action)
                    });
                    return if is_made && now.token.summary.uid == target.uid {
                        Ok(now.token.changed())
                    } else {
                        Err(error)
                    };
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Writes a change once, on the version of the token that was read, and publishes it as an Event.
    pub(in crate::cluster) async fn apply(
        &self,
        token: &Token,
        context: &WriteContext,
        change: Change,
    ) -> Result<Outcome, Error> {
        let TokenLocation { name, namespace } = &context.location;
        let access = Access::to("patch", "secrets")
            .within(namespace)
            .named(name.as_str());
        let Change {
            labels,
            mut annotations,
            action,
            detail,
        } = change;
        let entry = HistoryEntry {
            time: context.now,
            actor: context.actor.clone(),
            action,
            detail,
        };
        annotations.insert(HISTORY.to_owned(), token.history.with(entry.clone()).into());
        let patch = Patch::Merge(json!({
            "metadata": {
                "uid": token.summary.uid,
                "resourceVersion": token.resource_version,
                "labels": labels,
                "annotations": annotations,
            },
        }));
        let request =
            secrets(namespace).patch_metadata(name.as_str(), &PatchParams::default(), &patch);
        match self.write(&access, request).await {
            Ok(answer) => {
                let object: Object = answer.parse(&access)?;
                let before = token;
                let token = object.metadata.token(answer.now);
                self.note_written(namespace, &token);
                let (cluster, namespace) = (self.clone(), namespace.clone());
                let summary = before.summary.clone();
                let published =
                    async move { cluster.publish_event(&namespace, &summary, &entry).await };
                // An answer with a value waits for nothing.
                if action == HistoryAction::Revealed {
                    tokio::spawn(published);
                } else {
                    published.await;
                }
                Ok(Outcome::Done(Box::new(token)))
            }
            Err(error @ Error::Conflict(_)) => Ok(Outcome::Conflict(error)),
            Err(Error::NotFound(_)) => Err(Error::NoToken(context.location.clone())),
            Err(error) => Err(error),
        }
    }
}
