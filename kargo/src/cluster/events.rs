//! Kubernetes' own Events about a token: each act is told there too, for `kubectl describe`, where the person may create Events.
//! Kargo's own roles may not, so nothing depends on it.

use std::time::Duration;

use jiff::Timestamp;
use kube::core::{
    Request,
    params::{ListParams, PostParams},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;
use tokio::time::timeout;

use super::{
    Cluster,
    error::{Access, Error},
    request::List,
};
use crate::{
    event::Event,
    name::TokenName,
    token::{Act, Did, TokenHandle, TokenSummary},
};

/// An operation is done before its Event is written, and nobody waits long for that.
const DEADLINE: Duration = Duration::from_secs(2);
/// Bytes that a message has at most, by Kubernetes' newer API for Events.
const MESSAGE: usize = 1024;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(default)]
    reason: String,
    #[serde(default)]
    message: String,
    #[serde(default)]
    last_timestamp: Option<Timestamp>,
    #[serde(default)]
    event_time: Option<Timestamp>,
    #[serde(default)]
    reporting_component: String,
    #[serde(default)]
    source: Source,
}

/// Where programs that use the older interface say who they are.
#[derive(Default, Deserialize)]
struct Source {
    #[serde(default)]
    component: String,
}

fn reason(did: Did) -> &'static str {
    match did {
        Did::Created => "TokenCreated",
        Did::Revealed => "TokenRevealed",
        Did::Saved => "TokenSaved",
        Did::Suspended => "TokenSuspended",
        Did::Restored => "TokenRestored",
        Did::DeletionBegun => "TokenDeletionBegun",
        Did::DeletionUndone => "TokenDeletionUndone",
        Did::Deleted => "TokenDeleted",
        Did::Replaced => "TokenReplaced",
        Did::Retiring => "TokenRetiring",
        Did::Compromised => "TokenCompromised",
        Did::Noted => "TokenNoted",
    }
}

impl Cluster {
    /// Writes an Event, if that is allowed. Whether it was written changes nothing.
    pub(super) async fn tell(&self, namespace: &str, token: &TokenSummary, act: &Act) {
        let access = Access::to("create", "events").within(namespace);
        let message = match act.about.as_str() {
            "" => format!("{} {}.", act.by, act.did.words()),
            about => format!("{} {}: {about}.", act.by, act.did.words()),
        };
        let body = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "generateName": "kargo-tokens-", "namespace": namespace },
            "involvedObject": {
                "apiVersion": "v1", "kind": "Secret", "namespace": namespace, "name": token.name, "uid": token.uid,
            },
            "type": "Normal",
            "reason": reason(act.did),
            "message": &message[..message.floor_char_boundary(MESSAGE)],
            "firstTimestamp": seconds(act.at),
            "lastTimestamp": seconds(act.at),
            "count": 1,
            "source": { "component": "kargo-tokens" },
            "reportingComponent": "kargo-tokens",
        });
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/events"))
            .create(&PostParams::default(), body.to_string().into_bytes());
        match timeout(DEADLINE, self.write(&access, request)).await {
            Ok(Ok(_) | Err(Error::Forbidden(_))) => {}
            Ok(Err(error)) => {
                tracing::debug!(%namespace, name = %token.name, %error, "no Event was written");
            }
            Err(_) => {
                tracing::debug!(%namespace, name = %token.name, "no Event was written in time");
            }
        }
    }

    /// Whether a token of a name is known to have been deleted a while ago: Kubernetes keeps Events for an hour, as a rule. `false`, too,
    /// where they can't be listed.
    pub(super) async fn was_deleted(&self, namespace: &str, name: &TokenName) -> bool {
        let access = Access::to("list", "events").within(namespace);
        let deleted = reason(Did::Deleted);
        let fields =
            format!("involvedObject.kind=Secret,involvedObject.name={name},reason={deleted}");
        let params = ListParams::default().fields(&fields).limit(1);
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/events")).list(&params);
        let Ok(Ok(answer)) = timeout(DEADLINE, self.read(&access, request)).await else {
            return false;
        };
        let list = answer.parse::<List<IgnoredAny>>(&access);
        list.is_ok_and(|list| !list.items().is_empty())
    }

    /// The Events about a token, oldest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] where the person may not list them.
    pub async fn list_events(&self, seen: &TokenHandle) -> Result<Vec<Event>, Error> {
        let namespace = self.namespace(&seen.scope);
        let access = Access::to("list", "events").within(namespace);
        let params = ListParams::default()
            .fields(&format!("involvedObject.uid={}", seen.uid.0))
            .limit(50);
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/events")).list(&params);
        let list: List<Written> = self.read(&access, request).await?.parse(&access)?;
        let mut events: Vec<_> = list
            .items()
            .into_iter()
            .map(|written| Event {
                at: written.last_timestamp.or(written.event_time),
                reason: written.reason,
                message: written.message,
                source: match written.reporting_component {
                    none if none.is_empty() => written.source.component,
                    component => component,
                },
            })
            .collect();
        events.sort_by_key(|event| event.at);
        Ok(events)
    }
}

/// Kubernetes' `Time` has no fractions.
fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(time)
        .to_string()
}
