//! Which of the chart's rules are on: the chart labels its policies (`ValidatingAdmissionPolicy`) and their bindings with the rule, and annotates a policy with
//! what the rule allows.

use std::collections::BTreeMap;

use kube::core::Request;
use serde::{Deserialize, de::IgnoredAny};

use super::{
    connection::{Cluster, access::Access, error::Error},
    paging::{Listing, Selector},
    projects::PROJECT,
};
use crate::{
    admission::{Enforcement, Rule, RuleInForce, RuleSettings, RuledProjects},
    scope::Scope,
};

/// Label that every namespace has: its name.
const NAME: &str = "kubernetes.io/metadata.name";
/// Label of policies and of bindings: the rule's name in the chart's values.
const RULE: &str = "kargo-tokens/rule";
/// Annotation of the policy *onlyRoles*: ServiceAccounts of the system that are roles, as a JSON list.
const SYSTEM_ROLES: &str = "kargo-tokens/system-roles";
/// Annotation of the policy *onlyRoles*: ServiceAccounts of projects that are no roles, as a JSON list.
const NOT_PROJECT_ROLES: &str = "kargo-tokens/not-project-roles";
/// Annotation of every policy: user names for which it doesn't hold, as a JSON list.
const EXEMPT_USERS: &str = "kargo-tokens/exempt-users";
/// Annotation of the policy *permanentTokens*: `documented` or `forbidden`.
const PERMANENT_TOKENS: &str = "kargo-tokens/permanent-tokens";

/// Policies that are read: the chart has six of each kind.
const MOST: u32 = 500;

#[derive(Deserialize)]
struct Policy {
    metadata: Metadata,
}

#[derive(Deserialize)]
struct Binding {
    spec: BindingSpec,
}

#[derive(Deserialize)]
struct Metadata {
    name: String,
    #[serde(default)]
    labels: BTreeMap<String, String>,
    #[serde(default)]
    annotations: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct BindingSpec {
    policy_name: String,
    #[serde(default)]
    validation_actions: Vec<Enforcement>,
    #[serde(default)]
    match_resources: MatchResources,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct MatchResources {
    namespace_selector: NamespaceSelector,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct NamespaceSelector {
    match_labels: BTreeMap<String, String>,
    match_expressions: Vec<IgnoredAny>,
}

impl NamespaceSelector {
    /// Whether it selects the namespace of this name, and no other.
    fn is_one(&self, name: &str) -> bool {
        self.projects() == RuledProjects::One(name.to_owned())
    }

    fn projects(&self) -> RuledProjects {
        let labels = self.match_labels.iter();
        let other: Vec<_> = labels
            .filter(|(key, value)| (key.as_str(), value.as_str()) != (PROJECT, "true"))
            .collect();
        match other.as_slice() {
            _ if !self.match_expressions.is_empty() => RuledProjects::Some,
            [] => RuledProjects::All,
            [(key, name)] if *key == NAME => RuledProjects::One((*name).clone()),
            _ => RuledProjects::Some,
        }
    }
}

impl BindingSpec {
    fn selector(&self) -> &NamespaceSelector {
        &self.match_resources.namespace_selector
    }

    /// Whether it is the chart's binding for the namespace of system roles.
    fn is_for(&self, system_namespace: &str) -> bool {
        self.selector().is_one(system_namespace)
    }
}

impl Metadata {
    fn rule(&self) -> Option<Rule> {
        Rule::of_word(self.labels.get(RULE)?)
    }

    /// An annotation that is a list of names; empty if it can't be read.
    fn names(&self, annotation: &str) -> Vec<String> {
        let names = self.annotations.get(annotation);
        names
            .and_then(|names| serde_json::from_str(names).ok())
            .unwrap_or_default()
    }

    fn settings(&self) -> RuleSettings {
        let permanent = self.annotations.get(PERMANENT_TOKENS);
        RuleSettings {
            system_roles: self.names(SYSTEM_ROLES),
            not_project_roles: self.names(NOT_PROJECT_ROLES),
            documented: permanent.is_some_and(|word| word == "documented"),
            exempt_users: self.names(EXEMPT_USERS),
        }
    }
}

fn listing(resource: &'static str) -> Listing {
    Listing {
        access: Access::to("list", resource),
        request: Request::new(format!("/apis/admissionregistration.k8s.io/v1/{resource}")),
        selector: Selector::Labels(RULE.to_owned()),
        is_metadata: false,
    }
}

impl Cluster {
    /// The rules that are on, in their order. None on a cluster that knows no such policies (older than Kubernetes 1.30).
    ///
    /// # Errors
    /// Those of any request.
    pub async fn rules_in_force(&self) -> Result<Vec<RuleInForce>, Error> {
        let (policies, bindings) = (
            listing("validatingadmissionpolicies"),
            listing("validatingadmissionpolicybindings"),
        );
        let read = futures::try_join!(
            self.read_page(&policies, MOST, None, &|policy: Policy| policy.metadata),
            self.read_page(&bindings, MOST, None, &|binding: Binding| binding),
        );
        match read {
            Ok((policies, bindings)) => Ok(in_force(
                &policies.items,
                &bindings.items,
                self.namespace(&Scope::System),
            )),
            Err(Error::NotFound(_)) => Ok(vec![]),
            Err(error) => Err(error),
        }
    }
}

/// The rules that are bound in the namespace of system roles. The chart binds a rule there and in the projects; a second installation for another
/// Kargo has policies of its own. A rule that is bound more than once counts as its strictest binding.
fn in_force(
    policies: &[Metadata],
    bindings: &[Binding],
    system_namespace: &str,
) -> Vec<RuleInForce> {
    let of_policy = |rule: Rule, policy: &Metadata| {
        let bound = bindings.iter().map(|binding| &binding.spec);
        let bound = bound.filter(|spec| spec.policy_name == policy.name);
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            bound.partition(|spec| spec.is_for(system_namespace));
        let strictest = here
            .iter()
            .flat_map(|spec| &spec.validation_actions)
            .max()?;
        Some(RuleInForce {
            rule,
            enforcement: *strictest,
            settings: policy.settings(),
            projects: match elsewhere.as_slice() {
                [one] => one.selector().projects(),
                _ => RuledProjects::Some,
            },
        })
    };
    let of_rule = |rule: Rule| {
        let policies = policies.iter().filter(|policy| policy.rule() == Some(rule));
        policies
            .filter_map(|policy| of_policy(rule, policy))
            .max_by_key(|found| found.enforcement)
    };
    Rule::ALL.into_iter().filter_map(of_rule).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_rule_is_on_where_its_policy_is_bound() {
        let policies: Vec<Policy> = serde_json::from_value(json!([
            { "metadata": { "name": "roles", "labels": { RULE: "onlyRoles" }, "annotations": {
                SYSTEM_ROLES: r#"["kargo-admin"]"#, NOT_PROJECT_ROLES: "no list",
            } } },
            { "metadata": { "name": "ends", "labels": { RULE: "permanentTokens" }, "annotations": {
                PERMANENT_TOKENS: "documented", EXEMPT_USERS: r#"["restore"]"#,
            } } },
            { "metadata": { "name": "other-kargo", "labels": { RULE: "uniqueNames" } } },
            { "metadata": { "name": "unbound", "labels": { RULE: "ownRole" } } },
            { "metadata": { "name": "later", "labels": { RULE: "of-a-later-version" } } },
            { "metadata": { "name": "without-labels" } },
        ]))
        .expect("policies");
        let binding = |policy: &str, namespace: &str, actions: &[&str]| {
            json!({ "spec": {
                "policyName": policy,
                "validationActions": actions,
                "matchResources": { "namespaceSelector": { "matchLabels": { "kubernetes.io/metadata.name": namespace } } },
            } })
        };
        let bindings: Vec<Binding> = serde_json::from_value(json!([
            binding("ends", "kargo", &["Audit"]),
            binding("ends", "kargo", &["Deny"]),
            binding("roles", "kargo", &["Warn", "Audit"]),
            { "spec": { "policyName": "roles", "matchResources": { "namespaceSelector": { "matchLabels": { PROJECT: "true", NAME: "shop" } } } } },
            { "spec": { "policyName": "ends", "matchResources": { "namespaceSelector": { "matchLabels": { PROJECT: "true" } } } } },
            binding("other-kargo", "kargo-2", &["Deny"]),
            binding("later", "kargo", &["Deny"]),
        ]))
        .expect("bindings");
        let policies: Vec<_> = policies.into_iter().map(|policy| policy.metadata).collect();
        let expected = [
            RuleInForce {
                rule: Rule::OnlyRoles,
                enforcement: Enforcement::Warn,
                settings: RuleSettings {
                    system_roles: vec!["kargo-admin".to_owned()],
                    ..RuleSettings::default()
                },
                projects: RuledProjects::One("shop".to_owned()),
            },
            RuleInForce {
                rule: Rule::PermanentTokens,
                enforcement: Enforcement::Deny,
                settings: RuleSettings {
                    documented: true,
                    exempt_users: vec!["restore".to_owned()],
                    ..RuleSettings::default()
                },
                projects: RuledProjects::All,
            },
        ];
        assert_eq!(in_force(&policies, &bindings, "kargo"), expected);
    }
}
