//! Deletes a token: exactly the one that the person saw, and only one that Kargo would delete too.

use kube::core::params::{DeleteParams, Preconditions};

use super::{
    Cluster,
    annotate::TRIES,
    error::{Access, Error},
    find::secrets,
};
use crate::{name::TokenName, scope::Scope, token::Uid};

impl Cluster {
    /// Deletes a token. The API server refuses its value within about 10 seconds.
    ///
    /// # Errors
    /// [`Error::NoToken`] also when somebody else deleted it meanwhile; [`Error::Replaced`] if another token has its name;
    /// [`Error::Unmanaged`] if Kargo's tools would refuse it too.
    pub async fn delete_token(
        &self,
        scope: &Scope,
        name: &TokenName,
        uid: &Uid,
    ) -> Result<(), Error> {
        let namespace = self.namespace(scope);
        let access = Access::to("delete", "secrets")
            .within(namespace)
            .named(name.as_str());
        let mut judged_role = None;
        let mut tries = 0;
        loop {
            let token = self.find(scope, name).await?.token;
            token.judge(self.token_at(scope, name), uid)?;
            // Another role would make another token of it, even under the same UID.
            if judged_role.get_or_insert_with(|| token.summary.role.clone()) != &token.summary.role
            {
                return Err(Error::Changed(access));
            }
            let preconditions = Preconditions {
                uid: Some(uid.0.clone()),
                resource_version: Some(token.resource_version),
            };
            let params = DeleteParams::default().preconditions(preconditions);
            tries += 1;
            match self
                .write(&access, secrets(namespace).delete(name.as_str(), &params))
                .await
            {
                Ok(_) => return Ok(()),
                Err(Error::Changed(_)) if tries <= TRIES => {}
                Err(Error::NotFound(_)) => return Err(Error::NoToken(self.token_at(scope, name))),
                Err(error) => return Err(error),
            }
        }
    }
}
