//! The roles of a scope: ServiceAccounts, with what they may do and which OIDC claims map to them.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::{Request, params::ListParams};
use serde::Deserialize;

use super::role_status::RoleLabels;
use crate::{
    claims::{AcceptedClaims, Claim, VoidClaims},
    cluster::connection::{Cluster, access::Access, error::Error, request::List},
    name::RoleName,
    role::{RoleStatus, RoleSummary, ScopeRoles},
    scope::Scope,
    text::foreign,
};

const MANAGED: &str = "rbac.kargo.akuity.io/managed";
const DESCRIPTION: &str = "kargo.akuity.io/description";

#[derive(Deserialize)]
struct ServiceAccount {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    name: RoleName,
    #[serde(default)]
    labels: RoleLabels,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

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
        let status = self.role_status(scope);
        let (mut roles, mut others) = (Vec::new(), BTreeSet::new());
        for Metadata {
            name,
            labels,
            mut annotations,
        } in accounts
        {
            if !self.status_of_account(scope, &labels).is_role() {
                others.insert(name.to_string());
                continue;
            }
            let AcceptedClaims { claims, void } = AcceptedClaims::of(&annotations);
            roles.push(RoleSummary {
                grants: rbac.granted_to(namespace, &name),
                name,
                // System roles are a part of Kargo's installation, which doesn't annotate them.
                managed: status == RoleStatus::SystemRole
                    || annotations
                        .get(MANAGED)
                        .is_some_and(|managed| managed == "true"),
                claims: claims.into_iter().map(Claim::shown).collect(),
                void_claims: void.map(VoidClaims::shown),
                description: annotations
                    .remove(DESCRIPTION)
                    .filter(|text| !text.is_empty())
                    .map(foreign),
                unreadable: rbac.unreadable.clone(),
            });
        }
        roles.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(ScopeRoles {
            status,
            roles,
            others,
        })
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

    async fn service_accounts(&self, namespace: &str) -> Result<Vec<Metadata>, Error> {
        let access = Access::to("list", "serviceaccounts").within(namespace);
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/serviceaccounts"))
            .list_metadata(&ListParams::default());
        let list: List<ServiceAccount> = self.read(&access, request).await?.parse(&access)?;
        Ok(list
            .items()
            .into_iter()
            .map(|account| account.metadata)
            .collect())
    }
}
