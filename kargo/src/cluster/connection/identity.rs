//! Owner of a credential, as the API server reports it.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use kube::core::{Request, params::PostParams};
use serde::Deserialize;
use serde_json::json;
use tokio::time::timeout;

use super::{Cluster, Remembered, access::Access, error::Error};
use crate::{identity::Identity, text::foreign};

/// Age up to which an answer is used for a write. The API server itself remembers for 10 seconds whom it accepted for a credential, so
/// asking more often gives the same answer.
const FRESH_FOR: Duration = Duration::from_secs(10);

/// Time that a request waits while another one asks the same.
const TURN: Duration = Duration::from_secs(10);

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
    /// Owner of this identity's credential (`SelfSubjectReview`). Remembered until the credential changes.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] if the cluster doesn't accept the credential.
    pub async fn whoami(&self) -> Result<Identity, Error> {
        if let Some(remembered) = self.remembered().await? {
            return Ok(remembered.identity);
        }
        // Bounds the wait: while the API server is silent, requests would wait for one another in turn.
        let Ok(_asking) = timeout(TURN, self.asking.lock()).await else {
            let access = Access::to("create", "selfsubjectreviews.authentication.k8s.io");
            return Err(Error::Timeout(access));
        };
        match self.remembered().await? {
            Some(remembered) => Ok(remembered.identity),
            None => self.review().await,
        }
    }

    /// Name of the person for a write, at most 10 seconds old. A kubeconfig's sign-in command may give another person's credential later.
    pub(in crate::cluster) async fn current_user(&self) -> Result<String, Error> {
        let identity = match self.remembered().await? {
            Some(remembered) if remembered.asked.elapsed() < FRESH_FOR => remembered.identity,
            _ => self.review().await?,
        };
        Ok(self.name_of(identity))
    }

    /// Name of the person, as tokens keep it and pages show it: the issuer's for somebody who acts as a ServiceAccount, since several people
    /// may do so. Else the Kubernetes user name.
    pub fn name_of(&self, identity: Identity) -> String {
        self.person()
            .map_or(identity.user, |person| foreign(person.name()))
    }

    /// Name of the person for a token's history, and as which role they acted.
    pub(in crate::cluster) fn in_history(&self, person: &str) -> String {
        match self.acting_as() {
            Some(account) => format!("{person}, as {}", account.name),
            None => person.to_owned(),
        }
    }

    /// Asks the API server, and remembers the answer.
    pub(in crate::cluster) async fn review(&self) -> Result<Identity, Error> {
        let access = Access::to("create", "selfsubjectreviews.authentication.k8s.io");
        let review =
            json!({ "apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview" });
        let request = Request::new("/apis/authentication.k8s.io/v1/selfsubjectreviews");
        let request = request.create(&PostParams::default(), review.to_string().into_bytes());
        // The age counts from before the request: the answer may be older than its arrival. So does the credential: if it is renewed
        // meanwhile, the next one asks again.
        let generation = self.credential().await?.generation;
        let asked = Instant::now();
        // The POST stores nothing, so it may be repeated like a read.
        let review: Review = self.read(&access, request).await?.parse(&access)?;
        let UserInfo { username, groups } = review.status.user_info;
        if let Some(acting) = &self.acting_as
            && !acting.is_user(&username)
        {
            return Err(Error::BadAnswer(access));
        }
        let identity = Identity {
            user: username,
            groups,
        };
        let mut remembered = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        *remembered = Some(Remembered {
            asked,
            generation,
            identity: identity.clone(),
        });
        Ok(identity)
    }

    /// User name of this identity, as last answered. Sends nothing.
    pub fn known_user(&self) -> Option<String> {
        self.last_answer().map(|answer| answer.identity.user)
    }

    /// User name of the program, for whom an administrator may write Roles: as last answered, or else the chart's. A new credential of the
    /// program, such as its pod's next token, is hardly ever another user's.
    pub(super) fn program_user(&self) -> String {
        let program = self.program();
        program.last_answer().map_or_else(
            || {
                let namespace = program.connector.system();
                format!("system:serviceaccount:{namespace}:kargo-tokens")
            },
            |answer| answer.identity.user,
        )
    }

    /// The last answer, if the credential is still the same.
    async fn remembered(&self) -> Result<Option<Remembered>, Error> {
        let generation = self.credential().await?.generation;
        let last = self.last_answer();
        Ok(last.filter(|remembered| remembered.generation == generation))
    }

    /// The last answer, whatever the credential.
    fn last_answer(&self) -> Option<Remembered> {
        let remembered = self.identity.lock().unwrap_or_else(PoisonError::into_inner);
        remembered.clone()
    }
}
