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

fn is_hidden(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
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

/// The start of a text that anybody who may change a Secret can write: the size of a page must not grow with it.
#[cfg(feature = "cluster")]
pub(crate) fn shortened(mut text: String) -> String {
    const LONGEST: usize = 600;
    if let Some((end, _)) = text.char_indices().nth(LONGEST) {
        text.truncate(end);
        text.push('…');
    }
    text
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
}
