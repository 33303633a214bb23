//! The roles of a scope: ServiceAccounts, with what they may do and which OIDC claims map to them. Read anew each time; pages read
//! [`Cluster::known_roles`].

use std::{borrow::Borrow, collections::BTreeSet};

use super::{
    accounts::{Account, Accounts, ServiceAccount},
    rules::RbacSnapshot,
};
use crate::{
    cluster::{
        connection::{Cluster, error::Error},
        inventory::kind::Kind,
    },
    name::RoleName,
    role::{RoleStatus, RoleSummary, ScopeRoles},
    scope::Scope,
};

impl Cluster {
    /// All ServiceAccounts of a scope: roles with what they may do, and the names of those that are no roles. Kinds of objects that the person
    /// may not list are named in each role and are no error; only the ServiceAccounts themselves must be readable.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to list ServiceAccounts; [`Error::NotAProject`].
    pub async fn scope_roles(&self, scope: &Scope) -> Result<ScopeRoles, Error> {
        self.require_project(scope).await?;
        let namespace = self.namespace(scope);
        let (accounts, rbac) = futures::try_join!(
            self.service_accounts(namespace),
            self.rbac_snapshot(namespace)
        )?;
        Ok(self.roles_of(scope, &accounts, &rbac))
    }

    /// The roles among the ServiceAccounts of a scope.
    pub(super) fn roles_of(
        &self,
        scope: &Scope,
        accounts: &[impl Borrow<Account>],
        rbac: &RbacSnapshot,
    ) -> ScopeRoles {
        let namespace = self.namespace(scope);
        let status = self.role_status(scope);
        let is_system = status == RoleStatus::SystemRole;
        let unreadable = rbac.unreadable();
        let (mut roles, mut others) = (Vec::new(), BTreeSet::new());
        for account in accounts.iter().map(Borrow::borrow) {
            if self.status_of_account(scope, &account.labels).is_role() {
                let grants = rbac.granted_to(namespace, &account.name);
                roles.push(account.role(is_system, grants, unreadable.clone()));
            } else {
                others.insert(account.name.to_string());
            }
        }
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        ScopeRoles {
            status,
            roles,
            others,
        }
    }

    /// The roles of a scope, sorted by name.
    ///
    /// # Errors
    /// Those of [`Cluster::scope_roles`].
    pub async fn list_roles(&self, scope: &Scope) -> Result<Vec<RoleSummary>, Error> {
        Ok(self.scope_roles(scope).await?.roles)
    }

    /// The names of the roles, without what they may do.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to list ServiceAccounts.
    pub async fn list_role_names(&self, scope: &Scope) -> Result<Vec<RoleName>, Error> {
        let accounts = self.service_accounts(self.namespace(scope)).await?;
        Ok(accounts
            .into_iter()
            .filter(|account| self.status_of_account(scope, &account.labels).is_role())
            .map(|account| account.name)
            .collect())
    }

    pub(super) async fn service_accounts(&self, namespace: &str) -> Result<Vec<Account>, Error> {
        let listing = Accounts::listing(namespace);
        let list = self
            .read_every_page(&listing, |account: ServiceAccount| Account::from(account))
            .await?;
        Ok(list.items)
    }
}
