//! The roles of a scope: ServiceAccounts, with what they may do and whose sign-in maps to them.

use std::collections::{BTreeMap, BTreeSet};

use kube::core::{Request, params::ListParams};
use serde::Deserialize;

use super::{
    Cluster,
    contract::SYSTEM_ROLE,
    error::{Access, Error},
    request::List,
};
use crate::{
    name::RoleName,
    role::{Claim, RoleSummary},
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
    annotations: BTreeMap<String, String>,
}

impl Cluster {
    /// The roles by name. Kinds of objects that the caller may not list are named in each role, and never fail the whole; only the
    /// ServiceAccounts themselves must be readable.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to list ServiceAccounts.
    pub async fn list_roles(&self, scope: &Scope) -> Result<Vec<RoleSummary>, Error> {
        self.require_project(scope).await?;
        let namespace = self.namespace(scope);
        let (accounts, rules) =
            futures::try_join!(self.service_accounts(scope), self.rules(namespace))?;
        let mut all: Vec<_> = accounts
            .into_iter()
            .map(
                |Metadata {
                     name,
                     mut annotations,
                 }| RoleSummary {
                    grants: rules.granted_to(namespace, &name),
                    name,
                    // The system's are a part of its installation, which doesn't annotate them.
                    managed: self.is_system(scope)
                        || annotations
                            .get(MANAGED)
                            .is_some_and(|managed| managed == "true"),
                    claims: claims(&annotations),
                    description: annotations
                        .remove(DESCRIPTION)
                        .filter(|text| !text.is_empty()),
                    unreadable: rules.unreadable.clone(),
                },
            )
            .collect();
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// The names of the roles, without asking what they may do.
    ///
    /// # Errors
    /// [`Error::Forbidden`] without the right to list ServiceAccounts.
    pub async fn list_role_names(&self, scope: &Scope) -> Result<Vec<RoleName>, Error> {
        let accounts = self.service_accounts(scope).await?;
        Ok(accounts.into_iter().map(|account| account.name).collect())
    }

    async fn service_accounts(&self, scope: &Scope) -> Result<Vec<Metadata>, Error> {
        let namespace = self.namespace(scope);
        let access = Access::to("list", "serviceaccounts").within(namespace);
        let mut params = ListParams::default();
        if self.is_system(scope) {
            params = params.labels(&format!("{SYSTEM_ROLE}=true"));
        }
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/serviceaccounts"))
            .list_metadata(&params);
        let list: List<ServiceAccount> = self.read(&access, request).await?.parse(&access)?;
        Ok(list
            .items()
            .into_iter()
            .map(|account| account.metadata)
            .collect())
    }
}

/// The claims as Kargo's sign-in reads them: the JSON annotation counts only if each of its values is a list (one that isn't
/// makes Kargo ignore the annotation, so nobody signs in by it), and the older annotations count beside it.
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
    fn what_sign_in_ignores_is_not_shown_as_a_claim() {
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
