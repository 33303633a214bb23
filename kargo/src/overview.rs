//! Tokens of many scopes in one list: filtered, counted, grouped, sorted, cut into pages. Pure functions over snapshots.

use std::{cmp::Ordering, collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    filter::{Counter, Counts, TokenFilter, TokenMatcher},
    inventory::Sort,
    name::RoleName,
    risk::{RiskJudge, Risks, RoleRisks},
    role::ScopeRoles,
    scope::Scope,
    search::Search,
    token::TokenSummary,
};

/// Tokens on a page.
pub const PER_PAGE: usize = 200;

/// What is known of one scope.
#[derive(Debug, Clone)]
pub struct ScopeTokens {
    /// The scope.
    pub scope: Scope,
    /// Its tokens, sorted by name.
    pub tokens: Arc<[Arc<TokenSummary>]>,
    /// Its roles; `None` where they can't be read.
    pub roles: Option<Arc<ScopeRoles>>,
    /// The time of the judgement, by the API server's clock.
    pub now: Timestamp,
}

/// How the list is divided into groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Grouping {
    /// One group for each project, the system first.
    #[default]
    Project,
    /// One group for each name of a role. Roles of different projects can have the same name.
    Role,
    /// One group for all.
    None,
}

impl Grouping {
    /// Every grouping.
    pub const ALL: [Self; 3] = [Self::Project, Self::Role, Self::None];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Project => "project",
            Self::Role => "role",
            Self::None => "none",
        }
    }
}

/// The order of tokens within their group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Order {
    /// The riskiest first.
    #[default]
    Risk,
    /// By the name of the role, then by project.
    Role {
        /// `true` if the order is reversed.
        is_descending: bool,
    },
    /// By a column.
    Column(Sort),
}

impl Order {
    /// Parses the word of an address: `risk`, `role`, or that of a column. `None` for an unknown word.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "risk" => Some(Self::Risk),
            "role" | "-role" => Some(Self::Role {
                is_descending: word.starts_with('-'),
            }),
            word => Sort::parse(word).map(Self::Column),
        }
    }

    /// The word in addresses; `None` for the default.
    pub fn word(self) -> Option<String> {
        match self {
            Self::Risk => None,
            Self::Role { is_descending } => {
                Some(if is_descending { "-role" } else { "role" }.to_owned())
            }
            Self::Column(sort) => Some(sort.word().unwrap_or_else(|| "age".to_owned())),
        }
    }
}

/// Which tokens are asked for.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct OverviewQuery {
    /// Only tokens of this scope.
    pub scope: Option<Scope>,
    /// Only tokens of roles of this name.
    pub role: Option<String>,
    /// Only tokens with these words.
    pub search: Search,
    /// Only tokens that pass this filter.
    pub filter: TokenFilter,
    /// The groups.
    pub grouping: Grouping,
    /// The order within the groups.
    pub order: Order,
}

/// A token of a list.
#[derive(Debug, Clone, Copy)]
pub struct Placed<'a> {
    /// What is known of its scope.
    pub of: &'a ScopeTokens,
    /// The token.
    pub token: &'a Arc<TokenSummary>,
    /// What makes it a risk.
    pub risks: Risks,
}

/// Consecutive tokens of one group on a page.
#[derive(Debug, Clone)]
pub struct Group<'a> {
    /// Tokens of the group on all pages.
    pub total: usize,
    /// Tokens of the group on this page; at least one.
    pub tokens: Vec<Placed<'a>>,
}

/// All tokens that are asked for.
#[derive(Debug)]
pub struct Overview<'a> {
    all: Vec<Placed<'a>>,
    asked: &'a OverviewQuery,
    /// Counts over all scopes.
    pub counts: Counts,
}

impl<'a> Overview<'a> {
    /// Searches, filters and counts. Takes time that is linear in the number of tokens, and copies none.
    pub fn of(scopes: &'a [ScopeTokens], asked: &'a OverviewQuery) -> Self {
        let search = asked.search.matcher();
        let (mut counts, mut all) = (Counts::default(), Vec::new());
        let is_asked = |scope: &&ScopeTokens| {
            asked
                .scope
                .as_ref()
                .is_none_or(|asked| *asked == scope.scope)
        };
        for scope in scopes.iter().filter(is_asked) {
            let names: Option<Vec<RoleName>> = scope.roles.as_ref().map(|roles| roles.names());
            let matcher = TokenMatcher::new(asked.filter, names.as_deref(), scope.now);
            let (counter, judge) = (Counter::at(scope.now), RiskJudge::at(scope.now));
            let mut of_role = BTreeMap::new();
            for token in scope.tokens.iter() {
                let is_of_role = asked.role.as_ref().is_none_or(|role| *role == token.role);
                if !is_of_role || !search.matches(token) {
                    continue;
                }
                let (matcher, risks) = of_role
                    .entry(token.role.as_str())
                    .or_insert_with(|| (matcher.of_role(&token.role), scope.risks(&token.role)));
                if counts.add(token, matcher, &counter) {
                    all.push(Placed {
                        of: scope,
                        token,
                        risks: judge.risks(token, *risks),
                    });
                }
            }
        }
        Self { all, asked, counts }
    }

    /// How many tokens are asked for.
    pub fn len(&self) -> usize {
        self.all.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.all.is_empty()
    }

    /// All of them, in their order.
    pub fn sorted(mut self) -> Vec<Placed<'a>> {
        let asked = self.asked;
        self.all.sort_unstable_by(|a, b| a.compare(b, asked));
        self.all
    }

    /// One page of [`PER_PAGE`] tokens, from 1. A group can begin on an earlier page and end on a later one.
    pub fn page(&mut self, page: usize) -> Vec<Group<'a>> {
        let asked = self.asked;
        let compare = |a: &Placed<'_>, b: &Placed<'_>| a.compare(b, asked);
        let first = page.saturating_sub(1).saturating_mul(PER_PAGE);
        let end = first.saturating_add(PER_PAGE).min(self.all.len());
        if first >= end {
            return vec![];
        }
        // What comes before and after the page needs no order.
        if end < self.all.len() {
            self.all.select_nth_unstable_by(end, compare);
        }
        if first > 0 {
            self.all[..end].select_nth_unstable_by(first, compare);
        }
        self.all[first..end].sort_unstable_by(compare);
        let mut totals: BTreeMap<(Option<&Scope>, Option<&str>), usize> = BTreeMap::new();
        for placed in &self.all {
            *totals.entry(placed.key(asked)).or_default() += 1;
        }
        self.all[first..end]
            .chunk_by(|a, b| a.key(asked) == b.key(asked))
            .map(|tokens| Group {
                total: totals
                    .get(&tokens[0].key(asked))
                    .copied()
                    .unwrap_or_default(),
                tokens: tokens.to_vec(),
            })
            .collect()
    }
}

impl<'a> Placed<'a> {
    /// What the tokens of one group share.
    fn key(&self, asked: &OverviewQuery) -> (Option<&'a Scope>, Option<&'a str>) {
        match asked.grouping {
            Grouping::Project => (Some(&self.of.scope), None),
            Grouping::Role => (None, Some(&self.token.role)),
            Grouping::None => (None, None),
        }
    }

    fn compare(&self, other: &Self, asked: &OverviewQuery) -> Ordering {
        let within = || match asked.order {
            Order::Risk => {
                let newest = Sort::default();
                let risk = other.risks.cmp(&self.risks);
                risk.then_with(|| newest.compare(self.token, other.token))
            }
            Order::Role { is_descending } => {
                let roles = self.token.role.cmp(&other.token.role);
                let roles = if is_descending {
                    roles.reverse()
                } else {
                    roles
                };
                let scopes = self.of.scope.cmp(&other.of.scope);
                roles
                    .then(scopes)
                    .then_with(|| self.token.name.cmp(&other.token.name))
            }
            Order::Column(sort) => sort.compare(self.token, other.token),
        };
        self.key(asked)
            .cmp(&other.key(asked))
            .then_with(within)
            .then_with(|| self.of.scope.cmp(&other.of.scope))
    }
}

impl ScopeTokens {
    /// The risks that all tokens of a role share.
    fn risks(&self, role: &str) -> RoleRisks {
        let Some(roles) = &self.roles else {
            return RoleRisks::default();
        };
        let summary = roles.roles.iter().find(|known| known.name.as_str() == role);
        RoleRisks::of(Some(roles.status_of(role)), summary)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::{
        filter::UseFilter,
        risk::Risk,
        role::{RoleStatus, RoleSummary},
        sample,
        token::Uid,
    };

    fn token(role: &str, n: usize) -> Arc<TokenSummary> {
        Arc::new(TokenSummary {
            name: format!("{role}-{n:03}").parse().expect("a name"),
            uid: Uid(format!("{role}-{n}")),
            role: role.to_owned(),
            created: Timestamp::from_second(i64::try_from(n).expect("small")).expect("a time"),
            last_used: n.is_multiple_of(2).then(|| "2026-01-01".to_owned()),
            contact: Some("#web".to_owned()),
            ..sample::token()
        })
    }

    fn scope(scope: &str, roles: &[&str], tokens: &[(&str, usize)]) -> ScopeTokens {
        let role = |name: &&str| RoleSummary {
            name: name.parse().expect("a name"),
            description: None,
            managed: true,
            claims: vec![],
            void_claims: None,
            grants: vec![],
            unreadable: vec![],
        };
        ScopeTokens {
            scope: scope.parse().expect("a scope"),
            tokens: tokens
                .iter()
                .flat_map(|(role, number)| (0..*number).map(|n| token(role, n)))
                .collect(),
            roles: Some(Arc::new(ScopeRoles {
                status: RoleStatus::ProjectRole,
                roles: roles.iter().map(role).collect(),
                others: BTreeSet::from(["odd".to_owned()]),
            })),
            now: sample::time("2026-01-02T00:00:00Z"),
        }
    }

    fn scopes() -> [ScopeTokens; 3] {
        [
            scope("projects/b", &["ci"], &[("ci", 150)]),
            scope("system", &["admin"], &[("admin", 3), ("odd", 1)]),
            scope("projects/a", &["ci"], &[("ci", 100)]),
        ]
    }

    fn shown(groups: &[Group<'_>]) -> Vec<(String, usize, usize)> {
        groups
            .iter()
            .map(|group| {
                let first = &group.tokens[0];
                let name = format!("{}/{}", first.of.scope.label(), first.token.name);
                (name, group.tokens.len(), group.total)
            })
            .collect()
    }

    #[test]
    fn pages_go_through_the_groups() {
        let (scopes, asked) = (scopes(), OverviewQuery::default());
        let mut all = Overview::of(&scopes, &asked);
        assert_eq!((all.len(), all.counts.all), (254, 254));
        assert_eq!(
            shown(&all.page(1)),
            [
                ("System/odd-000".to_owned(), 4, 4),
                ("a/ci-099".to_owned(), 100, 100),
                ("b/ci-149".to_owned(), 96, 150),
            ]
        );
        assert_eq!(shown(&all.page(2)), [("b/ci-106".to_owned(), 54, 150)]);
        assert!(all.page(3).is_empty() && all.page(usize::MAX).is_empty());
    }

    #[test]
    fn groups_follow_the_grouping_and_orders_the_order() {
        let scopes = scopes();
        let first = |asked: &OverviewQuery| shown(&Overview::of(&scopes, asked).page(1));
        let by_role = OverviewQuery {
            grouping: Grouping::Role,
            ..OverviewQuery::default()
        };
        assert_eq!(
            first(&by_role),
            [
                ("System/admin-001".to_owned(), 3, 3),
                ("b/ci-149".to_owned(), 197, 250),
            ],
            "the unused ones first"
        );
        let flat = OverviewQuery {
            grouping: Grouping::None,
            order: Order::Column(Sort::parse("name").expect("an order")),
            ..OverviewQuery::default()
        };
        assert_eq!(first(&flat), [("System/admin-000".to_owned(), 200, 254)]);
        let riskiest = OverviewQuery {
            grouping: Grouping::None,
            ..OverviewQuery::default()
        };
        let mut all = Overview::of(&scopes, &riskiest);
        let page = all.page(1);
        let risks: Vec<_> = page[0].tokens[0].risks.iter().collect();
        assert_eq!(risks[0], Risk::NotARole);
    }

    #[test]
    fn only_what_is_asked_for_is_shown_and_counted() {
        let scopes = scopes();
        let asked = OverviewQuery {
            scope: Some(Scope::System),
            role: Some("admin".to_owned()),
            filter: TokenFilter {
                used: Some(UseFilter::Never),
                ..TokenFilter::default()
            },
            search: Search::parse("adm"),
            ..OverviewQuery::default()
        };
        let all = Overview::of(&scopes, &asked);
        assert_eq!((all.len(), all.counts.all, all.counts.used), (1, 3, 2));
        assert_eq!(all.sorted()[0].token.name.as_str(), "admin-001");
    }

    #[test]
    fn every_page_together_is_the_sorted_list() {
        let scopes = scopes();
        for grouping in Grouping::ALL {
            for word in ["risk", "role", "-role", "name", "-age", "last-used"] {
                let asked = OverviewQuery {
                    grouping,
                    order: Order::parse(word).expect("an order"),
                    ..OverviewQuery::default()
                };
                let mut overview = Overview::of(&scopes, &asked);
                let paged: Vec<_> = (1..=2)
                    .flat_map(|page| overview.page(page))
                    .flat_map(|group| group.tokens)
                    .map(|placed| (placed.of.scope.clone(), placed.token.name.clone()))
                    .collect();
                let sorted: Vec<_> = overview
                    .sorted()
                    .into_iter()
                    .map(|placed| (placed.of.scope.clone(), placed.token.name.clone()))
                    .collect();
                assert_eq!(paged, sorted, "{grouping:?} {word}");
            }
        }
    }
}
