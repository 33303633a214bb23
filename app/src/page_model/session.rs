//! The model of the person's own session: who signed in, and as whom they can act.

use kargo::{
    cluster::Viewer,
    identity::{PersonNote, ServiceAccountRef},
    scope::Scope,
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

/// The Kubernetes user name of somebody with an identity of their own; `None` for a person who acts as ServiceAccounts, and where it can't be
/// told now.
pub async fn read_own_user(viewer: Viewer) -> Option<String> {
    if viewer.person().is_some() {
        return None;
    }
    let identity = viewer.identity(&Scope::System).await.ok()?;
    Some(identity.user)
}
