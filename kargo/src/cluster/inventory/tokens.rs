//! Tokens in an inventory.

use jiff::Timestamp;

use super::kind::{Entry, Kind};
use crate::{
    cluster::{list::tokens, paging::Listing, secret::metadata::Object},
    token::TokenSummary,
};

/// The Secrets that are tokens, of which only the metadata is read.
pub(in crate::cluster) struct Tokens;

impl Kind for Tokens {
    type Object = Object;
    type Record = TokenSummary;

    fn listing(namespace: &str) -> Listing {
        tokens(namespace)
    }

    fn entry(object: Object) -> Entry<TokenSummary> {
        let (record, version) = object.metadata.recorded();
        entry(record, version)
    }

    fn dues(token: &TokenSummary) -> impl Iterator<Item = Timestamp> {
        let times = [token.expires, token.delete_after, token.retire_after];
        times.into_iter().flatten()
    }

    fn judged(token: &TokenSummary, now: Timestamp) -> Option<TokenSummary> {
        token.judged_at(now)
    }
}

/// A token that was read or written, and its version.
pub(super) fn entry(record: TokenSummary, version: String) -> Entry<TokenSummary> {
    Entry {
        name: record.name.as_str().into(),
        uid: record.uid.clone(),
        version: version.into(),
        record,
    }
}
