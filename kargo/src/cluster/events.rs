//! Kubernetes Events about a token. Each action is published as an Event, for `kubectl describe`, if the person may create Events. Kargo's
//! own roles may not, so nothing depends on Events.

use std::time::Duration;

use jiff::Timestamp;
use kube::core::{
    Request,
    params::{ListParams, PostParams},
};
use serde::{Deserialize, de::IgnoredAny};
use serde_json::json;
use tokio::time::timeout;

use super::connection::{Cluster, access::Access, error::Error, request::List};
use crate::{
    event::Event,
    name::TokenName,
    token::{HistoryAction, HistoryEntry, TokenRef, TokenSummary},
};

/// Time limit for writing or looking up an Event: the operation itself is done by then, and nobody waits long for its Event.
const DEADLINE: Duration = Duration::from_secs(2);
/// Maximum length of a message in bytes, in Kubernetes' newer API for Events.
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

/// Source of an Event in Kubernetes' older API.
#[derive(Default, Deserialize)]
struct Source {
    #[serde(default)]
    component: String,
}

fn reason(action: HistoryAction) -> &'static str {
    match action {
        HistoryAction::Created => "TokenCreated",
        HistoryAction::Revealed => "TokenRevealed",
        HistoryAction::Saved => "TokenSaved",
        HistoryAction::Suspended => "TokenSuspended",
        HistoryAction::Restored => "TokenRestored",
        HistoryAction::ReportWithdrawn => "TokenReportWithdrawn",
        HistoryAction::DeletionBegun => "TokenDeletionBegun",
        HistoryAction::DeletionUndone => "TokenDeletionUndone",
        HistoryAction::Deleted => "TokenDeleted",
        HistoryAction::Replaced => "TokenReplaced",
        HistoryAction::Retiring => "TokenRetiring",
        HistoryAction::Compromised => "TokenCompromised",
        HistoryAction::Noted => "TokenNoted",
    }
}

impl Cluster {
    /// Writes an Event, if that is allowed. A failure changes nothing.
    pub(super) async fn publish_event(
        &self,
        namespace: &str,
        token: &TokenSummary,
        entry: &HistoryEntry,
    ) {
        let access = Access::to("create", "events").within(namespace);
        let (actor, words) = (&entry.actor, entry.action.words());
        let message = match entry.detail.as_str() {
            "" => format!("{actor} {words}."),
            detail => format!("{actor} {words}: {detail}."),
        };
        let body = json!({
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": { "generateName": "kargo-tokens-", "namespace": namespace },
            "involvedObject": {
                "apiVersion": "v1", "kind": "Secret", "namespace": namespace, "name": token.name, "uid": token.uid,
            },
            "type": "Normal",
            "reason": reason(entry.action),
            "message": &message[..message.floor_char_boundary(MESSAGE)],
            "firstTimestamp": seconds(entry.time),
            "lastTimestamp": seconds(entry.time),
            "count": 1,
            "source": { "component": "kargo-tokens" },
            "reportingComponent": "kargo-tokens",
        });
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/events"))
            .create(&PostParams::default(), body.to_string().into_bytes());
        match timeout(DEADLINE, self.write(&access, request)).await {
            Ok(Ok(_)) => {}
            Ok(Err(error)) if error.is_forbidden() => {}
            Ok(Err(error)) => {
                tracing::debug!(%namespace, name = %token.name, %error, "could not write an Event");
            }
            Err(_) => {
                tracing::debug!(%namespace, name = %token.name, "could not write an Event in time");
            }
        }
    }

    /// `true` if an Event says that a token of this name was deleted. Kubernetes usually keeps Events for an hour. `false` also if Events
    /// can't be listed.
    pub(super) async fn was_deleted(&self, namespace: &str, name: &TokenName) -> bool {
        let access = Access::to("list", "events").within(namespace);
        let deleted = reason(HistoryAction::Deleted);
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

    /// Events about a token, oldest first.
    ///
    /// # Errors
    /// [`Error::Forbidden`] if the person may not list Events.
    pub async fn list_events(&self, target: &TokenRef) -> Result<Vec<Event>, Error> {
        let namespace = self.namespace(&target.scope);
        let access = Access::to("list", "events").within(namespace);
        let params = ListParams::default()
            .fields(&format!("involvedObject.uid={}", target.uid.0))
            .limit(50);
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/events")).list(&params);
        let list: List<Written> = self.read(&access, request).await?.parse(&access)?;
        let mut events: Vec<_> = list
            .items()
            .into_iter()
            .map(|written| Event {
                time: written.last_timestamp.or(written.event_time),
                reason: written.reason,
                message: written.message,
                source: match written.reporting_component {
                    none if none.is_empty() => written.source.component,
                    component => component,
                },
            })
            .collect();
        events.sort_by_key(|event| event.time);
        Ok(events)
    }
}

/// Formats a time in whole seconds, as Kubernetes' `Time` wants it.
fn seconds(time: Timestamp) -> String {
    Timestamp::from_second(time.as_second())
        .unwrap_or(time)
        .to_string()
}
