//! Operations on a cluster. Each acts as one identity: the owner of the credential that a [`Cluster`] was made with. The API server alone
//! decides what that identity may do.
//!
//! Each verb has its own file. This module is the only place of the workspace that imports kube, and it uses kube's request builders only.
//! Connections are made here, because kube reads kubeconfigs by other rules than kubectl. Bodies are parsed here, because kube logs a body that
//! it can't parse, and a Secret's body contains a value.

mod answers;
mod compromise;
mod config_map;
mod confirm;
mod connection;
mod create;
mod delete;
mod describe;
mod events;
mod everywhere;
mod expire;
mod features;
#[cfg(test)]
mod hostile;
mod inventory;
mod list;
mod note;
mod paging;
mod people;
mod permissions;
mod preflight;
mod projects;
mod rbac;
mod ready;
mod recreate;
mod remembered;
mod restore;
mod retire;
mod reveal;
mod rules;
mod secret;
mod suspend;
mod sweep;

pub use compromise::{CallOff, CompromiseReport};
pub use config_map::ConfigMap;
pub use connection::{
    Cluster, ConnectError, ConnectOptions, Connector, CredentialError, Environment,
    NotImpersonated,
    access::{Access, TokenLocation},
    error::Error,
    observe::{InventoryFacts, Observer, ReconnectCause, Requested},
};
pub use delete::time_until;
pub use describe::Description;
pub use everywhere::KnownScope;
pub use inventory::{
    Behind, Changed, ChangedNames, InventoryTimes, LastWritten, Position, TokenChanges,
    TokensSnapshot,
};
pub use people::{ActedAs, Explanation, People, Person, Viewer, Wish};
pub use preflight::Question;
pub use recreate::Recreated;
pub use restore::OfReported;
pub use reveal::Revealed;
pub use sweep::SweptToken;
