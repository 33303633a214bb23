//! The roles of a scope from memory. ServiceAccounts, Roles and RoleBindings of the namespace are watched. ClusterRoles and ClusterRoleBindings
//! change rarely and are many, so they are read and kept for some minutes; a RoleBinding that refers to an unknown ClusterRole has them read again.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use super::{
    accounts::Accounts,
    bindings::Bindings,
    rules::{ClusterRbac, NamespaceRoles, RbacSnapshot},
};
use crate::{
    cluster::{
        connection::{Cluster, error::Error, kept::Keep},
        inventory::{Patience, Position},
    },
    name::RoleName,
    role::ScopeRoles,
    scope::Scope,
};

/// Age up to which ClusterRoles and ClusterRoleBindings are used.
const FRESH_FOR: Duration = Duration::from_mins(2);
/// Age up to which they are used although one is missing: it may be missing for good.
const LACKING_FOR: Duration = Duration::from_secs(10);
/// Scopes whose roles are kept. Each is put together anew when something has changed.
const SCOPES: usize = 48;

/// What is kept for one identity.
#[derive(Default)]
struct Known {
    /// Held while they are read: pages that ask at the same time share one answer.
    of_cluster: tokio::sync::Mutex<Option<Read>>,
    scopes: Mutex<BTreeMap<Scope, Assembled>>,
}

/// ClusterRoles and ClusterRoleBindings, and when they were asked for.
#[derive(Clone)]
struct Read {
    asked: Instant,
    rbac: ClusterRbac,
}

/// Roles, and what they were put together from.
struct Assembled {
    from: Sources,
    roles: Arc<ScopeRoles>,
}

/// Positions of the ServiceAccounts, RoleBindings and Roles, and when what belongs to no namespace was asked for.
type Sources = (Position, Option<Position>, Option<Position>, Instant);

impl Keep for Known {
    fn refuse(&self, _: &Error) {
        self.scopes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }
}

impl Cluster {
    /// The same as [`Cluster::scope_roles`], from memory.
    ///
    /// # Errors
    /// Those of [`Cluster::scope_roles`].
    pub async fn known_roles(&self, scope: &Scope) -> Result<Arc<ScopeRoles>, Error> {
        self.known_project(scope).await?;
        let namespace = self.namespace(scope);
        let known = self.kept.of::<Known>();
        let (accounts, bindings, roles, of_cluster) = futures::join!(
            self.records::<Accounts>(namespace, Patience::None),
            self.records::<Bindings>(namespace, Patience::Some),
            self.records::<NamespaceRoles>(namespace, Patience::Some),
            known.of_cluster(self, FRESH_FOR),
        );
        let (accounts, mut read) = (accounts?, of_cluster?);
        let (bindings, roles) = (readable(bindings)?, readable(roles)?);
        let from = |read: &Read| -> Sources {
            (
                accounts.position,
                bindings.as_ref().map(|bindings| bindings.position),
                roles.as_ref().map(|roles| roles.position),
                read.asked,
            )
        };
        if let Some(roles) = known.assembled(scope, from(&read)) {
            return Ok(roles);
        }
        let snapshot = |read: &Read| RbacSnapshot {
            bindings: bindings.as_ref().map(|bindings| Arc::clone(&bindings.all)),
            roles: roles.as_ref().map(|roles| Arc::clone(&roles.all)),
            of_cluster: read.rbac.clone(),
        };
        if snapshot(&read).lacks_a_cluster_role() {
            read = known.of_cluster(self, LACKING_FOR).await?;
        }
        let roles = Arc::new(self.roles_of(scope, &accounts.all, &snapshot(&read)));
        known.keep(scope, from(&read), &roles);
        Ok(roles)
    }
}

impl Cluster {
    /// The names of a scope's roles, from memory and without what they may do.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to list ServiceAccounts.
    pub async fn known_role_names(&self, scope: &Scope) -> Result<Vec<RoleName>, Error> {
        let accounts = self.records::<Accounts>(self.namespace(scope), Patience::Some);
        let accounts = accounts.await?;
        Ok(accounts
            .all
            .iter()
            .filter(|account| self.status_of_account(scope, &account.labels).is_role())
            .map(|account| account.name.clone())
            .collect())
    }

    /// The same as [`Cluster::scope_roles`], with ClusterRoles and ClusterRoleBindings as they are known: for many scopes, they are read once.
    ///
    /// # Errors
    /// Those of [`Cluster::scope_roles`].
    pub(in crate::cluster) async fn read_roles(&self, scope: &Scope) -> Result<ScopeRoles, Error> {
        self.known_project(scope).await?;
        let namespace = self.namespace(scope);
        let known = self.kept.of::<Known>();
        let of_cluster = async { Ok(known.of_cluster(self, FRESH_FOR).await?.rbac) };
        let (accounts, rbac) = futures::try_join!(
            self.service_accounts(namespace),
            self.rbac_snapshot_with(namespace, of_cluster)
        )?;
        Ok(self.roles_of(scope, &accounts, &rbac))
    }
}

/// What may not be listed is no error.
fn readable<T>(records: Result<T, Error>) -> Result<Option<T>, Error> {
    match records {
        Ok(records) => Ok(Some(records)),
        Err(error) if error.is_forbidden() => Ok(None),
        Err(error) => Err(error),
    }
}

impl Known {
    /// ClusterRoles and ClusterRoleBindings that were asked for at most so long ago. If the API server doesn't answer, older ones.
    async fn of_cluster(&self, cluster: &Cluster, fresh_for: Duration) -> Result<Read, Error> {
        let mut known = self.of_cluster.lock().await;
        if let Some(read) = known
            .as_ref()
            .filter(|read| read.asked.elapsed() < fresh_for)
        {
            return Ok(read.clone());
        }
        let asked = Instant::now();
        match Box::pin(cluster.cluster_rbac()).await {
            Ok(rbac) => Ok(known.insert(Read { asked, rbac }).clone()),
            Err(error) if error.is_unanswered() => known.clone().ok_or(error),
            Err(error) => Err(error),
        }
    }

    fn assembled(&self, scope: &Scope, from: Sources) -> Option<Arc<ScopeRoles>> {
        let scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        let known = scopes.get(scope).filter(|known| known.from == from)?;
        Some(Arc::clone(&known.roles))
    }

    fn keep(&self, scope: &Scope, from: Sources, roles: &Arc<ScopeRoles>) {
        let mut scopes = self.scopes.lock().unwrap_or_else(PoisonError::into_inner);
        if scopes.len() >= SCOPES {
            scopes.clear();
        }
        let roles = Arc::clone(roles);
        scopes.insert(scope.clone(), Assembled { from, roles });
    }
}
