//! ServiceAccounts as pages need them: names, labels, and the annotations that Kargo reads.

use std::collections::BTreeMap;

use kube::core::Request;
use serde::Deserialize;

use super::role_status::RoleLabels;
use crate::{
    claims::{AcceptedClaims, Claim, VoidClaims},
    cluster::{
        connection::access::Access,
        inventory::kind::{Entry, Kind},
        paging::{Listing, Selector},
    },
    name::{RoleName, Uid},
    role::{Grant, RoleSummary, Unreadable},
    text::foreign,
};

const MANAGED: &str = "rbac.kargo.akuity.io/managed";
const DESCRIPTION: &str = "kargo.akuity.io/description";

/// A ServiceAccount, as lists and watches send it.
#[derive(Deserialize)]
pub(in crate::cluster) struct ServiceAccount {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Metadata {
    name: RoleName,
    uid: Uid,
    resource_version: String,
    #[serde(default)]
    labels: RoleLabels,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

/// What is kept of a ServiceAccount.
#[derive(PartialEq)]
pub(in crate::cluster) struct Account {
    pub name: RoleName,
    pub labels: RoleLabels,
    is_managed: bool,
    claims: Vec<Claim>,
    void_claims: Option<VoidClaims>,
    description: Option<String>,
}

/// The ServiceAccounts of a namespace.
pub(in crate::cluster) struct Accounts;

impl Kind for Accounts {
    type Object = ServiceAccount;
    type Record = Account;

    fn listing(namespace: &str) -> Listing {
        Listing {
            access: Access::to("list", "serviceaccounts").within(namespace),
            request: Request::new(format!("/api/v1/namespaces/{namespace}/serviceaccounts")),
            selector: Selector::All,
            is_metadata: true,
        }
    }

    fn entry(account: ServiceAccount) -> Entry<Account> {
        let metadata = account.metadata;
        Entry {
            name: metadata.name.as_str().into(),
            uid: metadata.uid.clone(),
            version: metadata.resource_version.clone().into(),
            record: metadata.into(),
        }
    }
}

impl From<ServiceAccount> for Account {
    fn from(account: ServiceAccount) -> Self {
        account.metadata.into()
    }
}

impl From<Metadata> for Account {
    fn from(metadata: Metadata) -> Self {
        let Metadata {
            name,
            labels,
            mut annotations,
            ..
        } = metadata;
        let AcceptedClaims { claims, void } = AcceptedClaims::of(&annotations);
        let is = |key| annotations.get(key).is_some_and(|text| text == "true");
        Self {
            name,
            labels,
            is_managed: is(MANAGED),
            claims: claims.into_iter().map(Claim::shown).collect(),
            void_claims: void.map(VoidClaims::shown),
            description: annotations
                .remove(DESCRIPTION)
                .filter(|text| !text.is_empty())
                .map(foreign),
        }
    }
}

impl Account {
    /// The role that the ServiceAccount is. `is_system`: a part of Kargo's installation, which doesn't annotate it.
    pub fn role(
        &self,
        is_system: bool,
        grants: Vec<Grant>,
        unreadable: Vec<Unreadable>,
    ) -> RoleSummary {
        RoleSummary {
            name: self.name.clone(),
            managed: is_system || self.is_managed,
            claims: self.claims.clone(),
            void_claims: self.void_claims.clone(),
            description: self.description.clone(),
            grants,
            unreadable,
        }
    }
}
