//! Who a credential belongs to, as the API server says.

use kube::core::{Request, params::PostParams};
use serde::Deserialize;
use serde_json::json;

use super::{
    Cluster,
    error::{Access, Error},
};
use crate::token::Identity;

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
    /// Who this identity is (a SelfSubjectReview). Asked once, then remembered.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the cluster doesn't accept the credential.
    pub async fn whoami(&self) -> Result<Identity, Error> {
        self.identity
            .get_or_try_init(|| self.review())
            .await
            .cloned()
    }

    /// The same, asked anew: what is written down must hold now.
    pub(super) async fn review(&self) -> Result<Identity, Error> {
        let access = Access::to("create", "selfsubjectreviews.authentication.k8s.io");
        let review =
            json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
        let request = Request::new("/apis/authentication.k8s.io/v1/selfsubjectreviews");
        let request = request.create(&PostParams::default(), review.to_string().into_bytes());
        // A POST by its form only: it stores nothing, so it may be sent again.
        let review: Review = self.read(&access, request).await?.parse(&access)?;
        let UserInfo { username, groups } = review.status.user_info;
        Ok(Identity {
            user: username,
            groups,
        })
    }
}
