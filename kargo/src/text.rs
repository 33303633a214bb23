//! Text that people write about a token: a note, a contact, a reason.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Text of up to 500 characters, shown as it was written. Line breaks are allowed. Other control characters and characters that change the
/// writing direction are refused: they could make a page display something else than what was written.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Text(String);

/// Why a text is refused.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TextError {
    /// The text has more characters than are allowed.
    #[error("It has {0} characters; the limit is {max}. Shorten it.", max = Text::MAX)]
    TooLong(usize),
    /// The text has an invisible character.
    #[error("It has the invisible character U+{:04X}. Remove that character.", u32::from(*.0))]
    Character(char),
}

impl Text {
    /// Maximum number of characters.
    pub const MAX: usize = 500;

    /// The text itself.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Text {
    type Error = TextError;
    fn try_from(text: String) -> Result<Self, TextError> {
        // Browsers send each line break of a form as two characters.
        let text = text.replace("\r\n", "\n").trim().to_owned();
        if let Some(c) = text.chars().find(|c| is_hidden(*c)) {
            return Err(TextError::Character(c));
        }
        match text.chars().count() {
            n if n > Self::MAX => Err(TextError::TooLong(n)),
            _ => Ok(Self(text)),
        }
    }
}

/// `true` for characters that can't be seen, or that change how others are seen: controls, writing directions, and what Unicode calls
/// default-ignorable. Joiners and variation selectors are none of them: scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(
            c,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{feff}'
            | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}'
        )
}

impl From<Text> for String {
    fn from(text: Text) -> Self {
        text.0
    }
}

impl fmt::Display for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Text that others wrote, as pages, errors and logs show it: without anything that has the shape of a value, with a sign in place of each
/// hidden character, and not longer than 600 characters, because the size of a page must not grow with it.
pub fn foreign(text: String) -> String {
    const LONGEST: usize = 600;
    let mut text = without_values(&text).replace(is_hidden, "\u{fffd}");
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
}

/// Replaces JWTs, whole or cut off, also where they are in base64 once more, as in a Secret's data.
pub(crate) fn without_values(text: &str) -> String {
    const REPLACEMENT: &str = "[a value was here]";
    /// Base64url of `{"`, with which the header and the payload of every JWT begin; and base64 of that.
    const STARTS: [&str; 2] = ["eyJ", "ZXlK"];
    /// Shorter texts are too short for a header.
    const SHORTEST: usize = 16;
    let is_part = |c: char| c.is_ascii_alphanumeric() || "-_.+/=".contains(c);
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = STARTS.iter().filter_map(|it| rest.find(it)).min() {
        clean.push_str(&rest[..start]);
        let found = &rest[start..];
        let end = found.find(|c| !is_part(c)).unwrap_or(found.len());
        clean.push_str(if end < SHORTEST {
            &found[..end]
        } else {
            REPLACEMENT
        });
        rest = &found[end..];
    }
    clean.push_str(rest);
    clean
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Result<String, TextError> {
        Text::try_from(text.to_owned()).map(String::from)
    }

    #[test]
    fn visible_text_is_kept() {
        assert_eq!(
            text(" ask Ünal 🔑\r\nor ops "),
            Ok("ask Ünal 🔑\nor ops".to_owned())
        );
        assert_eq!(text(&"ü".repeat(500)).map(|t| t.len()), Ok(1000));
        assert_eq!(text(" "), Ok(String::new()));
    }

    #[test]
    fn invisible_and_overlong_text_is_refused() {
        assert_eq!(text(&"a".repeat(501)), Err(TextError::TooLong(501)));
        assert_eq!(text("a\u{0}b"), Err(TextError::Character('\u{0}')));
        assert_eq!(text("a\u{202e}b"), Err(TextError::Character('\u{202e}')));
        assert_eq!(
            text("a\u{7}").expect_err("refused").to_string(),
            "It has the invisible character U+0007. Remove that character."
        );
    }

    #[test]
    fn characters_that_hide_something_are_refused() {
        for c in [
            '\u{ad}',
            '\u{200b}',
            '\u{2060}',
            '\u{feff}',
            '\u{e0041}',
            '\u{3164}',
            '\u{2028}',
        ] {
            assert_eq!(text(&format!("a{c}b")), Err(TextError::Character(c)));
        }
        for kept in ["👩\u{200d}👧", "❤\u{fe0f}", "می\u{200c}خواهم"] {
            assert_eq!(text(kept), Ok(kept.to_owned()));
        }
    }

    #[test]
    fn foreign_text_shows_no_value() {
        let jwt = "eyJhbGciOiJSUzI1NiIsImtpZCI6IngifQ.eyJpc3MiOiJrdWJlcm5ldGVzIn0.c2lnbmF0dXJl-_x";
        let in_base64 = "ZXlKaGJHY2lPaUpTVXpJMU5pSXNJbXRwWkNJNkluZ2lmUS5leQ==";
        for (text, shown) in [
            (
                format!("use {jwt}, please"),
                "use [a value was here], please".to_owned(),
            ),
            (
                format!("token={jwt}"),
                "token=[a value was here]".to_owned(),
            ),
            (jwt[..40].to_owned(), "[a value was here]".to_owned()),
            (
                format!("{{\"token\":\"{in_base64}\"}}"),
                "{\"token\":\"[a value was here]\"}".to_owned(),
            ),
            (
                "eyJ is how they start".to_owned(),
                "eyJ is how they start".to_owned(),
            ),
            (
                "a\u{202e}b\u{200b}".to_owned(),
                "a\u{fffd}b\u{fffd}".to_owned(),
            ),
            ("é".repeat(700), format!("{}…", "é".repeat(600))),
            ("two\nlines".to_owned(), "two\nlines".to_owned()),
        ] {
            assert_eq!(foreign(text.clone()), shown, "{text}");
        }
    }
}
