//! Owner of a credential, as the API server reports it.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use kube::core::{Request, params::PostParams};
use serde::Deserialize;
use serde_json::json;

use super::{Cluster, access::Access, error::Error};
use crate::identity::Identity;

/// Age up to which an answer is used for a write. The API server itself remembers for 10 seconds whom it accepted for a credential, so
/// asking more often gives the same answer.
const FRESH_FOR: Duration = Duration::from_secs(10);

#[derive(Deserialize)]
struct Review {
    status: Status,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Status {
    user_info: UserInfo,
}

#[derive(Deserialize)]
struct UserInfo {
    username: String,
    #[serde(default)]
    groups: Vec<String>,
}

impl Cluster {
    /// Owner of this identity's credential (`SelfSubjectReview`). Remembered once it is known.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the cluster doesn't accept the credential.
    pub async fn whoami(&self) -> Result<Identity, Error> {
        if let Some((_, identity)) = self.remembered() {
            return Ok(identity);
        }
        let _asking = self.asking.lock().await;
        match self.remembered() {
            Some((_, identity)) => Ok(identity),
            None => self.review().await,
        }
    }

    /// User name for a write, at most 10 seconds old. A kubeconfig's sign-in command may give another person's credential later.
    pub(in crate::cluster) async fn current_user(&self) -> Result<String, Error> {
        match self.remembered() {
            Some((time, identity)) if time.elapsed() < FRESH_FOR => Ok(identity.user),
            _ => Ok(self.review().await?.user),
        }
    }

    /// Asks the API server, and remembers the answer.
    pub(in crate::cluster) async fn review(&self) -> Result<Identity, Error> {
        let access = Access::to("create", "selfsubjectreviews.authentication.k8s.io");
        let review =
            json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
        let request = Request::new("/apis/authentication.k8s.io/v1/selfsubjectreviews");
        let request = request.create(&PostParams::default(), review.to_string().into_bytes());
        // The age counts from before the request: the answer may be older than its arrival.
        let asked = Instant::now();
        // The POST stores nothing, so it may be repeated like a read.
        let review: Review = self.read(&access, request).await?.parse(&access)?;
        let UserInfo { username, groups } = review.status.user_info;
        let identity = Identity {
            user: username,
            groups,
        };
        let mut remembered = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        *remembered = Some((asked, identity.clone()));
        Ok(identity)
    }

    fn remembered(&self) -> Option<(Instant, Identity)> {
        let remembered = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.clone()
    }
}
