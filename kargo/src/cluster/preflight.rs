//! What whoever sets the program up wants to know before anybody uses it. Every question changes nothing.

use jiff::{SignedDuration, Timestamp};

use super::{
    connection::{Cluster, error::Error},
    features::version_access,
};
use crate::identity::{PersonNote, ServiceAccountRef};

/// A request that the API server could be asked for, on a resource of the core API group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Question<'a> {
    /// Namespace; empty: all of them, or none for a resource without namespaces.
    pub namespace: &'a str,
    /// Verb, such as `list`.
    pub verb: &'a str,
    /// Resource, such as `secrets`, or a subresource such as `serviceaccounts/token`.
    pub resource: &'a str,
    /// Name of an object; empty: all.
    pub name: &'a str,
}

impl Cluster {
    /// Version of the API server, such as `1.37`.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn version_text(&self) -> Result<String, Error> {
        Ok(self.version().await?.to_string())
    }

    /// How far the local clock is ahead of the API server's.
    ///
    /// # Errors
    /// Those of any request.
    pub async fn clock_ahead(&self) -> Result<SignedDuration, Error> {
        let answer = self.program().read_version(&version_access()).await?;
        Ok(Timestamp::now().duration_since(answer.now))
    }

    /// `true` if the API server would allow a request (`SelfSubjectAccessReview`).
    ///
    /// # Errors
    /// Those of any request.
    pub async fn allows(&self, question: Question<'_>) -> Result<bool, Error> {
        let Question {
            namespace,
            verb,
            resource,
            name,
        } = question;
        let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
        self.may(namespace, verb, resource, subresource, name).await
    }

    /// Tries whether the program may act as a ServiceAccount: asks who it is then.
    ///
    /// # Errors
    /// [`Error::NotImpersonated`] has the missing objects as YAML.
    pub async fn try_to_act_as(&self, account: &ServiceAccountRef) -> Result<(), Error> {
        let form = self.version().await?.impersonation_form();
        let nobody = PersonNote {
            issuer: "none".to_owned(),
            subject: "kargo-tokens check".to_owned(),
            user: "kargo-tokens check".to_owned(),
        };
        let acting = self.impersonating(account, &nobody, form)?;
        acting.whoami().await.map(|_| ())
    }
}
