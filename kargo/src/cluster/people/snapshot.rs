//! The ServiceAccounts that could be roles, as read at one time.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use kube::core::Request;
use serde::Deserialize;

use crate::{
    claims::{AcceptedClaims, ClaimedAccount, LookedAt, PersonClaims, Verdict},
    cluster::{
        connection::{Cluster, access::Access, error::Error},
        paging::{Listing, Selector},
    },
    identity::ServiceAccountRef,
    name::{ProjectName, RoleName},
    scope::Scope,
};

/// A ServiceAccount that could be a role.
pub(super) struct Account {
    pub account: ServiceAccountRef,
    pub accepted: AcceptedClaims,
}

/// ServiceAccounts of the namespaces that are looked at, and those of others that have claims, sorted.
pub(super) struct Snapshot {
    time: Instant,
    pub looked_at: LookedAt,
    pub accounts: Vec<Account>,
}

#[derive(Deserialize)]
struct ServiceAccount {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    namespace: ProjectName,
    name: RoleName,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

impl Snapshot {
    /// Reads the ServiceAccounts. `global`: further namespaces that are looked at.
    pub async fn read(program: &Cluster, global: &[ProjectName]) -> Result<Self, Error> {
        let time = Instant::now();
        let (projects, accounts) =
            futures::try_join!(program.list_projects(), program.all_service_accounts(None))?;
        let looked_at = LookedAt {
            system: program.connector().system().clone(),
            global: global.to_vec(),
            projects: projects.into_iter().collect(),
        };
        Ok(Self::of(time, looked_at, accounts))
    }

    /// Keeps what could be a role.
    pub fn of(time: Instant, looked_at: LookedAt, mut accounts: Vec<Account>) -> Self {
        accounts.retain(|account| {
            !account.accepted.is_empty() || looked_at.contains(&account.account.namespace)
        });
        accounts.sort_by(|a, b| a.account.cmp(&b.account));
        Self {
            time,
            looked_at,
            accounts,
        }
    }

    /// The ServiceAccounts of which somebody may know the claims, by their namespaces.
    pub fn claimed(&self, may_list: impl Fn(&ProjectName) -> bool) -> Vec<ClaimedAccount> {
        let accounts = self.accounts.iter();
        accounts
            .filter(|account| may_list(&account.account.namespace))
            .map(|account| ClaimedAccount {
                account: account.account.clone(),
                accepted: account.accepted.clone().without_values(),
                is_looked_at: self.looked_at.contains(&account.account.namespace),
            })
            .collect()
    }

    /// Time since the reading began.
    pub fn age(&self) -> Duration {
        self.time.elapsed()
    }

    /// Judges a person's claims.
    pub fn verdict(&self, account: &Account, claims: &PersonClaims) -> Verdict {
        if self.looked_at.contains(&account.account.namespace) {
            account.accepted.judge(claims)
        } else {
            Verdict::NotLookedAt
        }
    }

    /// ServiceAccounts that accept a person's claims, in the order in which they are tried for the objects of a scope.
    pub fn matching(&self, claims: &PersonClaims, scope: Option<&Scope>) -> Vec<ServiceAccountRef> {
        let order = self.looked_at.order(scope);
        let of = |namespace: &ProjectName| {
            let start = self
                .accounts
                .partition_point(|account| account.account.namespace < *namespace);
            self.accounts[start..].iter().take_while({
                let namespace = namespace.clone();
                move |account| account.account.namespace == namespace
            })
        };
        order
            .into_iter()
            .flat_map(of)
            .filter(|account| account.accepted.matching(claims).is_some())
            .map(|account| account.account.clone())
            .collect()
    }

    /// All ServiceAccounts that are looked at and accept a person's claims, sorted by namespace and name.
    pub fn all_matching(&self, claims: &PersonClaims) -> Vec<ServiceAccountRef> {
        self.accounts
            .iter()
            .filter(|account| self.looked_at.contains(&account.account.namespace))
            .filter(|account| account.accepted.matching(claims).is_some())
            .map(|account| account.account.clone())
            .collect()
    }

    /// The claims that some ServiceAccount accepts, with the accepted values only.
    pub fn accepted_of(&self, claims: &PersonClaims) -> PersonClaims {
        claims.retain(|value| {
            self.accounts
                .iter()
                .any(|account| account.accepted.accepts(value))
        })
    }

    /// Projects of which a ServiceAccount accepts a person's claims.
    pub fn matching_projects(&self, claims: &PersonClaims) -> BTreeSet<ProjectName> {
        self.accounts
            .iter()
            .filter(|account| self.looked_at.projects.contains(&account.account.namespace))
            .filter(|account| account.accepted.matching(claims).is_some())
            .map(|account| account.account.namespace.clone())
            .collect()
    }
}

impl Cluster {
    /// The ServiceAccounts of all namespaces, or of one.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to list them.
    pub(super) async fn all_service_accounts(
        &self,
        namespace: Option<&ProjectName>,
    ) -> Result<Vec<Account>, Error> {
        let access = Access::to("list", "serviceaccounts");
        let (access, path) = match namespace {
            Some(namespace) => (
                access.within(namespace.as_str()),
                format!("/api/v1/namespaces/{namespace}/serviceaccounts"),
            ),
            None => (access, "/api/v1/serviceaccounts".to_owned()),
        };
        let listing = Listing {
            access,
            request: Request::new(path),
            selector: Selector::All,
            is_metadata: true,
        };
        let list = self
            .read_every_page(&listing, |account: ServiceAccount| account.into())
            .await?;
        Ok(list.items)
    }
}

impl From<ServiceAccount> for Account {
    fn from(account: ServiceAccount) -> Self {
        let Metadata {
            namespace,
            name,
            annotations,
        } = account.metadata;
        Self {
            account: ServiceAccountRef { namespace, name },
            accepted: AcceptedClaims::of(&annotations),
        }
    }
}
