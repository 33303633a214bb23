//! One role with its rules and the OIDC claims that map to it.

use serde::{Deserialize, Serialize};

use super::rules::{Grant, Rule, Rules, Unreadable};
use crate::{
    claims::{Claim, VoidClaims},
    name::RoleName,
};

/// One role, as far as the viewer may know it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleSummary {
    /// Name of the ServiceAccount.
    pub name: RoleName,
    /// Purpose (annotation `kargo.akuity.io/description`).
    pub description: Option<String>,
    /// `true` if Kargo wrote the role (annotation `rbac.kargo.akuity.io/managed`).
    pub managed: bool,
    /// OIDC claims; people whose ID token has any of them act as this role.
    pub claims: Vec<Claim>,
    /// Where and why the JSON annotation of claims can't be read as lists of texts: Kargo then ignores all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub void_claims: Option<VoidClaims>,
    /// Rights of the role, one entry for each binding.
    pub grants: Vec<Grant>,
    /// Kinds of objects that the viewer may not list; grants through them are unknown.
    pub unreadable: Vec<Unreadable>,
}

impl RoleSummary {
    /// `true` if one of the role's rules allows every verb on every resource: a token of it controls the whole cluster, or the
    /// grant's namespace.
    pub fn is_all_powerful(&self) -> bool {
        self.grants.iter().any(|grant| match &grant.rules {
            Rules::Known(rules) => rules.iter().any(Rule::allows_everything),
            Rules::Dangling | Rules::Unreadable => false,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn role(rules: Rules) -> RoleSummary {
        RoleSummary {
            name: "ci".parse().expect("a name"),
            description: None,
            managed: true,
            claims: vec![],
            void_claims: None,
            grants: vec![Grant {
                binding: "RoleBinding/b".to_owned(),
                role: "Role/r".to_owned(),
                namespace: None,
                rules,
            }],
            unreadable: vec![],
        }
    }

    #[test]
    fn only_a_rule_that_allows_everything_makes_a_role_all_powerful() {
        let rule = |verbs: &str, resources: &str, groups: &str, names: &[&str]| {
            let list = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
            Rules::Known(vec![Rule {
                verbs: list(verbs),
                resources: list(resources),
                api_groups: list(groups),
                resource_names: names.iter().map(|name| (*name).to_owned()).collect(),
                non_resource_urls: vec![],
            }])
        };
        for (rules, expected) in [
            (rule("*", "*", "*", &[]), true),
            (rule("get *", "pods *", "apps *", &[]), true),
            (rule("get", "*", "*", &[]), false),
            (rule("*", "secrets", "*", &[]), false),
            (rule("*", "*", "apps", &[]), false),
            (rule("*", "*", "*", &["ci"]), false),
            (Rules::Known(vec![]), false),
            (Rules::Dangling, false),
            (Rules::Unreadable, false),
        ] {
            assert_eq!(role(rules.clone()).is_all_powerful(), expected, "{rules:?}");
        }
    }
}
