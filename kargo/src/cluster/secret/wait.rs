//! Waiting for Kubernetes to write a token's value: with a watch, never by polling. The watch delivers the whole Secret, parsed by our own
//! code, so that no further read is needed once the value is there.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use kube::core::params::WatchParams;
use tokio::time::{Instant, sleep, timeout_at};

use super::find::{FetchedSecret, Secret, secrets, selector};
use crate::{
    cluster::connection::{
        Cluster,
        access::Access,
        error::Error,
        request::{Event, Watch},
    },
    name::TokenName,
    scope::Scope,
    token::TokenState,
};

/// Wait between a watch that ended early and the next one.
const PAUSE: Duration = Duration::from_millis(200);

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
        Watch { mut lines, started }: Watch,
    ) -> Result<Option<FetchedSecret>, Error> {
        let opened = Instant::now();
        while let Some(line) = lines.next(access).await? {
            match serde_json::from_slice(line).map_err(|_| Error::BadAnswer(access.clone()))? {
                Event::Added(secret) | Event::Modified(secret) => {
                    let secret: Secret = secret;
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
