//! Addresses of the inventory: `/inventory`.

use std::collections::BTreeSet;

use kargo::{
    filter::{FilterWords, IgnoredWord, TokenFilter},
    name::ProjectName,
    overview::{Grouping, Order, OverviewQuery},
    scope::Scope,
    search::Search,
};
use leptos_router::params::ParamsMap;

use super::{ListAddress, check_names, parse_page, parse_role, sort_words};

use crate::base_path::at;

/// Most projects that an address may name.
const MOST_PROJECTS: usize = 50;

/// Parameters of the inventory's address beside those of every list.
const OWN: [&str; 3] = ["also", "group", "scope"];

/// Query of an address of the inventory.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct InventoryQuery {
    /// Which tokens.
    pub asked: OverviewQuery,
    /// The page, from 1.
    pub page: usize,
    /// Projects that the person named because they may not list projects.
    pub also: BTreeSet<ProjectName>,
    /// Parameters of the address that are not understood.
    pub ignored: Vec<IgnoredWord>,
}

impl InventoryQuery {
    /// Parses the parameters of a query. What means nothing is ignored, and named in [`InventoryQuery::ignored`].
    pub fn parse(query: &ParamsMap) -> Self {
        let word = |name: &str| query.get(name).filter(|word| !word.is_empty());
        let (filter, mut ignored) = TokenFilter::parse(&FilterWords::read(word));
        let grouping = word("group").map(|word| {
            let known = Grouping::ALL.into_iter().find(|it| it.word() == word);
            known.unwrap_or_else(|| {
                let words = Grouping::ALL.map(Grouping::word).join(", ");
                ignored.push(IgnoredWord::new("group", word, &words));
                Grouping::default()
            })
        });
        let order = word("sort").map(|word| {
            Order::parse(&word).unwrap_or_else(|| {
                let words = format!("risk, role, {}", sort_words());
                ignored.push(IgnoredWord::new("sort", word, &words));
                Order::default()
            })
        });
        let scope = word("scope").and_then(|word| {
            let scope = word.parse::<Scope>();
            if scope.is_err() {
                ignored.push(IgnoredWord::new("scope", word, "system, projects/NAME"));
            }
            scope.ok()
        });
        let names = word("also").unwrap_or_default();
        let names = || {
            names
                .split(',')
                .map(str::trim)
                .filter(|name| !name.is_empty())
        };
        let also: BTreeSet<_> = names()
            .filter_map(|name| name.parse().ok())
            .take(MOST_PROJECTS)
            .collect();
        if let Some(wrong) = names().find(|name| name.parse::<ProjectName>().is_err()) {
            let possible = "up to 50 names of projects, separated by commas";
            ignored.push(IgnoredWord::new("also", wrong.to_owned(), possible));
        }
        check_names(query, &OWN, &mut ignored);
        let role = parse_role(query, &mut ignored);
        Self {
            asked: OverviewQuery {
                scope,
                role,
                search: Search::parse(query.get_str("q").unwrap_or_default()),
                filter,
                grouping: grouping.unwrap_or_default(),
                order: order.unwrap_or_default(),
            },
            page: parse_page(query, &mut ignored),
            also,
            ignored,
        }
    }

    /// Parses the parameters of an export, which has no pages.
    pub fn parse_export(pairs: &[(String, String)]) -> Self {
        let mut query = Self::parse(&pairs.iter().cloned().collect());
        if let Some((_, page)) = pairs.iter().find(|(name, _)| name == "page") {
            let possible = "no page: an export has all of them";
            query
                .ignored
                .push(IgnoredWord::new("page", page.clone(), possible));
        }
        query
    }

    /// The address in its parts, from the first page.
    pub fn list(&self) -> ListAddress {
        let asked = &self.asked;
        let grouping = Some(asked.grouping).filter(|it| *it != Grouping::default());
        let also: Vec<_> = self.also.iter().map(ProjectName::as_str).collect();
        let own = [
            ("also", (!also.is_empty()).then(|| also.join(","))),
            ("group", grouping.map(|it| it.word().to_owned())),
            ("scope", asked.scope.as_ref().map(ToString::to_string)),
            ("role", asked.role.clone()),
        ];
        ListAddress {
            path: at("/inventory"),
            own: own
                .into_iter()
                .filter_map(|(name, value)| Some((name, value?)))
                .collect(),
            filter: asked.filter,
            sort: asked.order.word(),
            search: asked.search.clone(),
        }
    }

    /// The address of a page, from 1.
    pub fn at_page(&self, page: usize) -> String {
        let mut list = self.list();
        if page > 1 {
            list.own.push(("page", page.to_string()));
        }
        list.address()
    }

    /// The address of the same tokens at another path.
    pub fn at_path(&self, path: &str) -> String {
        let list = ListAddress {
            path: at(path),
            ..self.list()
        };
        list.address()
    }

    /// The address of the first page of other tokens.
    pub fn with(&self, change: impl FnOnce(&mut OverviewQuery)) -> String {
        let mut other = self.clone();
        change(&mut other.asked);
        other.list().address()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> InventoryQuery {
        let mut map = ParamsMap::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            map.insert(key.into_owned(), value.into_owned());
        }
        InventoryQuery::parse(&map)
    }

    #[test]
    fn each_query_is_read_as_it_is_written() {
        for query in [
            "",
            "?group=role&page=2",
            "?scope=system&used=never&sort=-age&q=ci",
            "?also=a%2Cb&group=none&scope=projects%2Fdemo&role=ci&show=active",
        ] {
            let parsed = parse(query.trim_start_matches('?'));
            assert_eq!(parsed.ignored, []);
            assert_eq!(parsed.at_page(parsed.page), format!("/inventory{query}"));
        }
        assert_eq!(parse("sort=risk&group=project").at_page(1), "/inventory");
    }

    #[test]
    fn an_export_names_parameters_that_are_unknown() {
        let export = |query: &str| {
            let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes())
                .into_owned()
                .collect();
            InventoryQuery::parse_export(&pairs).ignored.len()
        };
        assert_eq!(export("used=never&group=role&q=a&scope=system"), 0);
        for query in [
            "useds=never",
            "page=2",
            "show=active&days=30",
            "used=never&used=ever",
        ] {
            assert_eq!(export(query), 1, "{query}");
        }
    }

    #[test]
    fn what_means_nothing_is_ignored_and_named() {
        let query = parse("group=x&sort=x&scope=x&also=A,b&page=x&used=x");
        let names: Vec<_> = query
            .ignored
            .iter()
            .map(|it| it.parameter.as_str())
            .collect();
        assert_eq!(names, ["used", "group", "sort", "scope", "also", "page"]);
        assert_eq!(query.also.len(), 1);
        let long = parse(&format!(
            "also={}&role={}",
            ",".repeat(30_000),
            "x".repeat(300)
        ));
        assert_eq!((long.ignored.len(), long.asked.role), (1, None));
    }
}
