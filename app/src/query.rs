//! Addresses of pages, parsed once: a path and a query become a [`TokensQuery`], and a query becomes its address again.

mod inventory;

use kargo::{
    filter::{FilterWords, IgnoredWord, TokenFilter},
    inventory::{Part, Sort, SortColumn},
    name::{ProjectName, TokenName},
    scope::Scope,
    search::Search,
};
use leptos_router::params::ParamsMap;

pub use inventory::InventoryQuery;

use crate::{base_path::at, error::ApiError, protocol::SEARCHED};

/// Parameters of addresses that are named when they are not understood; there may be any number.
const MOST_IGNORED: usize = 10;
/// Longest name of an object in Kubernetes.
const LONGEST_NAME: usize = 253;
/// Parameters of every list.
const OF_LISTS: [&str; 11] = [
    "role", "page", "show", "days", "age", "used", "expires", "managed", "owner", "sort", SEARCHED,
];

/// An address of a list of tokens in its parts, for links that replace one of them. Each link leads to the first page.
#[derive(Debug, Clone, PartialEq)]
pub struct ListAddress {
    /// The path.
    pub path: String,
    /// Parameters that say which list it is.
    pub own: Vec<(&'static str, String)>,
    /// Only tokens that pass this filter.
    pub filter: TokenFilter,
    /// The word of the order; `None` for the usual one.
    pub sort: Option<String>,
    /// Only tokens with these words.
    pub search: Search,
}

impl ListAddress {
    /// The parameters that aren't the default, without the search: a form that searches has them as hidden fields.
    pub fn parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let sort = self.sort.clone().map(|sort| ("sort", sort));
        let own = self.own.clone().into_iter();
        own.chain(self.filter.words().pairs()).chain(sort)
    }

    /// The same with the search.
    pub fn all_parameters(&self) -> impl Iterator<Item = (&'static str, String)> {
        let search = (!self.search.is_empty()).then(|| (SEARCHED, self.search.text().to_owned()));
        self.parameters().chain(search)
    }

    /// The address, percent-encoded. Defaults are left out.
    pub fn address(&self) -> String {
        let query = encoded(self.all_parameters());
        match query.as_str() {
            "" => self.path.clone(),
            query => format!("{}?{query}", self.path),
        }
    }

    /// The address with another filter.
    pub fn with_filter(&self, filter: TokenFilter) -> String {
        let other = Self {
            filter,
            ..self.clone()
        };
        other.address()
    }

    /// The address with another order.
    pub fn with_sort(&self, sort: Option<String>) -> String {
        let other = Self {
            sort,
            ..self.clone()
        };
        other.address()
    }

    /// The address with neither a filter nor a search.
    pub fn with_all(&self) -> String {
        let other = Self {
            filter: TokenFilter::default(),
            search: Search::default(),
            ..self.clone()
        };
        other.address()
    }

    /// Whether neither a filter nor a search leaves tokens out.
    pub fn shows_all(&self) -> bool {
        self.filter.is_all() && self.search.is_empty()
    }
}

/// Encodes parameters of an address.
fn encoded(parameters: impl Iterator<Item = (&'static str, String)>) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    query.extend_pairs(parameters);
    // The router reads a plus sign as one.
    query.finish().replace('+', "%20")
}

/// What an address of a list of tokens asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct TokensQuery {
    /// Whose tokens.
    pub scope: Scope,
    /// Only tokens of this role.
    pub role: Option<String>,
    /// The page of the role's tokens, from 1.
    pub page: usize,
    /// Only tokens that pass this filter.
    pub filter: TokenFilter,
    /// Only tokens with these words.
    pub search: Search,
    /// The order of the tokens within their role.
    pub sort: Sort,
    /// Parameters of the address that are not understood.
    pub ignored: Vec<IgnoredWord>,
}

impl TokensQuery {
    /// Every token of a scope.
    pub fn of(scope: Scope) -> Self {
        Self {
            scope,
            role: None,
            page: 1,
            filter: TokenFilter::default(),
            search: Search::default(),
            sort: Sort::default(),
            ignored: vec![],
        }
    }

    /// Parses the parameters of a path and of a query. What means nothing in the query is ignored, and named in [`TokensQuery::ignored`].
    ///
    /// # Errors
    /// Says what is wrong with the project's name.
    pub fn parse(path: &ParamsMap, query: &ParamsMap) -> Result<Self, ApiError> {
        let scope = parse_scope(path)?;
        let read = |name: &str| query.get(name);
        let (filter, mut ignored) = TokenFilter::parse(&FilterWords::read(read));
        check_names(query, &[], &mut ignored);
        let role = parse_role(query, &mut ignored);
        Ok(Self {
            page: parse_page(query, &mut ignored),
            sort: parse_sort(query, &mut ignored),
            search: Search::parse(query.get_str("q").unwrap_or_default()),
            scope,
            role,
            filter,
            ignored,
        })
    }

    /// The address in its parts, from the first page.
    pub fn list(&self) -> ListAddress {
        let role = self.role.clone().map(|role| ("role", role));
        ListAddress {
            path: at(&format!("/{}", self.scope)),
            own: role.into_iter().collect(),
            filter: self.filter,
            sort: self.sort.word(),
            search: self.search.clone(),
        }
    }

    /// The address, percent-encoded. Defaults are left out.
    pub fn address(&self) -> String {
        let mut list = self.list();
        if self.role.is_some() && self.page > 1 {
            list.own.push(("page", self.page.to_string()));
        }
        list.address()
    }

    /// The same query for one role, at a page from 1.
    #[must_use]
    pub fn with_role(&self, role: &str, page: usize) -> Self {
        Self {
            role: Some(role.to_owned()),
            page,
            ..self.clone()
        }
    }

    /// The part of the tokens that the page shows.
    pub fn part(&self) -> Part {
        match &self.role {
            None => Part::EveryRole,
            Some(role) => Part::OneRole {
                role: role.clone(),
                page: self.page,
            },
        }
    }
}

/// Names the parameters that are unknown, and those that occur twice. `own`: parameters of this list beside those of every list.
pub(crate) fn check_names(query: &ParamsMap, own: &[&str], ignored: &mut Vec<IgnoredWord>) {
    let known = [own, &OF_LISTS].concat();
    for (name, word) in query.latest_values() {
        if !known.contains(&name.as_ref()) {
            ignored.push(IgnoredWord::new(name, word.to_owned(), &known.join(", ")));
        } else if query.get_all(name).is_some_and(|all| all.len() > 1) {
            ignored.push(IgnoredWord::new(
                name,
                "…".to_owned(),
                "each parameter once",
            ));
        }
        if ignored.len() >= MOST_IGNORED {
            return;
        }
    }
}

/// Parses the name of a role. It is as long as a name in Kubernetes at most.
pub(crate) fn parse_role(query: &ParamsMap, ignored: &mut Vec<IgnoredWord>) -> Option<String> {
    let role = query.get("role").filter(|role| !role.is_empty())?;
    if role.len() > LONGEST_NAME {
        ignored.push(IgnoredWord::new("role", role, "names of up to 253 letters"));
        return None;
    }
    Some(role)
}

/// Parses the number of a page.
pub(crate) fn parse_page(query: &ParamsMap, ignored: &mut Vec<IgnoredWord>) -> usize {
    let word = query.get("page").filter(|word| !word.is_empty());
    let page = word.as_deref().map(|word| word.parse::<u32>().ok());
    match page {
        None => 1,
        Some(Some(page @ 1..)) => usize::try_from(page).unwrap_or(1),
        Some(_) => {
            ignored.push(IgnoredWord::new(
                "page",
                word.unwrap_or_default(),
                "a number from 1",
            ));
            1
        }
    }
}

/// Parses the order of tokens.
fn parse_sort(query: &ParamsMap, ignored: &mut Vec<IgnoredWord>) -> Sort {
    let Some(word) = query.get("sort").filter(|word| !word.is_empty()) else {
        return Sort::default();
    };
    Sort::parse(&word).unwrap_or_else(|| {
        ignored.push(IgnoredWord::new("sort", word, &sort_words()));
        Sort::default()
    })
}

/// The words of the orders, for people.
pub(crate) fn sort_words() -> String {
    let words = SortColumn::ALL.map(SortColumn::word).join(", ");
    format!("{words}, each with - before it for the reverse")
}

/// Query of an address of the page *Why this role?*.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccessQuery {
    /// Pasted claims, not those of the person.
    pub is_pasted: bool,
    /// Only roles with this text in their name or namespace; empty: all.
    pub find: String,
    /// A scope whose roles are read although the person may not list projects.
    pub scope: Option<Scope>,
}

impl AccessQuery {
    /// The page about one role.
    pub fn of_role(scope: Scope, role: &str) -> Self {
        Self {
            is_pasted: false,
            find: role.to_owned(),
            scope: Some(scope),
        }
    }

    /// Parses the parameters of a query. What can't be used is left out.
    pub fn parse(query: &ParamsMap) -> Self {
        Self {
            is_pasted: query.get_str("claims") == Some("pasted"),
            find: query.get("find").unwrap_or_default(),
            scope: query.get_str("scope").and_then(|scope| scope.parse().ok()),
        }
    }

    /// The address, percent-encoded. Defaults are left out.
    pub fn address(&self) -> String {
        let pairs = [
            ("claims", self.is_pasted.then(|| "pasted".to_owned())),
            (
                "find",
                Some(self.find.clone()).filter(|find| !find.is_empty()),
            ),
            ("scope", self.scope.as_ref().map(ToString::to_string)),
        ];
        let pairs = pairs.into_iter();
        match encoded(pairs.filter_map(|(name, value)| Some((name, value?)))).as_str() {
            "" => at("/access"),
            query => at(&format!("/access?{query}")),
        }
    }
}

/// Parses the scope of a path: the project that it names, or the system.
///
/// # Errors
/// Says what is wrong with the project's name.
pub fn parse_scope(path: &ParamsMap) -> Result<Scope, ApiError> {
    match path.get("project") {
        None => Ok(Scope::System),
        Some(name) => name
            .parse::<ProjectName>()
            .map(Scope::Project)
            .map_err(|error| {
                ApiError::invalid(format!("The project's name can't be used. {error}"))
            }),
    }
}

/// Parses the scope and the token's name of a path.
///
/// # Errors
/// Says what is wrong with either.
pub fn parse_token(path: &ParamsMap) -> Result<(Scope, TokenName), ApiError> {
    let scope = parse_scope(path)?;
    let name = path
        .get("name")
        .unwrap_or_default()
        .parse()
        .map_err(|error| ApiError::invalid(format!("The token's name can't be used. {error}")))?;
    Ok((scope, name))
}

/// The address of a token's page.
pub fn token_address(scope: &Scope, name: &TokenName) -> String {
    at(&format!("/{scope}/tokens/{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<TokensQuery, ApiError> {
        let mut map = ParamsMap::new();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            map.insert(key.into_owned(), value.into_owned());
        }
        TokensQuery::parse(&ParamsMap::new(), &map)
    }

    #[test]
    fn each_query_is_read_as_it_is_written() {
        for query in [
            "",
            "?role=ci",
            "?role=ci&page=3",
            "?show=active",
            "?show=clean-up&days=30",
            "?used=not-in-90d&expires=never&managed=no&owner=none&q=a%20b",
            "?age=30d-90d",
            "?sort=-name",
            "?role=ci&page=2&show=suspended&sort=last-used",
        ] {
            let parsed = parse(query.trim_start_matches('?')).expect("a query");
            assert_eq!(parsed.address(), format!("/system{query}"));
        }
    }

    #[test]
    fn a_question_about_roles_is_read_as_it_is_written() {
        for query in [
            AccessQuery::default(),
            AccessQuery::of_role(Scope::System, "kargo-admin"),
            AccessQuery {
                is_pasted: true,
                find: "a&b c".to_owned(),
                scope: "projects/demo".parse().ok(),
            },
        ] {
            let address = query.address();
            let (_, pairs) = address.split_once('?').unwrap_or((&address, ""));
            let mut map = ParamsMap::new();
            for (key, value) in form_urlencoded::parse(pairs.as_bytes()) {
                map.insert(key.into_owned(), value.into_owned());
            }
            assert_eq!(AccessQuery::parse(&map), query, "{address}");
        }
    }

    #[test]
    fn a_role_is_percent_encoded() {
        let query = TokensQuery::of(Scope::System).with_role("a&b=ü", 1);
        assert_eq!(query.address(), "/system?role=a%26b%3D%C3%BC");
    }

    #[test]
    fn what_makes_no_sense_is_ignored_and_named() {
        for (query, parameter) in [
            ("show=nothing", "show"),
            ("show=clean-up&days=99999", "days"),
            ("used=sometimes", "used"),
            ("page=0&role=ci", "page"),
            ("page=x&role=ci", "page"),
            ("page=-1&role=ci", "page"),
            ("sort=nothing", "sort"),
            ("state=active", "state"),
            ("show=active&show=suspended", "show"),
        ] {
            let query = parse(query).expect("a query");
            let names: Vec<_> = query
                .ignored
                .iter()
                .map(|it| it.parameter.as_str())
                .collect();
            assert_eq!((names, query.page), (vec![parameter], 1));
            assert_eq!(query.sort, Sort::default());
        }
    }
}
