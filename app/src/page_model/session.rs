//! The model of the person's own session: who signed in, and as whom they can act.

use kargo::{
    cluster::Viewer,
    identity::{PersonNote, ServiceAccountRef},
};

use crate::error::ApiError;

/// A person who acts as ServiceAccounts.
#[derive(Debug, Clone, PartialEq)]
pub struct ActingPerson {
    /// Issuer, subject and user name.
    pub note: PersonNote,
    /// ServiceAccounts that accept their claims; or why they can't be read.
    pub accounts: Result<Vec<ServiceAccountRef>, ApiError>,
    /// The only one that they want to act as.
    pub only: Option<ServiceAccountRef>,
}

/// Reads as whom a person can act; `None` for somebody with a Kubernetes identity of their own.
pub async fn read_acting_person(viewer: Viewer) -> Option<ActingPerson> {
    let person = viewer.person()?;
    Some(ActingPerson {
        note: person.note().clone(),
        accounts: person.all_accounts().await.map_err(ApiError::from),
        only: person.only().cloned(),
    })
}
