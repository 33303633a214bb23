//! One ConfigMap of the program's own: read, watched and changed. What it means is its user's business.

use std::{collections::BTreeMap, time::Duration};

use kube::core::{
    Request,
    params::{GetParams, Patch, PatchParams, WatchParams},
};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::connection::{
    Cluster,
    access::Access,
    error::Error,
    request::{Event, Watch},
};
use crate::name::ConfigMapRef;

/// Time after which the API server ends a watch. A connection that is dead without a sign of it is noticed a little later.
const WATCH_SECONDS: u32 = 30;
/// Time after which a watch that the API server should have ended counts as dead.
const WATCH_DEADLINE: Duration = Duration::from_secs(35);

/// A ConfigMap as it is now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ConfigMap {
    /// Its version.
    pub resource_version: String,
    /// Its texts by key.
    pub data: BTreeMap<String, String>,
}

/// The ConfigMap as the API server writes it.
#[derive(Deserialize)]
struct Object {
    metadata: Metadata,
    data: Option<BTreeMap<String, String>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    resource_version: String,
}

impl From<Object> for ConfigMap {
    fn from(object: Object) -> Self {
        Self {
            resource_version: object.metadata.resource_version,
            data: object.data.unwrap_or_default(),
        }
    }
}

impl Cluster {
    /// Reads a ConfigMap.
    ///
    /// # Errors
    /// [`Error::NotFound`] if there is none; those of any request.
    pub async fn get_config_map(&self, at: &ConfigMapRef) -> Result<ConfigMap, Error> {
        let access = access("get", at);
        let request = config_maps(at).get(at.name.as_str(), &GetParams::default());
        let object: Object = self.read(&access, request).await?.parse(&access)?;
        Ok(object.into())
    }

    /// Sets texts of a ConfigMap, and removes those that are `None`, if it still has the version.
    ///
    /// # Errors
    /// [`Error::Conflict`] if it has another version; [`Error::NotFound`] if it is gone.
    pub async fn patch_config_map(
        &self,
        at: &ConfigMapRef,
        resource_version: &str,
        changes: &BTreeMap<String, Option<String>>,
    ) -> Result<ConfigMap, Error> {
        let access = access("patch", at);
        let patch = Patch::Merge(json!({
            "metadata": { "resourceVersion": resource_version },
            "data": changes,
        }));
        let request = config_maps(at).patch(at.name.as_str(), &PatchParams::default(), &patch);
        let object: Object = self.write(&access, request).await?.parse(&access)?;
        Ok(object.into())
    }

    /// Watches a ConfigMap from a version on, and reports each later one, until the API server ends the watch after some time.
    ///
    /// # Errors
    /// [`Error::NotFound`] if the ConfigMap is deleted; [`Error::ListExpired`] if the API server no longer knows the version;
    /// [`Error::Timeout`] if the connection is dead; those of any request.
    pub async fn watch_config_map(
        &self,
        at: &ConfigMapRef,
        resource_version: &str,
        mut opened: impl FnMut(),
        mut report: impl FnMut(ConfigMap),
    ) -> Result<(), Error> {
        let access = access("watch", at);
        let params = WatchParams::default()
            .fields(&format!("metadata.name={}", at.name))
            .timeout(WATCH_SECONDS)
            .disable_bookmarks();
        let request = config_maps(at).watch(&params, resource_version);
        let watching = async {
            let Watch { mut lines, .. } = self.watch(&access, request).await?;
            opened();
            while let Some(line) = lines.next(&access).await? {
                let event: Event<Object> =
                    serde_json::from_slice(line).map_err(|_| Error::BadAnswer(access.clone()))?;
                match event {
                    Event::Added(object) | Event::Modified(object) => report(object.into()),
                    Event::Deleted(_) => return Err(Error::NotFound(access.clone())),
                    Event::Error(_) => return Err(Error::ListExpired),
                    Event::Bookmark(_) => {}
                }
            }
            Ok(())
        };
        timeout(WATCH_DEADLINE, watching)
            .await
            .unwrap_or_else(|_| Err(Error::Timeout(access.clone())))
    }
}

fn access(verb: &'static str, at: &ConfigMapRef) -> Access {
    Access::to(verb, "configmaps")
        .within(at.namespace.as_str())
        .named(at.name.as_str())
}

fn config_maps(at: &ConfigMapRef) -> Request {
    Request::new(format!("/api/v1/namespaces/{}/configmaps", at.namespace))
}
