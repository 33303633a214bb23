//! Access to other tokens that a role's rules give to the holder of one of its tokens. Pages list it when a token is compromised, so that
//! the exposed tokens are rotated too.

use serde::{Deserialize, Serialize};

use super::rules::{Grant, Rule, Rules};

/// Access to the tokens of a namespace through one grant.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SecretAccess {
    /// Namespace; `None`: every namespace.
    pub namespace: Option<String>,
    /// `true` if the grant allows reading Secrets, and so token values. The right to change a Secret counts as the right to read it: the
    /// answer is the whole Secret.
    pub reads: bool,
    /// `true` if the grant allows creating Secrets or minting values there, and so making new tokens.
    pub creates: bool,
    /// Names of the only Secrets that can be read; empty: all of them.
    pub names: Vec<String>,
}

impl SecretAccess {
    /// `true` if the grant allows reading a Secret of a namespace.
    pub fn reads_secret(&self, namespace: &str, name: &str) -> bool {
        self.reads
            && self.namespace.as_deref().is_none_or(|of| of == namespace)
            && (self.names.is_empty() || self.names.iter().any(|only| only == name))
    }
}

/// Verbs whose answers contain a Secret's values.
const READING_VERBS: [&str; 6] = [
    "get",
    "list",
    "watch",
    "patch",
    "update",
    "deletecollection",
];

/// Access to other tokens that a role's grants give, one entry for each grant that gives any.
pub fn secret_access(grants: &[Grant]) -> Vec<SecretAccess> {
    grants
        .iter()
        .filter_map(|grant| {
            let Rules::Known(rules) = &grant.rules else {
                return None;
            };
            let reading: Vec<&Rule> = rules.iter().filter(|rule| reads_secrets(rule)).collect();
            let reads = !reading.is_empty();
            let creates = rules.iter().any(creates_tokens);
            let names = if reading.iter().any(|rule| rule.resource_names.is_empty()) {
                vec![]
            } else {
                reading
                    .iter()
                    .flat_map(|rule| rule.resource_names.clone())
                    .collect()
            };
            (reads || creates).then(|| SecretAccess {
                namespace: grant.namespace.clone(),
                reads,
                creates,
                names,
            })
        })
        .collect()
}

fn reads_secrets(rule: &Rule) -> bool {
    READING_VERBS
        .iter()
        .any(|verb| rule.allows(verb, "", "secrets"))
}

/// A rule that names objects never allows creating Secrets: a new object has no name yet when Kubernetes authorizes the request.
fn creates_tokens(rule: &Rule) -> bool {
    let creates_secrets = rule.resource_names.is_empty() && rule.allows("create", "", "secrets");
    creates_secrets || rule.allows("create", "", "serviceaccounts/token")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    /// A rule of the core API group, written `verbs / resources / names`.
    fn rule(text: &str) -> Rule {
        let parts: Vec<_> = text.split(" / ").map(list).collect();
        Rule {
            api_groups: vec![String::new()],
            verbs: parts[0].clone(),
            resources: parts[1].clone(),
            resource_names: parts.get(2).cloned().unwrap_or_default(),
            non_resource_urls: vec![],
        }
    }

    fn granted(namespace: Option<&str>, rules: Rules) -> Vec<SecretAccess> {
        secret_access(&[Grant {
            binding: "RoleBinding/b".to_owned(),
            role: "Role/r".to_owned(),
            namespace: namespace.map(str::to_owned),
            rules,
        }])
    }

    /// Access that the rules give: reading, creating, and the names.
    fn access(rules: &[&str]) -> Option<(bool, bool, Vec<String>)> {
        let rules = rules.iter().map(|text| rule(text)).collect();
        let mut all = granted(Some("kargo"), Rules::Known(rules));
        assert!(all.len() <= 1);
        all.pop().map(
            |SecretAccess {
                 reads,
                 creates,
                 names,
                 ..
             }| (reads, creates, names),
        )
    }

    #[test]
    fn who_reads_or_makes_secrets_is_access() {
        assert_eq!(access(&["get / secrets"]), Some((true, false, vec![])));
        assert_eq!(access(&["patch / secrets"]), Some((true, false, vec![])));
        assert_eq!(access(&["create / secrets"]), Some((false, true, vec![])));
        assert_eq!(
            access(&["create / serviceaccounts/token / ci"]),
            Some((false, true, vec![]))
        );
        assert_eq!(access(&["create / */token"]), Some((false, true, vec![])));
        assert_eq!(access(&["* / *"]), Some((true, true, vec![])));
        assert_eq!(
            access(&["list / secrets", "create / pods secrets"]),
            Some((true, true, vec![]))
        );
        for harmless in [
            "delete / secrets",
            "get / configmaps",
            "create / serviceaccounts",
            "create / secrets / ci",
        ] {
            assert_eq!(access(&[harmless]), None, "{harmless}");
        }
    }

    #[test]
    fn names_limit_only_the_rules_that_have_them() {
        assert_eq!(
            access(&["get / secrets / a b"]),
            Some((true, false, list("a b")))
        );
        assert_eq!(
            access(&[
                "get / secrets / a",
                "watch / secrets / b",
                "delete / secrets"
            ]),
            Some((true, false, list("a b")))
        );
        assert_eq!(
            access(&["get / secrets / a", "list / secrets"]),
            Some((true, false, vec![]))
        );
    }

    #[test]
    fn other_groups_and_unknown_rules_give_no_access() {
        let mut other = rule("* / *");
        other.api_groups = list("apps");
        assert_eq!(granted(None, Rules::Known(vec![other])), []);
        assert_eq!(granted(None, Rules::Unreadable), []);
        assert_eq!(granted(None, Rules::Dangling), []);
        let mut every = rule("* / *");
        every.api_groups = list("*");
        let everywhere = granted(None, Rules::Known(vec![every]));
        assert_eq!((everywhere.len(), &everywhere[0].namespace), (1, &None));
    }
}
