//! Finds tokens by a text.

use serde::{Deserialize, Serialize};

use crate::token::TokenSummary;

/// Words that a token must have, each somewhere: in its name, role, note, contact or creator. Upper and lower case are the same.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Search(String);

impl Search {
    /// Longest text, in characters.
    pub const LONGEST: usize = 200;

    /// A search for the words of a text. What is beyond [`Search::LONGEST`] is cut off.
    pub fn parse(text: &str) -> Self {
        Self(text.trim().chars().take(Self::LONGEST).collect())
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.0
    }

    /// Whether every token is found.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The judgement of tokens.
    pub fn matcher(&self) -> SearchMatcher {
        SearchMatcher(self.0.split_whitespace().map(str::to_lowercase).collect())
    }
}

/// A search that is prepared for many tokens.
#[derive(Debug)]
pub struct SearchMatcher(Vec<String>);

impl SearchMatcher {
    /// Whether a token has all words.
    pub fn matches(&self, token: &TokenSummary) -> bool {
        if self.0.is_empty() {
            return true;
        }
        let texts = [
            Some(token.name.as_str()),
            Some(token.role.as_str()),
            token.note.as_deref(),
            token.contact.as_deref(),
            token.created_by.as_deref(),
        ];
        self.0.iter().all(|word| {
            let mut texts = texts.into_iter().flatten();
            texts.any(|text| has_word(text, word))
        })
    }
}

/// Whether a text has a word, which is in lower case. Most texts are ASCII, and are not copied.
fn has_word(text: &str, word: &str) -> bool {
    if text.is_ascii() {
        let (text, word) = (text.as_bytes(), word.as_bytes());
        let mut parts = text.windows(word.len());
        parts.any(|part| part.eq_ignore_ascii_case(word))
    } else {
        text.to_lowercase().contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample;

    #[test]
    fn a_token_has_every_word_somewhere() {
        let token = TokenSummary {
            name: "ci-deploy-x7".parse().expect("a name"),
            role: "promoter".to_owned(),
            note: Some("Rollt den Shop ÜBERALL aus".to_owned()),
            contact: Some("#team-web".to_owned()),
            created_by: Some("ana@example.com".to_owned()),
            ..sample::token()
        };
        for (text, found) in [
            ("", true),
            ("   ", true),
            ("deploy", true),
            ("DEPLOY", true),
            ("PROMO ana", true),
            ("überall", true),
            ("#team", true),
            ("deploy nobody", false),
            ("ci deploy x8", false),
        ] {
            assert_eq!(
                Search::parse(text).matcher().matches(&token),
                found,
                "{text}"
            );
        }
        let bare = TokenSummary {
            note: None,
            contact: None,
            created_by: None,
            ..token
        };
        assert!(!Search::parse("ana").matcher().matches(&bare));
    }

    #[test]
    fn a_search_is_bounded() {
        assert_eq!(
            Search::parse(&"ü".repeat(1000)).text().chars().count(),
            Search::LONGEST
        );
        assert_eq!(Search::parse("  a  b ").text(), "a  b");
    }
}
