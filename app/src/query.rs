//! Addresses of pages, parsed once: a path and a query become a [`TokensQuery`], and a query becomes its address again.

use kargo::{
    filter::TokenFilter,
    inventory::{Part, Sort},
    name::{ProjectName, TokenName},
    scope::Scope,
    search::Search,
};
use leptos_router::params::ParamsMap;

use crate::error::ApiError;

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
}

impl TokensQuery {
    /// Every token of a scope.
    pub fn of(scope: Scope) -> Self {
        Self {
            scope,
            role: None,
            page: 1,
            filter: TokenFilter::All,
            search: Search::default(),
            sort: Sort::default(),
        }
    }

    /// Parses the parameters of a path and of a query.
    ///
    /// # Errors
    /// Says what is wrong with the project's name or the filter. An unknown order or page gives the default one.
    pub fn parse(path: &ParamsMap, query: &ParamsMap) -> Result<Self, ApiError> {
        let number = |name: &str| query.get(name).and_then(|text| text.parse::<u32>().ok());
        let filter = TokenFilter::parse(query.get_str("show"), number("days"))
            .map_err(|error| ApiError::invalid(error.to_string()))?;
        let page = number("page").unwrap_or(1).max(1);
        Ok(Self {
            scope: parse_scope(path)?,
            role: query.get("role").filter(|role| !role.is_empty()),
            page: usize::try_from(page).unwrap_or(1),
            filter,
            search: Search::parse(query.get_str("q").unwrap_or_default()),
            sort: Sort::parse(query.get_str("sort")),
        })
    }

    /// The parameters that aren't the default, without the search: a form that searches has them as hidden fields.
    pub fn parameters(&self) -> Vec<(&'static str, String)> {
        let is_later = self.role.is_some() && self.page > 1;
        let filter = Some(self.filter).filter(|filter| *filter != TokenFilter::All);
        [
            ("role", self.role.clone()),
            ("page", is_later.then(|| self.page.to_string())),
            ("show", filter.map(|filter| filter.word().to_owned())),
            ("days", self.filter.days().map(|days| days.to_string())),
            ("sort", self.sort.word()),
        ]
        .into_iter()
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
    }

    /// The address, percent-encoded. Defaults are left out.
    pub fn address(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(self.parameters());
        if !self.search.is_empty() {
            query.append_pair("q", self.search.text());
        }
        match query.finish().as_str() {
            "" => format!("/{}", self.scope),
            // The router reads a plus sign as one.
            query => format!("/{}?{}", self.scope, query.replace('+', "%20")),
        }
    }

    /// Whether neither a filter nor a search leaves tokens out.
    pub fn shows_all(&self) -> bool {
        self.filter == TokenFilter::All && self.search.is_empty()
    }

    /// The same query without a search, from the first page.
    #[must_use]
    pub fn without_search(&self) -> Self {
        Self {
            search: Search::default(),
            page: 1,
            ..self.clone()
        }
    }

    /// The same query with another filter, from the first page.
    #[must_use]
    pub fn with_filter(&self, filter: TokenFilter) -> Self {
        Self {
            filter,
            page: 1,
            ..self.clone()
        }
    }

    /// The same query with another order, from the first page.
    #[must_use]
    pub fn with_sort(&self, sort: Sort) -> Self {
        Self {
            sort,
            page: 1,
            ..self.clone()
        }
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
        let mut query = form_urlencoded::Serializer::new(String::new());
        if self.is_pasted {
            query.append_pair("claims", "pasted");
        }
        if !self.find.is_empty() {
            query.append_pair("find", &self.find);
        }
        if let Some(scope) = &self.scope {
            query.append_pair("scope", &scope.to_string());
        }
        match query.finish().as_str() {
            "" => "/access".to_owned(),
            query => format!("/access?{}", query.replace('+', "%20")),
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
    format!("/{scope}/tokens/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(query: &str) -> Result<TokensQuery, ApiError> {
        let mut map = ParamsMap::new();
        for pair in query.split('&').filter(|pair| !pair.is_empty()) {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            map.insert(key.to_owned(), value.to_owned());
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
    fn what_makes_no_sense_is_refused_or_ignored() {
        assert!(parse("show=nothing").is_err());
        assert!(parse("show=clean-up&days=99999").is_err());
        for ignored in ["page=0&role=ci", "page=x&role=ci", "page=-1&role=ci"] {
            assert_eq!(parse(ignored).expect("a query").page, 1);
        }
        assert_eq!(
            parse("sort=nothing").expect("a query").sort,
            Sort::default()
        );
    }
}
