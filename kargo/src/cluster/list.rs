//! Lists the tokens of a scope, page by page. Only metadata is requested, so no value reaches this program.

use std::{sync::atomic::Ordering, time::Duration};

use jiff::Timestamp;
use kube::core::params::ListParams;
use tokio::time::timeout;

use super::{
    connection::{Cluster, access::Access, error::Error, request::List},
    secret::{find::secrets, keys::TYPE, metadata::Object},
};
use crate::{
    scope::Scope,
    token::{TokenListPage, TokenSummary},
};

/// Tokens per request when all are read.
const PAGE: u32 = 1000;
/// Time in which a whole list is read.
const DEADLINE: Duration = Duration::from_mins(1);

impl Cluster {
    /// Up to `limit` tokens by name, from the start or from another page's `next`. Includes tokens that Kargo doesn't manage, with what they
    /// lack.
    ///
    /// # Errors
    /// [`Error::ListExpired`] if the other page is some minutes old.
    pub async fn list_tokens(
        &self,
        scope: &Scope,
        limit: u32,
        next: Option<&str>,
    ) -> Result<TokenListPage, Error> {
        let mut limit = limit.min(self.page_limit.load(Ordering::Relaxed));
        loop {
            match self.list_page(scope, limit, next).await {
                // The page may be too large: whoever may change Secrets can make the metadata of each a quarter of a megabyte. The next list
                // begins with the smaller page.
                Err(Error::BadAnswer(_)) if limit > 10 => {
                    limit /= 10;
                    self.page_limit.store(limit, Ordering::Relaxed);
                }
                result => return result,
            }
        }
    }

    /// All tokens of a scope, and the time by the API server's clock. Only a few lists are read at a time, and each in bounded time, because
    /// together they take the most memory.
    ///
    /// # Errors
    /// Those of any page.
    pub async fn list_all_tokens(
        &self,
        scope: &Scope,
    ) -> Result<(Vec<TokenSummary>, Timestamp), Error> {
        let access = Access::to("list", "secrets").within(self.namespace(scope));
        let reading = async {
            let _permit = self.connector().lists().acquire().await;
            match self.list_every_page(scope).await {
                // The cluster forgot where the next page starts.
                Err(Error::ListExpired) => self.list_every_page(scope).await,
                result => result,
            }
        };
        timeout(DEADLINE, reading)
            .await
            .unwrap_or(Err(Error::Timeout(access)))
    }

    async fn list_every_page(
        &self,
        scope: &Scope,
    ) -> Result<(Vec<TokenSummary>, Timestamp), Error> {
        let (mut all, mut next) = (Vec::new(), None);
        loop {
            let page = self.list_tokens(scope, PAGE, next.as_deref()).await?;
            all.extend(page.tokens);
            if page.next.is_none() {
                return Ok((all, page.now));
            }
            // A page that leads to itself would never end.
            if page.next == next {
                let access = Access::to("list", "secrets").within(self.namespace(scope));
                return Err(Error::BadAnswer(access));
            }
            next = page.next;
        }
    }

    async fn list_page(
        &self,
        scope: &Scope,
        limit: u32,
        next: Option<&str>,
    ) -> Result<TokenListPage, Error> {
        let namespace = self.namespace(scope);
        let access = Access::to("list", "secrets").within(namespace);
        let mut params = ListParams::default()
            .fields(&format!("type={TYPE}"))
            .limit(limit);
        params.continue_token = next.map(str::to_owned);
        let answer = self
            .read(&access, secrets(namespace).list_metadata(&params))
            .await?;
        let mut list: List<Object> = answer.parse(&access)?;
        let next = list
            .metadata
            .r#continue
            .take()
            .filter(|next| !next.is_empty());
        let tokens = list
            .items()
            .into_iter()
            .map(|object| TokenSummary::of(object.metadata.facts(), answer.now))
            .collect();
        Ok(TokenListPage {
            tokens,
            next,
            now: answer.now,
        })
    }
}
