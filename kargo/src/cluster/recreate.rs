//! A new token for the same job as an old one, which goes on working until it is deleted.

use serde_json::json;

use super::{
    Cluster,
    annotate::{Outcome, TRIES},
    contract::REPLACED_BY,
    error::Error,
};
use crate::{
    name::{RoleName, TokenName},
    token::{TokenHandle, TokenSummary},
};

impl Cluster {
    /// Creates a token for the role of an old one, under a name that never existed: under the old name it would get the old value
    /// again. The two note each other's names; where the old one can't be written, only the new one does.
    ///
    /// # Errors
    /// Those of creating a token, and those of judging the old one. No token was created then.
    pub async fn recreate_token(&self, seen: &TokenHandle) -> Result<TokenSummary, Error> {
        let TokenHandle { scope, name, .. } = seen;
        let old = self.find(scope, name).await?.token;
        old.judge(self.token_at(scope, name), seen)?;
        let namespace = self.namespace(scope);
        let role: RoleName = old
            .summary
            .role
            .parse()
            .map_err(|_| Error::NoToken(self.token_at(scope, name)))?;
        let mut tries = 0;
        let new = loop {
            tries += 1;
            match self
                .create(scope, &role, &name.successor(random()), Some(name))
                .await
            {
                Err(Error::NameTaken(_)) if tries <= TRIES => {}
                result => break result?,
            }
        };
        if let Err(error) = self.link(seen, &new.name).await {
            tracing::warn!(%namespace, old = %name, new = %new.name, %error, "the old token could not be told of the new one");
        }
        Ok(new)
    }

    async fn link(&self, old: &TokenHandle, new: &TokenName) -> Result<(), Error> {
        let scope = &old.scope;
        let mut tries = 0;
        loop {
            let token = self.find(scope, &old.name).await?.token;
            token.judge(self.token_at(scope, &old.name), old)?;
            tries += 1;
            match self
                .annotate(scope, &token, &json!({ (REPLACED_BY): new.as_str() }))
                .await?
            {
                Outcome::Done => return Ok(()),
                Outcome::Conflict(error) if tries > TRIES => return Err(error),
                Outcome::Conflict(_) => {}
            }
        }
    }
}

fn random() -> [u8; 5] {
    let mut bytes = [0; 5];
    getrandom::fill(&mut bytes)
        .expect("the operating system always has randomness once it has started");
    bytes
}
