//! ServiceAccounts with the claims that they accept, as somebody may read them.

use serde::{Deserialize, Serialize};

use super::{annotations::AcceptedClaims, person::PersonClaims, verdict::Verdict};
use crate::{identity::ServiceAccountRef, name::ProjectName, problem::Problem};

/// A ServiceAccount with the claims that it accepts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedAccount {
    /// The ServiceAccount.
    pub account: ServiceAccountRef,
    /// Claims that it accepts, word for word.
    pub accepted: AcceptedClaims,
    /// `true` if Kargo's sign-in looks at its namespace.
    pub is_looked_at: bool,
}

/// The ServiceAccounts that somebody may list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ClaimedAccounts {
    /// ServiceAccounts, sorted by namespace and name.
    pub accounts: Vec<ClaimedAccount>,
    /// Namespaces that Kargo's sign-in looks at and whose ServiceAccounts the person may not list.
    pub hidden: Vec<ProjectName>,
    /// Why the projects are not known, if they aren't: further namespaces may have ServiceAccounts that are missing here.
    pub unknown_projects: Option<Problem>,
}

impl ClaimedAccount {
    /// Judges a person's claims.
    pub fn judge(&self, person: &PersonClaims) -> Verdict {
        if self.is_looked_at {
            self.accepted.judge(person)
        } else {
            Verdict::NotLookedAt
        }
    }
}
