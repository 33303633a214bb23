//! Waiting for Kubernetes to write a token's value: with a watch, never by polling. The watch delivers the whole Secret, parsed by our own
//! code, so that no further read is needed once the value is there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::core::params::WatchParams;
use serde::{Deserialize, de::IgnoredAny};
use tokio::time::{Instant, sleep, timeout_at};

use super::find::{FetchedSecret, Secret, secrets, selector};
use crate::{
    cluster::connection::{
        Cluster,
        access::Access,
        error::Error,
        request::{Watch, next_line},
    },
    name::TokenName,
    scope::Scope,
    token::TokenState,
};

/// Wait between a watch that ended early and the next one.
const PAUSE: Duration = Duration::from_millis(200);

#[derive(Deserialize)]
#[serde(tag = "type", content = "object", rename_all = "UPPERCASE")]
enum Event {
    Added(Secret),
    Modified(Secret),
    Deleted(IgnoredAny),
    Bookmark(IgnoredAny),
    Error(IgnoredAny),
}

impl Cluster {
    /// Answers with the token as soon as its value is written, or its state forbids to wait; [`Error::NotReady`] at the `deadline`.
    pub(in crate::cluster) async fn wait_until_populated(
        &self,
        scope: &Scope,
        name: &TokenName,
        fetched: FetchedSecret,
        deadline: Instant,
    ) -> Result<FetchedSecret, Error> {
        let waiting = timeout_at(deadline, self.watch_until_populated(scope, name, fetched)).await;
        waiting.unwrap_or_else(|_| {
            Err(Error::NotReady {
                token: self.location(scope, name),
                waited: self.reveal_wait,
            })
        })
    }

    async fn watch_until_populated(
        &self,
        scope: &Scope,
        name: &TokenName,
        mut fetched: FetchedSecret,
    ) -> Result<FetchedSecret, Error> {
        let namespace = self.namespace(scope);
        let access = Access::to("watch", "secrets")
            .within(namespace)
            .named(name.as_str());
        let params = WatchParams::default()
            .fields(&selector(name))
            .timeout(60)
            .disable_bookmarks();
        while fetched.token.summary.state == TokenState::Preparing {
            let request = secrets(namespace).watch(&params, &fetched.list_version);
            match self.watch(&access, request).await {
                Ok(watch) => {
                    if let Some(populated) = self.follow(scope, name, &access, watch).await? {
                        return Ok(populated);
                    }
                }
                // A transient failure: the next read shows whether it lasts.
                Err(
                    Error::ListExpired
                    | Error::TooMany { .. }
                    | Error::Unavailable { .. }
                    | Error::Unreachable { .. },
                ) => {}
                Err(error) => return Err(error),
            }
            sleep(PAUSE).await;
            fetched = self.fetch_with_value(scope, name).await?;
        }
        Ok(fetched)
    }

    /// Reads events, one a line. `None`: the watch ended early, so the token has to be read again.
    async fn follow(
        &self,
        scope: &Scope,
        name: &TokenName,
        access: &Access,
        Watch { mut body, started }: Watch,
    ) -> Result<Option<FetchedSecret>, Error> {
        let opened = Instant::now();
        let mut buffer = Vec::new();
        while let Some(line) = next_line(&mut body, &mut buffer, access).await? {
            match serde_json::from_slice(&line).map_err(|_| Error::BadAnswer(access.clone()))? {
                Event::Added(secret) | Event::Modified(secret) => {
                    let now = later(started, opened.elapsed());
                    let fetched = secret.fetched(String::new(), now);
                    if fetched.token.summary.state != TokenState::Preparing {
                        return Ok(Some(fetched));
                    }
                }
                Event::Deleted(_) => return Err(Error::NoToken(self.location(scope, name))),
                Event::Error(_) => return Ok(None),
                Event::Bookmark(_) => {}
            }
        }
        Ok(None)
    }
}

/// The API server's time some while after it answered.
fn later(time: Timestamp, elapsed: Duration) -> Timestamp {
    SignedDuration::try_from(elapsed)
        .ok()
        .and_then(|elapsed| time.checked_add(elapsed).ok())
        .unwrap_or(time)
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
