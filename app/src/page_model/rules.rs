//! The model of `/rules`: which of the chart's rules Kubernetes enforces, and which tokens could not be created under them.

use kargo::{
    admission::{Enforcement, Rule, RuleInForce, RuledProjects},
    cluster::Viewer,
    name::TokenName,
    overview::ScopeTokens,
    problem::Problem,
    scope::Scope,
};

use super::{InventoryScopes, RulesReader};
use crate::{error::ApiError, query::InventoryQuery, visited::Visited};

/// Tokens of one rule that the page names.
const NAMED: usize = 50;

/// Everything that the page shows.
#[derive(Debug, Clone)]
pub struct RulesPageModel {
    /// Every rule, or why the rules can't be read.
    pub rules: Result<Vec<RuleStatus>, ApiError>,
    /// What keeps tokens from being looked at.
    pub problems: Vec<Problem>,
    /// Whether the person may not list projects, so that other tokens than the counted ones may break a rule.
    pub is_incomplete: bool,
}

/// A rule and what there is to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleStatus {
    /// Which one.
    pub rule: Rule,
    /// What happens to a request that breaks it; `None`: the rule is off.
    pub enforcement: Option<Enforcement>,
    /// Whether a note and a contact are enough for a token that never expires.
    pub documented: bool,
    /// Whether it holds in some of the projects only, by labels that the dashboard doesn't read.
    pub holds_in_some_projects: bool,
    /// Tokens that could not be created under the rule; `None` if no token can break it, or if it is off.
    pub broken_by: Option<Breaking>,
}

/// Tokens that break a rule.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Breaking {
    /// How many there are.
    pub total: usize,
    /// The first ones.
    pub named: Vec<(Scope, TokenName)>,
}

/// Reads the page.
pub async fn read_rules_page(
    reader: RulesReader,
    viewer: Viewer,
    visited: Visited,
) -> RulesPageModel {
    let rules = match reader.0.known_rules_in_force().await {
        Ok(rules) => rules,
        Err(error) => {
            return RulesPageModel {
                rules: Err(error.into()),
                problems: vec![],
                is_incomplete: false,
            };
        }
    };
    let mut scopes = vec![];
    let mut problems = vec![];
    let mut is_incomplete = false;
    if rules.iter().any(RuleInForce::is_about_tokens) {
        let read = InventoryScopes::read(&viewer, &InventoryQuery::default(), &visited).await;
        scopes = read.tokens();
        problems = super::inventory::problems(&read);
        is_incomplete = !read.is_complete();
    }
    let rules = Rule::ALL.map(|rule| status(rule, &rules, &scopes));
    RulesPageModel {
        rules: Ok(rules.into()),
        problems,
        is_incomplete,
    }
}

fn status(rule: Rule, in_force: &[RuleInForce], scopes: &[ScopeTokens]) -> RuleStatus {
    let found = in_force.iter().find(|it| it.rule == rule);
    RuleStatus {
        rule,
        enforcement: found.map(|it| it.enforcement),
        documented: found.is_some_and(|it| it.settings.documented),
        holds_in_some_projects: found.is_some_and(|it| it.projects == RuledProjects::Some),
        broken_by: found
            .filter(|it| it.is_about_tokens())
            .map(|it| breaking(it, scopes)),
    }
}

fn breaking(rule: &RuleInForce, scopes: &[ScopeTokens]) -> Breaking {
    let mut breaking = Breaking::default();
    for of in scopes {
        for token in of.tokens.iter() {
            if rule.is_broken_by(&of.scope, token) {
                breaking.total += 1;
                if breaking.named.len() < NAMED {
                    breaking.named.push((of.scope.clone(), token.name.clone()));
                }
            }
        }
    }
    breaking
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kargo::{admission::RuleSettings, sample, token::TokenSummary};

    use super::*;

    #[test]
    fn tokens_are_named_for_the_rules_that_are_on_and_about_tokens() {
        let in_force = [Rule::UniqueNames, Rule::OwnRole].map(|rule| RuleInForce {
            rule,
            enforcement: Enforcement::Warn,
            settings: RuleSettings::default(),
            projects: RuledProjects::All,
        });
        let token = |name: String| {
            Arc::new(TokenSummary {
                name: name.parse().expect("a name"),
                ..sample::token()
            })
        };
        let scopes = [ScopeTokens {
            scope: Scope::System,
            tokens: (0..60)
                .map(|n| token(format!("ci-number-{n}")))
                .chain([token("ci-7f3kq".to_owned())])
                .collect(),
            roles: None,
            now: sample::time("2026-11-24T12:00:00Z"),
        }];
        let found = |rule| status(rule, &in_force, &scopes);
        let unique = found(Rule::UniqueNames);
        assert_eq!(unique.enforcement, Some(Enforcement::Warn));
        let breaking = unique.broken_by.expect("it is about tokens");
        assert_eq!((breaking.total, breaking.named.len()), (60, NAMED));
        assert_eq!(found(Rule::OwnRole).broken_by, None);
        let off = found(Rule::OnlyRoles);
        assert_eq!((off.enforcement, off.broken_by), (None, None));
    }
}
