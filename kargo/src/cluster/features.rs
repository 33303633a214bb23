//! Capabilities of a cluster, and the day since which it records uses of tokens.

use kube::core::{Request, params::GetParams};
use serde::Deserialize;

use super::connection::{Cluster, access::Access, error::Error};
use crate::permissions::ClusterFeatures;

/// First minor version of Kubernetes 1 whose API server refuses tokens with the suspension label.
const SUSPENDS_FROM: u32 = 29;

#[derive(Deserialize)]
struct Tracking {
    #[serde(default)]
    data: Since,
}

#[derive(Default, Deserialize)]
struct Since {
    since: Option<String>,
}

#[derive(Deserialize)]
struct Version {
    major: String,
    minor: String,
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

    /// `true` if the cluster refuses suspended tokens. Asked once, then remembered.
    pub(super) async fn suspend_works(&self) -> Result<bool, Error> {
        let asked = self.suspend_works.get_or_try_init(async || {
            let access = Access::to("get", "/version");
            let request = http::Request::get("/version")
                .body(Vec::new())
                .map_err(kube::core::request::Error::BuildRequest);
            match self.read(&access, request).await {
                Ok(answer) => answer
                    .parse::<Version>(&access)
                    .map(|version| version.refuses_suspended_tokens()),
                // Some gateways hide the version from everybody; clusters behind them are hardly that old.
                Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(true),
                Err(error) => Err(error),
            }
        });
        asked.await.copied()
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
            Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Version {
    /// `true` from Kubernetes 1.29 on. `minor` may have a suffix (`29+`).
    fn refuses_suspended_tokens(&self) -> bool {
        let number = |text: &str| {
            text.trim_end_matches(|c: char| !c.is_ascii_digit())
                .parse::<u32>()
        };
        match (number(&self.major), number(&self.minor)) {
            (Ok(1), Ok(minor)) => minor >= SUSPENDS_FROM,
            (Ok(major), Ok(_)) => major > 1,
            _ => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn suspension_works_from_1_29() {
        let works = |major: &str, minor: &str| {
            Version {
                major: major.to_owned(),
                minor: minor.to_owned(),
            }
            .refuses_suspended_tokens()
        };
        assert!(works("1", "29") && works("1", "29+") && works("1", "37") && works("2", "0"));
        assert!(!works("1", "28") && !works("1", "9+") && !works("", "") && !works("1", "x"));
    }
}
