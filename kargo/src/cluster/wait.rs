//! Waiting until Kubernetes has written a token's value: by a watch of its metadata, never by asking again and again.

use std::time::Duration;

use http_body_util::BodyExt;
use kube::{client::Body, core::params::WatchParams};
use serde::{Deserialize, de::IgnoredAny};
use tokio::time::{Instant, sleep, timeout_at};

use super::{
    Cluster,
    contract::Object,
    error::{Access, Error},
    find::{Found, secrets, selector},
};
use crate::{name::TokenName, scope::Scope, token::TokenState};

/// The largest event that is read: one object's metadata.
const EVENT_LIMIT: usize = 4 * 1024 * 1024;
/// Between a watch that ended early and the next one.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Deserialize)]
#[serde(tag = "type", content = "object", rename_all = "UPPERCASE")]
enum Event {
    Added(Object),
    Modified(Object),
    Deleted(IgnoredAny),
    Bookmark(IgnoredAny),
    Error(IgnoredAny),
}

/// How a watch ended.
enum Ended {
    /// The value is there.
    Populated,
    /// Nothing is known; the token has to be read again.
    Unknown,
}

impl Cluster {
    /// Returns as soon as the value is written, at the `deadline` at the latest.
    pub(super) async fn wait_until_populated(
        &self,
        scope: &Scope,
        name: &TokenName,
        found: Found,
        deadline: Instant,
    ) -> Result<(), Error> {
        let waiting = timeout_at(deadline, self.watch_until_populated(scope, name, found)).await;
        waiting.unwrap_or_else(|_| {
            Err(Error::NotReady {
                token: self.token_at(scope, name),
                waited: self.reveal_wait,
            })
        })
    }

    async fn watch_until_populated(
        &self,
        scope: &Scope,
        name: &TokenName,
        mut found: Found,
    ) -> Result<(), Error> {
        let namespace = self.namespace(scope);
        let access = Access::to("watch", "secrets")
            .within(namespace)
            .named(name.as_str());
        let params = WatchParams::default()
            .fields(&selector(name))
            .timeout(60)
            .disable_bookmarks();
        loop {
            if found.token.summary.state != TokenState::Preparing {
                return Ok(());
            }
            match self
                .watch(
                    &access,
                    secrets(namespace).watch_metadata(&params, &found.version),
                )
                .await
            {
                Ok(events) => {
                    if let Ended::Populated = self.follow(scope, name, &access, events).await? {
                        return Ok(());
                    }
                }
                // Passing trouble: whether it lasts shows when the token is read again.
                Err(Error::ListExpired | Error::TooMany(_) | Error::Unavailable { .. }) => {}
                Err(error) => return Err(error),
            }
            sleep(PAUSE).await;
            found = self.find(scope, name).await?;
        }
    }

    /// Reads events, one a line.
    async fn follow(
        &self,
        scope: &Scope,
        name: &TokenName,
        access: &Access,
        mut body: Body,
    ) -> Result<Ended, Error> {
        let mut buffer = Vec::new();
        loop {
            while let Some(end) = buffer.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = buffer.drain(..=end).collect();
                match serde_json::from_slice(&line).map_err(|_| Error::BadAnswer(access.clone()))? {
                    Event::Added(object) | Event::Modified(object) => {
                        if object.metadata.is_populated() {
                            return Ok(Ended::Populated);
                        }
                    }
                    Event::Deleted(_) => return Err(Error::NoToken(self.token_at(scope, name))),
                    Event::Error(_) => return Ok(Ended::Unknown),
                    Event::Bookmark(_) => {}
                }
            }
            if buffer.len() > EVENT_LIMIT {
                return Err(Error::BadAnswer(access.clone()));
            }
            let Some(Ok(frame)) = body.frame().await else {
                return Ok(Ended::Unknown);
            };
            if let Some(data) = frame.data_ref() {
                buffer.extend_from_slice(data);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_event_is_understood() {
        let metadata = r#"{"name":"ci","uid":"u","resourceVersion":"1","creationTimestamp":"2026-01-01T00:00:00Z"}"#;
        for kind in ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"] {
            let line = format!(r#"{{"type":"{kind}","object":{{"metadata":{metadata}}}}}"#);
            assert!(serde_json::from_str::<Event>(&line).is_ok(), "{kind}");
        }
        let gone = r#"{"type":"ERROR","object":{"kind":"Status","metadata":{},"code":410}}"#;
        assert!(matches!(serde_json::from_str(gone), Ok(Event::Error(_))));
    }
}
