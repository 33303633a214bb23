//! The roles of a scope: ServiceAccounts, with what they may do and which OIDC claims map to them.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::{Request, params::ListParams};
use serde::Deserialize;

use super::role_status::RoleLabels;
use crate::{
    cluster::connection::{Cluster, access::Access, error::Error, request::List},
    name::RoleName,
    role::{Claim, RoleStatus, RoleSummary, ScopeRoles},
    scope::Scope,
};

const MANAGED: &str = "rbac.kargo.akuity.io/managed";
const DESCRIPTION: &str = "kargo.akuity.io/description";
const CLAIMS: &str = "rbac.kargo.akuity.io/claims";
const CLAIM_PREFIX: &str = "rbac.kargo.akuity.io/claim.";

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
            roles.push(RoleSummary {
                grants: rbac.granted_to(namespace, &name),
                name,
                // System roles are a part of Kargo's installation, which doesn't annotate them.
                managed: status == RoleStatus::SystemRole
                    || annotations
                        .get(MANAGED)
                        .is_some_and(|managed| managed == "true"),
                claims: claims(&annotations),
                description: annotations
                    .remove(DESCRIPTION)
                    .filter(|text| !text.is_empty()),
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

/// The claims as Kargo's sign-in reads them. The JSON annotation counts only if each of its values is a list: otherwise Kargo ignores the
/// whole annotation, and nobody signs in by it. The older annotations count beside it.
fn claims(annotations: &BTreeMap<String, String>) -> Vec<Claim> {
    let json: Option<BTreeMap<String, Vec<String>>> = annotations
        .get(CLAIMS)
        .and_then(|json| serde_json::from_str(json).ok());
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, values) in json.unwrap_or_default() {
        all.entry(name)
            .or_default()
            .extend(values.iter().map(|value| value.trim().to_owned()));
    }
    for (key, values) in annotations {
        if let Some(name) = key.strip_prefix(CLAIM_PREFIX) {
            let values = values
                .split(',')
                .map(str::trim)
                .filter(|value| !value.is_empty());
            all.entry(name.to_owned())
                .or_default()
                .extend(values.map(str::to_owned));
        }
    }
    all.retain(|_, values| !values.is_empty());
    all.into_iter()
        .map(|(name, values)| Claim {
            name,
            values: values.into_iter().collect(),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(annotations: &[(&str, &str)]) -> Vec<(String, Vec<String>)> {
        let annotations = annotations
            .iter()
            .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
            .collect();
        claims(&annotations)
            .into_iter()
            .map(|claim| (claim.name, claim.values))
            .collect()
    }

    fn claim(name: &str, values: &[&str]) -> (String, Vec<String>) {
        (
            name.to_owned(),
            values.iter().map(|value| (*value).to_owned()).collect(),
        )
    }

    #[test]
    fn both_kinds_of_annotations_are_merged_and_sorted() {
        let both = read(&[
            (CLAIMS, r#"{"groups":["ops"," devs"],"email":["a@b.c"]}"#),
            ("rbac.kargo.akuity.io/claim.groups", "qa, ops,,"),
            ("rbac.kargo.akuity.io/claim.sub", " "),
            ("rbac.kargo.akuity.io/managed", "true"),
        ]);
        assert_eq!(
            both,
            [
                claim("email", &["a@b.c"]),
                claim("groups", &["devs", "ops", "qa"])
            ]
        );
    }

    #[test]
    fn claims_that_sign_in_ignores_are_not_shown() {
        for json in [r#"{"groups":["ops"],"email":"a@b.c"}"#, "{", "", "[]"] {
            let old = ("rbac.kargo.akuity.io/claim.sub", "x");
            assert_eq!(
                read(&[(CLAIMS, json), old]),
                [claim("sub", &["x"])],
                "{json}"
            );
        }
    }
}
