//! What a browser's owner chose about the look: kept in a cookie, so that the first byte of a page is right.

/// The colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Theme {
    /// As the operating system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// Every theme, in the order of the switch.
    pub const ALL: [Self; 3] = [Self::System, Self::Light, Self::Dark];

    /// The word in the cookie, the form and the attribute of `<html>`.
    pub fn word(self) -> &'static str {
        match self {
            Self::System => "system",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }
}

/// What was chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Preferences {
    /// The colours.
    pub theme: Theme,
    /// Whether rows are lower than usual.
    pub is_compact: bool,
    /// Whether single keys do nothing: people who speak to their computer, or whose hand slips, would press them by accident.
    pub has_no_shortcuts: bool,
}

impl Preferences {
    /// The cookie's text, such as `dark.compact.keys`.
    pub fn code(self) -> String {
        let density = if self.is_compact { "compact" } else { "normal" };
        format!("{}.{density}.{}", self.theme.word(), self.shortcuts_word())
    }

    /// The word for shortcuts in the cookie, the form and the attribute of `<html>`.
    pub fn shortcuts_word(self) -> &'static str {
        if self.has_no_shortcuts {
            "no-keys"
        } else {
            "keys"
        }
    }

    /// Parses a cookie's text. Anything unknown gives the default.
    pub fn parse(text: &str) -> Self {
        let mut words = text.split('.');
        let mut next = || words.next().unwrap_or_default();
        let (theme, density, shortcuts) = (next(), next(), next());
        Self::default()
            .with_theme(theme)
            .with_density(density)
            .with_shortcuts(shortcuts)
    }

    /// The same with the theme of a word; an unknown word changes nothing.
    #[must_use]
    pub fn with_theme(self, word: &str) -> Self {
        let theme = Theme::ALL
            .into_iter()
            .find(|theme| theme.word() == word)
            .unwrap_or(self.theme);
        Self { theme, ..self }
    }

    /// The same with the density of a word (`compact` or `normal`); an unknown word changes nothing.
    #[must_use]
    pub fn with_density(self, word: &str) -> Self {
        let is_compact = match word {
            "compact" => true,
            "normal" => false,
            _ => self.is_compact,
        };
        Self { is_compact, ..self }
    }

    /// The same with the shortcuts of a word (`keys` or `no-keys`); an unknown word changes nothing.
    #[must_use]
    pub fn with_shortcuts(self, word: &str) -> Self {
        let has_no_shortcuts = match word {
            "no-keys" => true,
            "keys" => false,
            _ => self.has_no_shortcuts,
        };
        Self {
            has_no_shortcuts,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_choice_is_read_as_it_is_written() {
        for theme in Theme::ALL {
            for (is_compact, has_no_shortcuts) in
                [(false, false), (false, true), (true, false), (true, true)]
            {
                let chosen = Preferences {
                    theme,
                    is_compact,
                    has_no_shortcuts,
                };
                assert_eq!(Preferences::parse(&chosen.code()), chosen);
            }
        }
        assert_eq!(Preferences::parse("nothing"), Preferences::default());
        assert_eq!(Preferences::parse(""), Preferences::default());
        let earlier = Preferences::parse("dark.compact");
        assert!(earlier.is_compact && !earlier.has_no_shortcuts);
    }
}
