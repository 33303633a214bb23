//! The roles of a scope: ServiceAccounts, with what they may do and which OIDC claims map to them.

use std::{
    borrow::Cow,
    collections::{BTreeMap, BTreeSet},
};

use kube::core::{Request, params::ListParams};
use serde::Deserialize;

use super::role_status::RoleLabels;
use crate::{
    cluster::connection::{Cluster, access::Access, error::Error, request::List},
    name::RoleName,
    role::{Claim, RoleStatus, RoleSummary, ScopeRoles},
    scope::Scope,
    text::foreign,
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
            let RoleClaims { claims, void } = claims(&annotations);
            roles.push(RoleSummary {
                grants: rbac.granted_to(namespace, &name),
                name,
                // System roles are a part of Kargo's installation, which doesn't annotate them.
                managed: status == RoleStatus::SystemRole
                    || annotations
                        .get(MANAGED)
                        .is_some_and(|managed| managed == "true"),
                claims,
                void_claims: void,
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

/// Claims of a role, and why its JSON annotation is void, if it is.
#[derive(Debug, PartialEq, Eq)]
struct RoleClaims {
    claims: Vec<Claim>,
    void: Option<String>,
}

/// The claims as Kargo's sign-in reads them. It decodes the JSON annotation as Go does into lists of strings: `null` is an empty list or an
/// empty text, and anything else that is no list of strings voids the whole annotation, so nobody signs in by it. The older annotations
/// count beside it.
fn claims(annotations: &BTreeMap<String, String>) -> RoleClaims {
    type Lists = BTreeMap<String, Option<Vec<Option<String>>>>;
    let json = annotations
        .get(CLAIMS)
        .map(|json| serde_json::from_str::<Option<Lists>>(&with_paired_surrogates(json)));
    let (json, void) = match json {
        None => (None, None),
        Some(Ok(lists)) => (lists, None),
        // serde's own text may quote what it can't use.
        Some(Err(error)) => (
            None,
            Some(format!("line {}, column {}", error.line(), error.column())),
        ),
    };
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, values) in json.unwrap_or_default() {
        all.entry(name).or_default().extend(
            values
                .into_iter()
                .flatten()
                .map(|value| value.unwrap_or_default().trim().to_owned()),
        );
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
    let claims = all.into_iter().map(|(name, values)| Claim {
        name: foreign(name),
        values: values.into_iter().map(foreign).collect(),
    });
    RoleClaims {
        claims: claims.collect(),
        void,
    }
}

/// Replaces each half of a surrogate pair that stands alone by `\ufffd`, as Go does. JSON with such an escape is an error for serde.
fn with_paired_surrogates(json: &str) -> Cow<'_, str> {
    if !json.contains("\\u") {
        return json.into();
    }
    let escape = |text: &str| {
        let hex = text.strip_prefix("\\u")?.get(..4)?;
        u16::from_str_radix(hex, 16).ok()
    };
    let (is_high, is_low) = (0xd800..0xdc00, 0xdc00..0xe000);
    let mut clean = String::with_capacity(json.len());
    let mut rest = json;
    while let Some(start) = rest.find('\\') {
        let (before, found) = rest.split_at(start);
        clean.push_str(before);
        let (taken, length) = match escape(found) {
            Some(unit) if is_high.contains(&unit) => match escape(&found[6..]) {
                Some(next) if is_low.contains(&next) => (&found[..12], 12),
                _ => ("\\ufffd", 6),
            },
            Some(unit) if is_low.contains(&unit) => ("\\ufffd", 6),
            Some(_) => (&found[..6], 6),
            None => {
                let length = found
                    .char_indices()
                    .nth(2)
                    .map_or(found.len(), |(end, _)| end);
                (&found[..length], length)
            }
        };
        clean.push_str(taken);
        rest = &found[length..];
    }
    clean.push_str(rest);
    clean.into()
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
            .claims
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

    #[test]
    fn claims_are_decoded_as_go_does() {
        let annotations = |json: &str| BTreeMap::from([(CLAIMS.to_owned(), json.to_owned())]);
        for (json, names) in [
            (r#"{"groups":null,"email":["a@b.c"]}"#, "email=a@b.c"),
            (r#"{"groups":["x",null]}"#, "groups=,x"),
            (r#"{"groups":["a\ud800b"]}"#, "groups=a\u{fffd}b"),
            (
                r#"{"groups":["\udc00\ud83d\ude00"]}"#,
                "groups=\u{fffd}\u{1f600}",
            ),
            (r#"{"groups":["a\\ud800"]}"#, r"groups=a\ud800"),
            ("null", ""),
            ("{}", ""),
        ] {
            let read = claims(&annotations(json));
            let text: Vec<_> = read
                .claims
                .iter()
                .map(|claim| format!("{}={}", claim.name, claim.values.join(",")))
                .collect();
            assert_eq!(
                (text.join(" ").as_str(), read.void),
                (names, None),
                "{json}"
            );
        }
        for (json, place) in [
            (r#"{"groups":"ops"}"#, "line 1, column 15"),
            (r#"{"groups":[1]}"#, "line 1, column 12"),
            ("{", "line 1, column 1"),
            ("[]", "line 1, column 0"),
            ("", "line 1, column 0"),
            (r#"{"groups":["a"]} x"#, "line 1, column 18"),
        ] {
            let read = claims(&annotations(json));
            assert_eq!(read.claims, [], "{json}");
            assert_eq!(read.void.as_deref(), Some(place), "{json}");
        }
    }
}
