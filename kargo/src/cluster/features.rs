//! Capabilities of a cluster, and the day since which it records uses of tokens.

use kube::core::{Request, params::GetParams};
use serde::Deserialize;

use super::connection::{
    Cluster, access::Access, error::Error, request::ApiResponse, version::Version,
};
use crate::permissions::ClusterFeatures;

#[derive(Deserialize)]
struct Tracking {
    #[serde(default)]
    data: Since,
}

#[derive(Default, Deserialize)]
struct Since {
    since: Option<String>,
}

/// Names the request for the version.
pub(super) fn version_access() -> Access {
    Access::to("get", "/version")
}

impl Cluster {
    /// Capabilities of the cluster. Asked once, then remembered.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn features(&self) -> Result<ClusterFeatures, Error> {
        Ok(ClusterFeatures {
            suspend: self.suspend_works().await?,
        })
    }

    /// `true` if the cluster refuses suspended tokens.
    pub(super) async fn suspend_works(&self) -> Result<bool, Error> {
        Ok(self.version().await?.refuses_suspended_tokens())
    }

    /// Version of the API server. Asked once, then remembered for all identities.
    pub(super) async fn version(&self) -> Result<&Version, Error> {
        let asked = self.connector().version().get_or_try_init(async || {
            let access = version_access();
            // Hardly ever sent, so it takes no room in the futures of pages.
            match Box::pin(self.program().read_version(&access)).await {
                Ok(answer) => answer.parse(&access),
                Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(Version::hidden()),
                Err(error) => Err(error),
            }
        });
        asked.await
    }

    /// Asks for the version.
    pub(super) async fn read_version(&self, access: &Access) -> Result<ApiResponse, Error> {
        let request = http::Request::get("/version")
            .body(Vec::new())
            .map_err(kube::core::request::Error::BuildRequest);
        self.read(access, request).await
    }

    /// UTC day since which the cluster records uses of tokens: a token without a recorded use was not used since then. `None` if the person
    /// may not read it.
    ///
    /// # Errors
    /// Those of any request. A missing or unreadable record is no error.
    pub async fn tracking_since(&self) -> Result<Option<String>, Error> {
        let (namespace, name) = (
            "kube-system",
            "kube-apiserver-legacy-service-account-token-tracking",
        );
        let access = Access::to("get", "configmaps")
            .within(namespace)
            .named(name);
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/configmaps"))
            .get(name, &GetParams::default());
        match self.read(&access, request).await {
            Ok(answer) => answer
                .parse::<Tracking>(&access)
                .map(|tracking| tracking.data.since),
            Err(Error::NotFound(_)) => Ok(None),
            Err(error) if error.is_forbidden() => Ok(None),
            Err(error) => Err(error),
        }
    }
}
