//! The chart's rules that Kubernetes enforces (docs/POLICY.md): which are on, and which tokens could not be created under them.

use serde::Deserialize;

use crate::{scope::Scope, token::TokenSummary};

/// A rule, in the order of docs/POLICY.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rule {
    /// A role's own credential may not change or delete a suspended token of the role.
    SuspendedTokens,
    /// A role's own credential may not create a token of the role.
    OwnRole,
    /// Tokens are for roles only.
    OnlyRoles,
    /// New tokens expire, or are documented.
    PermanentTokens,
    /// Names of new tokens end in a random suffix.
    UniqueNames,
    /// The annotations of Kargo Tokens change as its commands change them.
    Annotations,
}

impl Rule {
    /// Every rule.
    pub const ALL: [Self; 6] = [
        Self::SuspendedTokens,
        Self::OwnRole,
        Self::OnlyRoles,
        Self::PermanentTokens,
        Self::UniqueNames,
        Self::Annotations,
    ];

    /// Its name in the chart's values.
    pub fn word(self) -> &'static str {
        match self {
            Self::SuspendedTokens => "suspendedTokens",
            Self::OwnRole => "ownRole",
            Self::OnlyRoles => "onlyRoles",
            Self::PermanentTokens => "permanentTokens",
            Self::UniqueNames => "uniqueNames",
            Self::Annotations => "annotations",
        }
    }

    /// The rule of this name.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|rule| rule.word() == word)
    }
}

/// Answer of Kubernetes to a request that breaks a rule. The mildest comes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub enum Enforcement {
    /// Lets it through, and notes it in the cluster's audit log.
    Audit,
    /// Lets it through with a warning.
    Warn,
    /// Refuses it.
    Deny,
}

/// Exceptions of a rule, from the chart's values.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RuleSettings {
    /// Of *onlyRoles*: ServiceAccounts of the system that are roles.
    pub system_roles: Vec<String>,
    /// Of *onlyRoles*: ServiceAccounts of projects that are no roles.
    pub not_project_roles: Vec<String>,
    /// Of *permanentTokens*: a token with note and contact need not expire.
    pub documented: bool,
    /// Of every rule: user names for which it doesn't hold.
    pub exempt_users: Vec<String>,
}

/// The projects in which a rule holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RuledProjects {
    /// All of Kargo's projects.
    All,
    /// The project of this name.
    One(String),
    /// Those that a selector by other labels selects, which the dashboard doesn't read.
    Some,
}

/// A rule that is on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleInForce {
    /// Which one.
    pub rule: Rule,
    /// Answer to a request that breaks it.
    pub enforcement: Enforcement,
    /// Its exceptions.
    pub settings: RuleSettings,
    /// Where it holds, besides the system.
    pub projects: RuledProjects,
}

impl RuleInForce {
    /// Whether the rule holds in a scope; `None` if that isn't known.
    pub fn holds_in(&self, scope: &Scope) -> Option<bool> {
        match (scope, &self.projects) {
            (Scope::System, _) | (_, RuledProjects::All) => Some(true),
            (Scope::Project(name), RuledProjects::One(one)) => Some(name.as_str() == one),
            (Scope::Project(_), RuledProjects::Some) => None,
        }
    }

    /// Whether the rule says something about tokens. The others are about what somebody does: no token can break them.
    pub fn is_about_tokens(&self) -> bool {
        matches!(
            self.rule,
            Rule::OnlyRoles | Rule::PermanentTokens | Rule::UniqueNames
        )
    }

    /// Whether a token like this one could not be created now. What exists already may stay as it is. Where it isn't known whether the rule holds in
    /// the token's project, the answer is that for a project in which it does.
    pub fn is_broken_by(&self, scope: &Scope, token: &TokenSummary) -> bool {
        if self.holds_in(scope) == Some(false) {
            return false;
        }
        let settings = &self.settings;
        match self.rule {
            Rule::SuspendedTokens | Rule::OwnRole | Rule::Annotations => false,
            Rule::OnlyRoles if *scope == Scope::System => {
                !settings.system_roles.contains(&token.role)
            }
            Rule::OnlyRoles => settings.not_project_roles.contains(&token.role),
            Rule::PermanentTokens => {
                let is_written = |text: &Option<String>| {
                    text.as_deref().is_some_and(|text| !text.trim().is_empty())
                };
                let is_documented = is_written(&token.note) && is_written(&token.contact);
                !(token.is_expiring() || settings.documented && is_documented)
            }
            Rule::UniqueNames => !token.name.has_random_suffix(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    fn rule(rule: Rule) -> RuleInForce {
        RuleInForce {
            rule,
            enforcement: Enforcement::Deny,
            settings: RuleSettings {
                system_roles: vec!["kargo-admin".to_owned()],
                not_project_roles: vec!["default".to_owned()],
                documented: true,
                exempt_users: vec![],
            },
            projects: RuledProjects::All,
        }
    }

    #[test]
    fn the_words_are_those_of_the_charts_values() {
        let values = include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/../deploy/chart/values.yaml"
        ));
        for rule in Rule::ALL {
            assert!(values.contains(&format!("    {}: \"off\"\n", rule.word())));
            assert_eq!(Rule::of_word(rule.word()), Some(rule));
        }
        assert_eq!(Rule::of_word("other"), None);
    }

    #[test]
    fn a_token_breaks_what_it_could_not_be_created_under() {
        let project = Scope::Project("demo".parse().expect("a name"));
        let token = |role: &str, name: &str, note: &str, contact: &str| TokenSummary {
            role: role.to_owned(),
            name: name.parse().expect("a name"),
            note: Some(note.to_owned()),
            contact: Some(contact.to_owned()),
            ..sample::token()
        };
        let documented = token("kargo-admin", "ci-7f3kq", "CI", "#web");
        let undocumented = token("default", "ci", "CI", " ");
        let expiring = TokenSummary {
            expires: Some(sample::time("2027-01-01T00:00:00Z")),
            ..undocumented.clone()
        };
        for (of, scope, token, is_broken) in [
            (Rule::OnlyRoles, &Scope::System, &documented, false),
            (Rule::OnlyRoles, &Scope::System, &undocumented, true),
            (Rule::OnlyRoles, &project, &documented, false),
            (Rule::OnlyRoles, &project, &undocumented, true),
            (Rule::PermanentTokens, &project, &documented, false),
            (Rule::PermanentTokens, &project, &undocumented, true),
            (Rule::PermanentTokens, &project, &expiring, false),
            (Rule::UniqueNames, &project, &documented, false),
            (Rule::UniqueNames, &project, &undocumented, true),
            (Rule::SuspendedTokens, &project, &undocumented, false),
            (Rule::OwnRole, &project, &undocumented, false),
            (Rule::Annotations, &project, &undocumented, false),
        ] {
            let found = rule(of).is_broken_by(scope, token);
            assert_eq!(found, is_broken, "{of:?} {}", token.name);
        }
        for (projects, holds) in [
            (RuledProjects::One("demo".to_owned()), Some(true)),
            (RuledProjects::One("other".to_owned()), Some(false)),
            (RuledProjects::Some, None),
        ] {
            let unique = RuleInForce {
                projects,
                ..rule(Rule::UniqueNames)
            };
            assert_eq!(unique.holds_in(&project), holds);
            assert_eq!(unique.holds_in(&Scope::System), Some(true));
            let is_broken = unique.is_broken_by(&project, &undocumented);
            assert_eq!(is_broken, holds != Some(false));
        }
        let mut forbidden = rule(Rule::PermanentTokens);
        forbidden.settings.documented = false;
        assert!(forbidden.is_broken_by(&project, &documented));
        assert!(!forbidden.is_broken_by(&project, &expiring));
    }
}
