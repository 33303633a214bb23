//! Lists the tokens of a scope, page by page. Only metadata is requested, so no value reaches this program.

use jiff::Timestamp;

use super::{
    connection::{Cluster, access::Access, error::Error},
    paging::{Listing, Selector},
    secret::{find::secrets, keys::TYPE, metadata::Object},
};
use crate::{
    scope::Scope,
    token::{TokenListPage, TokenSummary},
};

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
        let listing = tokens(self.namespace(scope));
        let page = self
            .read_page(&listing, limit, next, &|object: Object| {
                object.metadata.facts()
            })
            .await?;
        let of_facts = |facts| TokenSummary::of(facts, page.now);
        Ok(TokenListPage {
            tokens: page.items.into_iter().map(of_facts).collect(),
            next: page.next,
            now: page.now,
        })
    }

    /// All tokens of a scope as they are now, and the time by the API server's clock. Pages read [`Cluster::inventory`] instead, which sends
    /// next to nothing.
    ///
    /// # Errors
    /// Those of any page.
    pub async fn list_all_tokens(
        &self,
        scope: &Scope,
    ) -> Result<(Vec<TokenSummary>, Timestamp), Error> {
        let listing = tokens(self.namespace(scope));
        let list = self
            .read_every_page(&listing, |object: Object| object.metadata.facts())
            .await?;
        let of_facts = |facts| TokenSummary::of(facts, list.now);
        Ok((list.items.into_iter().map(of_facts).collect(), list.now))
    }
}

/// The tokens of a namespace.
pub(super) fn tokens(namespace: &str) -> Listing {
    Listing {
        access: Access::to("list", "secrets").within(namespace),
        request: secrets(namespace),
        selector: Selector::Fields(format!("type={TYPE}")),
        is_metadata: true,
    }
}
