//! Judges what a ServiceAccount is to Kargo, in one place for listing roles, creating tokens and minting values.

use jiff::Timestamp;
use kube::core::{Request, params::GetParams};
use serde::Deserialize;

use crate::{
    cluster::connection::{Cluster, access::Access, error::Error},
    name::{RoleName, Uid},
    role::RoleStatus,
    scope::Scope,
};

/// Label of the ServiceAccounts that are system roles.
const SYSTEM_ROLE: &str = "rbac.kargo.akuity.io/system-role";

/// Labels of a ServiceAccount.
#[derive(Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub(in crate::cluster) struct RoleLabels(std::collections::BTreeMap<String, String>);

impl RoleLabels {
    fn has_system_role(&self) -> bool {
        self.0.get(SYSTEM_ROLE).map(String::as_str) == Some("true")
    }
}

/// Judges a ServiceAccount that exists. In the system namespace only labelled ones are roles; in a project's namespace all are.
fn status(is_system: bool, labels: &RoleLabels) -> RoleStatus {
    match (is_system, labels.has_system_role()) {
        (true, true) => RoleStatus::SystemRole,
        (true, false) => RoleStatus::NotARole,
        (false, _) => RoleStatus::ProjectRole,
    }
}

#[derive(Deserialize)]
struct ServiceAccount {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Metadata {
    uid: Uid,
    #[serde(default)]
    labels: RoleLabels,
}

impl Cluster {
    /// Status of the roles of a scope.
    pub(super) fn role_status(&self, scope: &Scope) -> RoleStatus {
        if self.is_system(scope) {
            RoleStatus::SystemRole
        } else {
            RoleStatus::ProjectRole
        }
    }

    /// Status of a ServiceAccount in a scope's namespace.
    pub(super) fn status_of_account(&self, scope: &Scope, labels: &RoleLabels) -> RoleStatus {
        status(self.is_system(scope), labels)
    }

    /// UID of the ServiceAccount of a role that tokens may be made for, and the API server's time. A token for any other ServiceAccount in
    /// the system namespace can lead to full control of the cluster.
    pub(in crate::cluster) async fn require_role(
        &self,
        scope: &Scope,
        role: &RoleName,
    ) -> Result<(Uid, Timestamp), Error> {
        self.require_project(scope).await?;
        let namespace = self.namespace(scope);
        let access = Access::to("get", "serviceaccounts")
            .within(namespace)
            .named(role.as_str());
        let request = Request::new(format!("/api/v1/namespaces/{namespace}/serviceaccounts"));
        let request = request.get_metadata(role.as_str(), &GetParams::default());
        let answer = self
            .read(&access, request)
            .await
            .map_err(|error| match error {
                Error::NotFound(_) => Error::NoRole {
                    role: role.clone(),
                    namespace: namespace.to_owned(),
                },
                error => error,
            })?;
        let ServiceAccount { metadata } = answer.parse(&access)?;
        if !self.status_of_account(scope, &metadata.labels).is_role() {
            return Err(Error::NotASystemRole {
                role: role.clone(),
                namespace: namespace.to_owned(),
            });
        }
        Ok((metadata.uid, answer.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_labelled_service_accounts_of_the_system_are_roles() {
        let labels = |text: &str| {
            RoleLabels(
                [(SYSTEM_ROLE.to_owned(), text.to_owned())]
                    .into_iter()
                    .collect(),
            )
        };
        for (is_system, labels, expected) in [
            (true, labels("true"), RoleStatus::SystemRole),
            (true, labels("false"), RoleStatus::NotARole),
            (true, labels(""), RoleStatus::NotARole),
            (true, RoleLabels::default(), RoleStatus::NotARole),
            (false, RoleLabels::default(), RoleStatus::ProjectRole),
            (false, labels("true"), RoleStatus::ProjectRole),
        ] {
            assert_eq!(status(is_system, &labels), expected, "{labels:?}");
        }
    }
}
