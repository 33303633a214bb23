//! What a role's rules let whoever holds one of its tokens take besides: told when a token is compromised, so that the others are
//! rotated too.

use serde::{Deserialize, Serialize};

use crate::role::{Grant, Rule, Rules};

/// What else whoever holds a role's token could have taken: other tokens' values, as far as the role's rules tell.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Exposure {
    /// `None`: in every namespace.
    pub namespace: Option<String>,
    /// It may read Secrets there, so tokens' values. To change one is to read it: the answer is the whole Secret.
    pub reads: bool,
    /// It may create Secrets or have tokens minted there, so make tokens of its own.
    pub makes: bool,
    /// It reads only Secrets of these names; empty: all.
    pub names: Vec<String>,
}

/// What a role's rules let its holder take or make, one entry for each grant that lets them.
pub fn exposure(grants: &[Grant]) -> Vec<Exposure> {
    grants
        .iter()
        .filter_map(|grant| {
            let Rules::Known(rules) = &grant.rules else {
                return None;
            };
            let reading: Vec<&Rule> = rules.iter().filter(|rule| reads(rule)).collect();
            let is_reader = !reading.is_empty();
            let is_maker = rules.iter().any(makes);
            let names = if reading.iter().any(|rule| rule.resource_names.is_empty()) {
                vec![]
            } else {
                reading
                    .iter()
                    .flat_map(|rule| rule.resource_names.clone())
                    .collect()
            };
            (is_reader || is_maker).then(|| Exposure {
                namespace: grant.namespace.clone(),
                reads: is_reader,
                makes: is_maker,
                names,
            })
        })
        .collect()
}

fn reads(rule: &Rule) -> bool {
    has(&rule.api_groups, "")
        && has(&rule.resources, "secrets")
        && [
            "get",
            "list",
            "watch",
            "patch",
            "update",
            "deletecollection",
        ]
        .iter()
        .any(|verb| has(&rule.verbs, verb))
}

fn makes(rule: &Rule) -> bool {
    // A new object has no name yet when Kubernetes judges, so a rule that names some never lets one create Secrets.
    let secrets = has(&rule.resources, "secrets") && rule.resource_names.is_empty();
    let minted = has(&rule.resources, "serviceaccounts/token")
        || rule.resources.iter().any(|resource| resource == "*/token");
    has(&rule.api_groups, "") && has(&rule.verbs, "create") && (secrets || minted)
}

fn has(list: &[String], one: &str) -> bool {
    list.iter().any(|entry| entry == "*" || entry == one)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(words: &str) -> Vec<String> {
        words.split_whitespace().map(str::to_owned).collect()
    }

    /// A rule for the core group, written `verbs / resources / names`.
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

    fn granted(namespace: Option<&str>, rules: Rules) -> Vec<Exposure> {
        exposure(&[Grant {
            binding: "RoleBinding/b".to_owned(),
            role: "Role/r".to_owned(),
            namespace: namespace.map(str::to_owned),
            rules,
        }])
    }

    /// Whether it reads, whether it makes, and the names.
    fn told(rules: &[&str]) -> Option<(bool, bool, Vec<String>)> {
        let rules = rules.iter().map(|text| rule(text)).collect();
        let mut all = granted(Some("kargo"), Rules::Known(rules));
        assert!(all.len() <= 1);
        all.pop().map(
            |Exposure {
                 reads,
                 makes,
                 names,
                 ..
             }| (reads, makes, names),
        )
    }

    #[test]
    fn who_reads_or_makes_secrets_is_told() {
        assert_eq!(told(&["get / secrets"]), Some((true, false, vec![])));
        assert_eq!(told(&["patch / secrets"]), Some((true, false, vec![])));
        assert_eq!(told(&["create / secrets"]), Some((false, true, vec![])));
        assert_eq!(
            told(&["create / serviceaccounts/token / ci"]),
            Some((false, true, vec![]))
        );
        assert_eq!(told(&["create / */token"]), Some((false, true, vec![])));
        assert_eq!(told(&["* / *"]), Some((true, true, vec![])));
        assert_eq!(
            told(&["list / secrets", "create / pods secrets"]),
            Some((true, true, vec![]))
        );
        for harmless in [
            "delete / secrets",
            "get / configmaps",
            "create / serviceaccounts",
            "create / secrets / ci",
        ] {
            assert_eq!(told(&[harmless]), None, "{harmless}");
        }
    }

    #[test]
    fn names_narrow_only_what_they_are_about() {
        assert_eq!(
            told(&["get / secrets / a b"]),
            Some((true, false, list("a b")))
        );
        assert_eq!(
            told(&[
                "get / secrets / a",
                "watch / secrets / b",
                "delete / secrets"
            ]),
            Some((true, false, list("a b")))
        );
        assert_eq!(
            told(&["get / secrets / a", "list / secrets"]),
            Some((true, false, vec![]))
        );
    }

    #[test]
    fn other_groups_and_unknown_rules_tell_nothing() {
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
