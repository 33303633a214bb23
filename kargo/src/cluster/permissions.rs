//! Asks the API server what a person may do to the tokens of a scope. Pages offer actions by the answer; the API server still decides about
//! each request.

use jiff::Timestamp;
use kube::core::{Request, params::PostParams};
use serde::Deserialize;
use serde_json::{Value as Json, json};

use super::connection::{Cluster, access::Access, error::Error};
use crate::{permissions::Permissions, role::Rule, scope::Scope};

#[derive(Deserialize)]
struct AccessReview {
    status: AccessStatus,
}

#[derive(Deserialize)]
struct AccessStatus {
    allowed: bool,
}

#[derive(Deserialize)]
struct RulesReview {
    status: RulesStatus,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RulesStatus {
    #[serde(default)]
    resource_rules: Option<Vec<ResourceRule>>,
    /// `true` if an authorizer, such as a cloud provider's webhook, can't list its rules.
    #[serde(default)]
    incomplete: bool,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ResourceRule {
    verbs: Vec<String>,
    api_groups: Vec<String>,
    resources: Vec<String>,
    resource_names: Vec<String>,
}

impl From<ResourceRule> for Rule {
    fn from(rule: ResourceRule) -> Self {
        let ResourceRule {
            verbs,
            api_groups,
            resources,
            resource_names,
        } = rule;
        Self {
            verbs,
            api_groups,
            resources,
            resource_names,
            non_resource_urls: vec![],
        }
    }
}

impl RulesStatus {
    /// The permissions that the rules grant; `None` if the list of rules is incomplete.
    fn permissions(self) -> Option<Permissions> {
        let rules: Vec<Rule> = self
            .resource_rules
            .unwrap_or_default()
            .into_iter()
            .map(Rule::from)
            .collect();
        (!self.incomplete).then(|| Permissions::granted_by(&rules))
    }
}

impl Cluster {
    /// Rights of the person on the tokens of a scope.
    ///
    /// One `SelfSubjectRulesReview` answers for all rights. If an authorizer of the cluster can't list its rules, or the review itself is
    /// refused, a `SelfSubjectAccessReview` is asked for each right.
    ///
    /// # Errors
    /// Those of any request. To have no rights is no error.
    pub async fn permissions(&self, scope: &Scope) -> Result<Permissions, Error> {
        let namespace = self.namespace(scope);
        match self.rules_review(namespace).await {
            Ok(Some(permissions)) => Ok(permissions),
            Ok(None) | Err(Error::NotFound(_)) => self.access_reviews(namespace).await,
            Err(error) if error.is_forbidden() => self.access_reviews(namespace).await,
            Err(error) => Err(error),
        }
    }

    async fn rules_review(&self, namespace: &str) -> Result<Option<Permissions>, Error> {
        let access = Access::to("create", "selfsubjectrulesreviews.authorization.k8s.io");
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectRulesReview",
            "spec": { "namespace": namespace },
        });
        let request = Request::new("/apis/authorization.k8s.io/v1/selfsubjectrulesreviews")
            .create(&PostParams::default(), review.to_string().into_bytes());
        // The POST stores nothing, so it may be repeated like a read.
        let review: RulesReview = self.read(&access, request).await?.parse(&access)?;
        Ok(review.status.permissions())
    }

    async fn access_reviews(&self, namespace: &str) -> Result<Permissions, Error> {
        let (create, patch, delete, mint) = futures::try_join!(
            self.may(namespace, "create", "secrets", "", ""),
            self.may(namespace, "patch", "secrets", "", ""),
            self.may(namespace, "delete", "secrets", "", ""),
            self.may_mint(namespace, ""),
        )?;
        Ok(Permissions {
            create,
            patch,
            delete,
            mint,
        })
    }

    /// `true` if the person may have values minted for a role of a namespace; for all of its roles if `role` is empty.
    pub(super) async fn may_mint(&self, namespace: &str, role: &str) -> Result<bool, Error> {
        self.may(namespace, "create", "serviceaccounts", "token", role)
            .await
    }

    /// `true` if the API server would allow a request on a resource of the core API group (`SelfSubjectAccessReview`).
    pub(super) async fn may(
        &self,
        namespace: &str,
        verb: &str,
        resource: &str,
        subresource: &str,
        name: &str,
    ) -> Result<bool, Error> {
        let attributes = json!({
            "namespace": namespace, "verb": verb, "resource": resource, "subresource": subresource, "name": name,
        });
        self.access_review(&attributes).await
    }

    /// `true` if the API server would allow a request with these `resourceAttributes`.
    pub(super) async fn access_review(&self, attributes: &Json) -> Result<bool, Error> {
        Ok(self.access_review_at(attributes).await?.0)
    }

    /// The same with the time by the API server's clock.
    pub(super) async fn access_review_at(
        &self,
        attributes: &Json,
    ) -> Result<(bool, Timestamp), Error> {
        let access = Access::to("create", "selfsubjectaccessreviews.authorization.k8s.io");
        let review = json!({
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": { "resourceAttributes": attributes },
        });
        let request = Request::new("/apis/authorization.k8s.io/v1/selfsubjectaccessreviews")
            .create(&PostParams::default(), review.to_string().into_bytes());
        // The POST stores nothing, so it may be repeated like a read.
        let answer = self.read(&access, request).await?;
        let review: AccessReview = answer.parse(&access)?;
        Ok((review.status.allowed, answer.now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn permissions(status: serde_json::Value) -> Option<Permissions> {
        let status: RulesStatus = serde_json::from_value(status).expect("a status");
        status.permissions()
    }

    #[test]
    fn an_incomplete_list_of_rules_decides_nothing() {
        let rules = json!([{ "verbs": ["*"], "apiGroups": ["*"], "resources": ["*"] }]);
        assert!(
            permissions(json!({ "resourceRules": rules, "incomplete": false }))
                .is_some_and(|permissions| permissions.create && permissions.mint)
        );
        assert_eq!(
            permissions(json!({ "resourceRules": rules, "incomplete": true })),
            None
        );
    }

    #[test]
    fn a_list_without_rules_grants_nothing() {
        for status in [
            json!({}),
            json!({ "resourceRules": null, "nonResourceRules": [], "incomplete": false }),
            json!({ "resourceRules": [] }),
        ] {
            assert!(permissions(status).is_some_and(|permissions| !permissions.create));
        }
    }
}
