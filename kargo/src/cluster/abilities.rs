//! What the person may do in a scope and what the cluster is able to, asked before it is offered. The API server decides all the same.

use kube::core::{
    Request,
    params::{GetParams, PostParams},
};
use serde::Deserialize;
use serde_json::json;

use super::{
    Cluster,
    error::{Access, Error},
};
use crate::{scope::Scope, token::Abilities};

/// The first minor version of Kubernetes 1 that refuses tokens which carry the label.
const SUSPENDS_FROM: u32 = 29;

#[derive(Deserialize)]
struct Review {
    status: Status,
}

#[derive(Deserialize)]
struct Status {
    allowed: bool,
}

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
    /// What the person may do to the tokens of a scope.
    ///
    /// # Errors
    /// Those of any request; to be allowed nothing is none.
    pub async fn abilities(&self, scope: &Scope) -> Result<Abilities, Error> {
        let namespace = self.namespace(scope);
        let (create, patch, delete, mint, suspend_works) = futures::try_join!(
            self.may(namespace, "create", "secrets", "", ""),
            self.may(namespace, "patch", "secrets", "", ""),
            self.may(namespace, "delete", "secrets", "", ""),
            self.may_mint(namespace, ""),
            self.suspend_works(),
        )?;
        Ok(Abilities {
            create,
            patch,
            delete,
            mint,
            suspend_works,
        })
    }

    /// Whether the person may have values minted for a role of a namespace; with no role (`""`), for all of them.
    pub(super) async fn may_mint(&self, namespace: &str, role: &str) -> Result<bool, Error> {
        self.may(namespace, "create", "serviceaccounts", "token", role)
            .await
    }

    pub(super) async fn may(
        &self,
        namespace: &str,
        verb: &str,
        resource: &str,
        subresource: &str,
        name: &str,
    ) -> Result<bool, Error> {
        let access = Access::to("create", "selfsubjectaccessreviews.authorization.k8s.io");
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": {
                "namespace": namespace, "verb": verb, "resource": resource, "subresource": subresource, "name": name,
            } },
        });
        let request = Request::new("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
            .create(&PostParams::default(), review.to_string().into_bytes());
        // A POST by its form only: it stores nothing, so it may be sent again.
        let review: Review = self.read(&access, request).await?.parse(&access)?;
        Ok(review.status.allowed)
    }

    /// Whether the cluster refuses suspended tokens. Asked once, then remembered.
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
                // Kept from everybody, as some gateways do: hardly in front of a cluster that old.
                Err(Error::Forbidden(_) | Error::NotFound(_)) => Ok(true),
                Err(error) => Err(error),
            }
        });
        asked.await.copied()
    }

    /// The UTC day since which the cluster notes when tokens are used: of a token that was never used, more isn't known. `None` where
    /// the person may not read it.
    ///
    /// # Errors
    /// Those of any request; that it isn't there, or not to be read, is none.
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
    /// `minor` may have a suffix (`29+`).
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
