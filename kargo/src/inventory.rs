//! What a page shows of a scope's tokens: filtered, counted, grouped by role, sorted, cut into pages. Pure functions over a snapshot.

use std::{borrow::Borrow, cmp::Ordering, collections::BTreeMap};

use serde::{Deserialize, Serialize};

use crate::{
    filter::{Counter, Counts, TokenMatcher},
    search::Search,
    token::{TokenState, TokenSummary},
};

/// Tokens of each role on a page that shows all roles.
pub const PER_ROLE: usize = 50;
/// Tokens on a page that shows one role.
pub const PER_PAGE: usize = 200;

/// Which part of the tokens a page shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    /// The first [`PER_ROLE`] tokens of every role.
    EveryRole,
    /// One page of [`PER_PAGE`] tokens of one role.
    OneRole {
        /// The role's name.
        role: String,
        /// The page, from 1.
        page: usize,
    },
}

/// A column that tokens can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum SortColumn {
    /// The token's name.
    Name,
    /// The state: what needs attention first.
    State,
    /// The day of the last use; never used first.
    LastUsed,
    /// The end; tokens without one last.
    Expires,
    /// The creation time.
    #[default]
    Age,
    /// The creator's user name; unknown creators last.
    CreatedBy,
}

impl SortColumn {
    /// Every column, in the order of the table.
    pub const ALL: [Self; 6] = [
        Self::Name,
        Self::State,
        Self::LastUsed,
        Self::Expires,
        Self::Age,
        Self::CreatedBy,
    ];

    /// The word in addresses.
    pub fn word(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::State => "state",
            Self::LastUsed => "last-used",
            Self::Expires => "expires",
            Self::Age => "age",
            Self::CreatedBy => "created-by",
        }
    }
}

/// The order of tokens within their role. The default shows the newest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Sort {
    /// The column.
    pub column: SortColumn,
    /// `true` if the column's order is reversed. Ascending by age means newest first.
    pub is_descending: bool,
}

impl Sort {
    /// Parses the word of an address: a column, with `-` before it for descending. `None` for an unknown word.
    pub fn parse(word: &str) -> Option<Self> {
        let (is_descending, word) = match word.strip_prefix('-') {
            Some(word) => (true, word),
            None => (false, word),
        };
        let mut columns = SortColumn::ALL.into_iter();
        let column = columns.find(|column| column.word() == word)?;
        Some(Self {
            column,
            is_descending,
        })
    }

    /// The word in addresses; `None` for the default.
    pub fn word(self) -> Option<String> {
        let sign = if self.is_descending { "-" } else { "" };
        (self != Self::default()).then(|| format!("{sign}{}", self.column.word()))
    }

    /// Compares two tokens. Equal ones are ordered by name.
    pub fn compare(self, a: &TokenSummary, b: &TokenSummary) -> Ordering {
        let order = match self.column {
            SortColumn::Name => a.name.cmp(&b.name),
            SortColumn::State => rank(&a.state).cmp(&rank(&b.state)),
            SortColumn::LastUsed => a.last_used.cmp(&b.last_used),
            SortColumn::Expires => none_last(a.expires.as_ref(), b.expires.as_ref()),
            SortColumn::Age => b.created.cmp(&a.created),
            SortColumn::CreatedBy => none_last(a.created_by.as_ref(), b.created_by.as_ref()),
        };
        let order = if self.is_descending {
            order.reverse()
        } else {
            order
        };
        order.then_with(|| a.name.cmp(&b.name))
    }
}

fn none_last<T: Ord>(a: Option<&T>, b: Option<&T>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.cmp(b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

fn rank(state: &TokenState) -> u8 {
    match state {
        TokenState::Unrevealed => 0,
        TokenState::Preparing => 1,
        TokenState::Deleting { .. } => 2,
        TokenState::Suspended { .. } => 3,
        TokenState::Expired { .. } => 4,
        TokenState::Active => 5,
    }
}

/// The shown tokens of one role.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TokenGroup {
    /// The role's name, as the tokens' Secrets give it. The role need not exist.
    pub role: String,
    /// The tokens that the page shows, in the asked order.
    pub tokens: Vec<TokenSummary>,
    /// How many tokens of the role pass the filter, whether shown or not.
    pub total: usize,
}

/// What a page shows of a snapshot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GroupedTokens {
    /// Roles with tokens that pass the filter, by name.
    pub groups: Vec<TokenGroup>,
    /// Counts over the whole scope, or over the one role of [`Part::OneRole`].
    pub counts: Counts,
}

impl GroupedTokens {
    /// Searches, filters, counts, groups, sorts and cuts the tokens of one scope. Only found tokens are counted. Takes time that is linear in their number, and copies only the shown ones.
    pub fn of(
        tokens: &[impl Borrow<TokenSummary>],
        search: &Search,
        matcher: &TokenMatcher<'_>,
        part: &Part,
        sort: Sort,
    ) -> Self {
        let search = search.matcher();
        let found = tokens.iter().map(Borrow::borrow);
        Self::of_all(
            found.filter(|token| search.matches(token)).collect(),
            matcher,
            part,
            sort,
        )
    }

    fn of_all(
        tokens: Vec<&TokenSummary>,
        matcher: &TokenMatcher<'_>,
        part: &Part,
        sort: Sort,
    ) -> Self {
        let mut by_role: BTreeMap<&str, Vec<&TokenSummary>> = BTreeMap::new();
        for token in tokens {
            by_role.entry(&token.role).or_default().push(token);
        }
        let (mut counts, counter) = (Counts::default(), Counter::at(matcher.now()));
        let mut groups = Vec::new();
        for (role, mut tokens) in by_role {
            let matcher = matcher.of_role(role);
            if part.includes(role) {
                tokens.retain(|token| counts.add(token, &matcher, &counter));
            } else {
                tokens.retain(|token| matcher.matches(token));
            }
            if tokens.is_empty() {
                continue;
            }
            let total = tokens.len();
            let (first, most) = part.range_of(role);
            let end = first.saturating_add(most);
            let compare = |a: &&TokenSummary, b: &&TokenSummary| sort.compare(a, b);
            // What comes after the shown part needs no order.
            if end < total {
                tokens.select_nth_unstable_by(end, compare);
                tokens.truncate(end);
            }
            tokens.sort_unstable_by(compare);
            groups.push(TokenGroup {
                role: role.to_owned(),
                tokens: tokens.into_iter().skip(first).cloned().collect(),
                total,
            });
        }
        Self { groups, counts }
    }

    /// The shown tokens.
    pub fn tokens(&self) -> impl Iterator<Item = &TokenSummary> {
        self.groups.iter().flat_map(|group| &group.tokens)
    }
}

impl Part {
    /// Whether the part has tokens of a role.
    fn includes(&self, role: &str) -> bool {
        match self {
            Self::EveryRole => true,
            Self::OneRole { role: only, .. } => only == role,
        }
    }

    /// The index of the first shown token of a role, and how many are shown at most.
    fn range_of(&self, role: &str) -> (usize, usize) {
        match self {
            Self::EveryRole => (0, PER_ROLE),
            Self::OneRole { page, .. } if self.includes(role) => {
                (page.saturating_sub(1).saturating_mul(PER_PAGE), PER_PAGE)
            }
            Self::OneRole { .. } => (0, 0),
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::{filter::TokenFilter, sample, token::Uid};

    fn token(role: &str, n: usize) -> TokenSummary {
        TokenSummary {
            name: format!("{role}-{n}").parse().expect("a name"),
            uid: Uid(n.to_string()),
            role: role.to_owned(),
            created: Timestamp::from_second(i64::try_from(n).expect("small")).expect("a time"),
            last_used: (n == 0).then(|| "2026-01-01".to_owned()),
            ..sample::token()
        }
    }

    fn many() -> Vec<TokenSummary> {
        (0..450)
            .map(|n| token("big", n))
            .chain((0..3).map(|n| token("small", n)))
            .collect()
    }

    fn all() -> TokenMatcher<'static> {
        let now = sample::time("1970-01-02T00:00:00Z");
        TokenMatcher::new(TokenFilter::default(), None, now)
    }

    #[test]
    fn shows_the_first_tokens_of_every_role_and_counts_all() {
        let list = GroupedTokens::of(
            &many(),
            &Search::default(),
            &all(),
            &Part::EveryRole,
            Sort::default(),
        );
        let shown: Vec<_> = list
            .groups
            .iter()
            .map(|group| (group.role.as_str(), group.tokens.len(), group.total))
            .collect();
        assert_eq!(shown, [("big", PER_ROLE, 450), ("small", 3, 3)]);
        assert_eq!((list.counts.active, list.counts.never_used), (453, 451));
        assert_eq!(list.groups[0].tokens[0].name.as_str(), "big-449", "newest");
    }

    #[test]
    fn only_found_tokens_are_shown_and_counted() {
        let search = Search::parse("SMALL-1");
        let list = GroupedTokens::of(&many(), &search, &all(), &Part::EveryRole, Sort::default());
        let names: Vec<_> = list.tokens().map(|token| token.name.as_str()).collect();
        assert_eq!((names, list.counts.all), (vec!["small-1"], 1));
    }

    #[test]
    fn pages_through_one_role() {
        let page = |page| {
            let part = Part::OneRole {
                role: "big".to_owned(),
                page,
            };
            let list =
                GroupedTokens::of(&many(), &Search::default(), &all(), &part, Sort::default());
            list.tokens().cloned().collect::<Vec<_>>()
        };
        assert_eq!(
            (page(1).len(), page(2).len(), page(3).len(), page(4).len()),
            (200, 200, 50, 0)
        );
        assert_eq!(page(3)[49].name.as_str(), "big-0");
        assert_eq!(page(usize::MAX).len(), 0, "no page number panics");
    }

    #[test]
    fn counts_one_role_where_the_page_shows_one() {
        let part = Part::OneRole {
            role: "small".to_owned(),
            page: 1,
        };
        let counts =
            GroupedTokens::of(&many(), &Search::default(), &all(), &part, Sort::default()).counts;
        assert_eq!((counts.all, counts.active, counts.never_used), (3, 3, 2));
    }

    #[test]
    fn each_column_sorts_both_ways() {
        let first = TokenSummary {
            last_used: None,
            created_by: Some("alice".to_owned()),
            expires: Some(sample::time("2026-06-01T00:00:00Z")),
            state: TokenState::Unrevealed,
            ..token("ci", 2)
        };
        let second = TokenSummary {
            last_used: Some("2026-01-02".to_owned()),
            name: "ci-9".parse().expect("a name"),
            ..token("ci", 1)
        };
        for column in SortColumn::ALL {
            for (is_descending, expected) in [(false, "ci-2"), (true, "ci-9")] {
                let sort = Sort {
                    column,
                    is_descending,
                };
                let tokens = vec![second.clone(), first.clone()];
                let list =
                    GroupedTokens::of(&tokens, &Search::default(), &all(), &Part::EveryRole, sort);
                let name = list.groups[0].tokens[0].name.as_str();
                assert_eq!(name, expected, "{sort:?}");
            }
        }
    }

    #[test]
    fn each_sort_word_leads_back_to_its_order() {
        for column in SortColumn::ALL {
            for is_descending in [false, true] {
                let sort = Sort {
                    column,
                    is_descending,
                };
                let word = sort.word().unwrap_or_else(|| "age".to_owned());
                assert_eq!(Sort::parse(&word), Some(sort));
            }
        }
        assert_eq!(Sort::parse("-nothing"), None);
    }
}
