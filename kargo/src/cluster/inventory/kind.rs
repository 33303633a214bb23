//! What an inventory needs to know of a kind of objects.

use jiff::Timestamp;
use serde::de::DeserializeOwned;

use super::version::Version;
use crate::{cluster::paging::Listing, name::Uid};

/// A kind of objects that is kept in memory.
pub(in crate::cluster) trait Kind: Sized + Send + Sync + 'static {
    /// One object, as lists and watches send it.
    type Object: DeserializeOwned + Send;
    /// What is kept of an object: no more than pages need.
    type Record: PartialEq + Send + Sync;

    /// The objects of a namespace; of the whole cluster for kinds without namespaces.
    fn listing(namespace: &str) -> Listing;

    /// Slims an object.
    fn entry(object: Self::Object) -> Entry<Self::Record>;

    /// Times at which pages show an object differently.
    fn dues(_record: &Self::Record) -> impl Iterator<Item = Timestamp> {
        std::iter::empty()
    }

    /// The record as it is at a time, where that is not as it was kept.
    fn judged(_record: &Self::Record, _now: Timestamp) -> Option<Self::Record> {
        None
    }
}

/// One object as an inventory takes it in.
pub(in crate::cluster) struct Entry<R> {
    pub name: Box<str>,
    pub uid: Uid,
    pub version: Version,
    pub record: R,
}
