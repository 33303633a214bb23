//! Deletes a token: exactly the one that the person saw, and only one that Kargo would delete too.

use kube::core::params::{DeleteParams, Preconditions};

use super::{
    Cluster,
    annotate::TRIES,
    error::{Access, Error},
    find::secrets,
};
use crate::token::TokenHandle;

impl Cluster {
    /// Deletes a token. The API server refuses its value within about 10 seconds.
    ///
    /// # Errors
    /// [`Error::NoToken`] also when somebody else deleted it meanwhile; [`Error::Replaced`] if another token has its name;
    /// [`Error::Unmanaged`] if Kargo's tools would refuse it too.
    pub async fn delete_token(&self, seen: &TokenHandle) -> Result<(), Error> {
        let TokenHandle {
            scope, name, uid, ..
        } = seen;
        let namespace = self.namespace(scope);
        let access = Access::to("delete", "secrets")
            .within(namespace)
            .named(name.as_str());
        let mut tries = 0;
        loop {
            let token = self.find(scope, name).await?.token;
            token.judge(self.token_at(scope, name), seen)?;
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
