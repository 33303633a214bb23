//! The model of `/rules`: which of the chart's rules Kubernetes enforces, and which tokens could not be created under them.

use kargo::{
    admission::{Rule, RuleInForce},
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
    /// Reasons for which tokens could not be looked at.
    pub problems: Vec<Problem>,
    /// Whether the person may not list projects, so that other tokens than the counted ones may break a rule.
    pub is_incomplete: bool,
}

/// A rule and what there is to say about it.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleStatus {
    /// Which one.
    pub rule: Rule,
    /// Its settings; `None`: the rule is off.
    pub in_force: Option<RuleInForce>,
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
        is_incomplete = read.lacks_rights();
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
        in_force: found.cloned(),
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

    use kargo::{
        admission::{Enforcement, RuleSettings, RuledProjects},
        sample,
        token::TokenSummary,
    };

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
        let enforcement = unique.in_force.map(|it| it.enforcement);
        assert_eq!(enforcement, Some(Enforcement::Warn));
        let breaking = unique.broken_by.expect("it is about tokens");
        assert_eq!((breaking.total, breaking.named.len()), (60, NAMED));
        assert_eq!(found(Rule::OwnRole).broken_by, None);
        let off = found(Rule::OnlyRoles);
        assert_eq!((off.in_force, off.broken_by), (None, None));
    }
}
