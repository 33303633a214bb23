//! The words of filters, as addresses and requests have them.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::text::foreign;

use super::{
    EXPIRES_SOON_DAYS, ExpiryFilter, MOST_DAYS, STALE_DAYS, StateFilter, TokenFilter, UseFilter,
    days::parse_days,
};

/// The words of a filter by parameter. Each is text: whoever writes an address may write anything.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct FilterWords {
    /// A state, such as `active`. See [`StateFilter::word`].
    #[serde(skip_serializing_if = "Option::is_none")]
    pub show: Option<String>,
    /// The number of days without use, for `show=clean-up` only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub days: Option<String>,
    /// A span of days, such as `30d-90d`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age: Option<String>,
    /// `ever`, `never`, `untracked`, `not-in-90d`, or a span of days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub used: Option<String>,
    /// `never`, `over`, `in-14d`, or a span of days.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expires: Option<String>,
    /// `yes` or `no`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub managed: Option<String>,
    /// `none`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
}

/// A parameter that is not understood, and what would be.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("{parameter}={word} is not understood. Use one of: {possible}.")]
pub struct IgnoredWord {
    /// The parameter.
    pub parameter: String,
    /// What it has.
    pub word: String,
    /// What it may have.
    pub possible: String,
}

/// The start of a text of others, without hidden characters.
fn short(text: String) -> String {
    foreign(text.chars().take(40).collect())
}

impl IgnoredWord {
    /// A parameter with a word that means nothing. Only the start of the word is kept.
    pub fn new(parameter: &str, word: String, possible: &str) -> Self {
        Self {
            parameter: short(parameter.to_owned()),
            word: short(word),
            possible: possible.to_owned(),
        }
    }
}

impl FilterWords {
    /// Reads the words by parameter. Empty ones are none.
    pub fn read(get: impl Fn(&str) -> Option<String>) -> Self {
        let word = |parameter: &str| get(parameter).filter(|word| !word.is_empty());
        Self {
            show: word("show"),
            days: word("days"),
            age: word("age"),
            used: word("used"),
            expires: word("expires"),
            managed: word("managed"),
            owner: word("owner"),
        }
    }

    /// The parameters that have a word, in the order of addresses.
    pub fn pairs(self) -> impl Iterator<Item = (&'static str, String)> {
        let Self {
            show,
            days,
            age,
            used,
            expires,
            managed,
            owner,
        } = self;
        [
            ("show", show),
            ("days", days),
            ("age", age),
            ("used", used),
            ("expires", expires),
            ("managed", managed),
            ("owner", owner),
        ]
        .into_iter()
        .filter_map(|(parameter, word)| Some((parameter, word?)))
    }
}

/// Collects the parameters that mean nothing.
#[derive(Default)]
struct Ignored(Vec<IgnoredWord>);

impl Ignored {
    /// What a parameter means; `None` and a note if it means nothing.
    fn meaning<T>(
        &mut self,
        parameter: &'static str,
        word: Option<&String>,
        parse: impl FnOnce(&str) -> Option<T>,
        possible: &str,
    ) -> Option<T> {
        let word = word.filter(|word| !word.is_empty())?;
        let meaning = parse(word);
        if meaning.is_none() {
            self.0
                .push(IgnoredWord::new(parameter, word.clone(), possible));
        }
        meaning
    }
}

impl TokenFilter {
    /// The filter of words, and the words that mean nothing.
    pub fn parse(words: &FilterWords) -> (Self, Vec<IgnoredWord>) {
        let mut ignored = Ignored::default();
        let mut filter = Self::default();
        let states = StateFilter::ALL.map(StateFilter::word).join(", ");
        let shown = |word: &str| match word {
            // Addresses of earlier versions.
            "never-used" => Some((StateFilter::All, Some(UseFilter::Never), None)),
            "expiring" => Some((
                StateFilter::All,
                None,
                Some(ExpiryFilter::Within(EXPIRES_SOON_DAYS)),
            )),
            word => StateFilter::ALL
                .into_iter()
                .find(|state| state.word() == word)
                .map(|state| (state, None, None)),
        };
        if let Some((state, used, expires)) =
            ignored.meaning("show", words.show.as_ref(), shown, &states)
        {
            filter = Self {
                state,
                used,
                expires,
                ..filter
            };
        }
        if filter.state.is_cleanup() {
            let days = |word: &str| word.parse().ok().filter(|days| *days <= MOST_DAYS);
            let possible = format!("0 to {MOST_DAYS}");
            let unused_days = ignored
                .meaning("days", words.days.as_ref(), days, &possible)
                .unwrap_or(STALE_DAYS);
            filter.state = StateFilter::CleanUp { unused_days };
        } else {
            ignored.meaning::<()>(
                "days",
                words.days.as_ref(),
                |_| None,
                "show=clean-up with days",
            );
        }
        let span = |word: &str| word.parse().ok();
        filter.age = ignored.meaning("age", words.age.as_ref(), span, "30d-90d, 365d-");
        let used = ignored.meaning(
            "used",
            words.used.as_ref(),
            UseFilter::parse,
            "ever, never, untracked, not-in-90d, 30d-90d, 90d-",
        );
        filter.used = used.or(filter.used);
        let expires = ignored.meaning(
            "expires",
            words.expires.as_ref(),
            ExpiryFilter::parse,
            "never, over, in-14d, 7d-30d, 90d-",
        );
        filter.expires = expires.or(filter.expires);
        let yes_or_no = |word: &str| match word {
            "yes" => Some(true),
            "no" => Some(false),
            _ => None,
        };
        filter.managed = ignored.meaning("managed", words.managed.as_ref(), yes_or_no, "yes, no");
        let none = |word: &str| (word == "none").then_some(());
        filter.has_no_owner = ignored
            .meaning("owner", words.owner.as_ref(), none, "none")
            .is_some();
        (filter, ignored.0)
    }

    /// The words of the filter. What passes every token has none.
    pub fn words(&self) -> FilterWords {
        let state = Some(self.state).filter(|state| *state != StateFilter::All);
        let days = match self.state {
            StateFilter::CleanUp { unused_days } => Some(unused_days.to_string()),
            _ => None,
        };
        FilterWords {
            show: state.map(|state| state.word().to_owned()),
            days,
            age: self.age.map(|range| range.to_string()),
            used: self.used.map(UseFilter::word),
            expires: self.expires.map(ExpiryFilter::word),
            managed: self
                .managed
                .map(|managed| if managed { "yes" } else { "no" }.to_owned()),
            owner: self.has_no_owner.then(|| "none".to_owned()),
        }
    }
}

impl UseFilter {
    /// Parses the word of an address.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "ever" => Some(Self::Ever),
            "never" => Some(Self::Never),
            "untracked" => Some(Self::Untracked),
            word => match word.strip_prefix("not-in-") {
                Some(days) => parse_days(days).map(Self::NotFor),
                None => word.parse().ok().map(Self::Ago),
            },
        }
    }

    /// The word in addresses.
    pub fn word(self) -> String {
        match self {
            Self::Ever => "ever".to_owned(),
            Self::Never => "never".to_owned(),
            Self::Untracked => "untracked".to_owned(),
            Self::NotFor(days) => format!("not-in-{days}d"),
            Self::Ago(range) => range.to_string(),
        }
    }
}

impl ExpiryFilter {
    /// Parses the word of an address.
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "never" => Some(Self::Never),
            "over" => Some(Self::Over),
            word => match word.strip_prefix("in-") {
                Some(days) => parse_days(days).map(Self::Within),
                None => word.parse().ok().map(Self::In),
            },
        }
    }

    /// The word in addresses.
    pub fn word(self) -> String {
        match self {
            Self::Never => "never".to_owned(),
            Self::Over => "over".to_owned(),
            Self::Within(days) => format!("in-{days}d"),
            Self::In(range) => range.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::filter::DayRange;

    fn words(text: &str) -> FilterWords {
        FilterWords::read(|parameter| {
            let mut pairs = text.split('&').filter_map(|pair| pair.split_once('='));
            let (_, word) = pairs.find(|(name, _)| *name == parameter)?;
            Some(word.to_owned())
        })
    }

    #[test]
    fn each_filter_leads_back_from_its_words() {
        let filters = StateFilter::ALL
            .map(TokenFilter::of)
            .into_iter()
            .chain([TokenFilter {
                state: StateFilter::CleanUp { unused_days: 7 },
                age: Some(DayRange::new(30, 90)),
                used: Some(UseFilter::NotFor(30)),
                expires: Some(ExpiryFilter::Within(7)),
                managed: Some(false),
                has_no_owner: true,
            }]);
        for filter in filters {
            assert_eq!(TokenFilter::parse(&filter.words()), (filter, vec![]));
        }
        for word in ["ever", "never", "untracked", "not-in-0d", "0d-7d", "90d-"] {
            assert_eq!(
                UseFilter::parse(word).map(UseFilter::word).as_deref(),
                Some(word)
            );
        }
        for word in ["never", "over", "in-3650d", "0d-7d", "90d-"] {
            assert_eq!(
                ExpiryFilter::parse(word).map(ExpiryFilter::word).as_deref(),
                Some(word)
            );
        }
    }

    #[test]
    fn addresses_of_earlier_versions_go_on_working() {
        let (filter, ignored) = TokenFilter::parse(&words("show=never-used"));
        assert_eq!((filter.used, ignored), (Some(UseFilter::Never), vec![]));
        let (filter, ignored) = TokenFilter::parse(&words("show=expiring"));
        assert_eq!(
            (filter.expires, ignored),
            (Some(ExpiryFilter::Within(EXPIRES_SOON_DAYS)), vec![])
        );
    }

    #[test]
    fn words_that_mean_nothing_are_named_and_leave_the_rest() {
        let (filter, ignored) = TokenFilter::parse(&words(
            "show=nothing&age=x&used=not-in-99999d&expires=in-7d&managed=maybe&owner=me",
        ));
        assert_eq!(filter.expires, Some(ExpiryFilter::Within(7)));
        let names: Vec<_> = ignored.iter().map(|it| it.parameter.as_str()).collect();
        assert_eq!(names, ["show", "age", "used", "managed", "owner"]);
        assert_eq!(
            ignored[0].to_string(),
            "show=nothing is not understood. Use one of: all, active, unrevealed, suspended, deleting, expired, due, clean-up."
        );
        let (filter, ignored) = TokenFilter::parse(&words("show=clean-up&days=99999"));
        assert_eq!(filter.state, StateFilter::CLEAN_UP);
        assert_eq!(ignored[0].parameter, "days");
        assert_eq!(
            TokenFilter::parse(&words("show=&used=")),
            (TokenFilter::default(), vec![])
        );
    }
}
