//! The notice of a form post without JavaScript: the answer 303 sets a short code in a cookie, and the next page shows its words once.

use kargo::{name::TokenName, problem::Kind};

/// What the last form post did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Flash {
    /// The outcome.
    pub outcome: Outcome,
    /// The token, where the form named one.
    pub token: Option<TokenName>,
}

/// The outcome of a form post.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// A deletion has begun.
    Deleting,
    /// The token is deleted.
    Deleted,
    /// The token is restored.
    Restored,
    /// The post failed. Only the kind is kept: a problem's own words don't belong into a cookie.
    Failed(Kind),
}

impl Flash {
    /// The cookie's text: `CODE` or `CODE.TOKEN`.
    pub fn code(&self) -> String {
        let code = match self.outcome {
            Outcome::Deleting => "deleting".to_owned(),
            Outcome::Deleted => "deleted".to_owned(),
            Outcome::Restored => "restored".to_owned(),
            Outcome::Failed(kind) => format!("failed-{}", kind.status()),
        };
        match &self.token {
            Some(name) => format!("{code}.{name}"),
            None => code,
        }
    }

    /// Parses a cookie's text; `None` for anything that [`Flash::code`] doesn't write.
    pub fn parse(text: &str) -> Option<Self> {
        let (code, token) = match text.split_once('.') {
            Some((code, name)) => (code, Some(name.parse().ok()?)),
            None => (text, None),
        };
        let outcome = match code {
            "deleting" => Outcome::Deleting,
            "deleted" => Outcome::Deleted,
            "restored" => Outcome::Restored,
            failed => {
                let status = failed.strip_prefix("failed-")?.parse().ok()?;
                Outcome::Failed(Kind::of_status(status)?)
            }
        };
        Some(Self { outcome, token })
    }

    /// The notice's words.
    pub fn words(&self) -> String {
        let token = self
            .token
            .as_ref()
            .map_or_else(|| "The token".to_owned(), ToString::to_string);
        match self.outcome {
            Outcome::Deleting => format!("{token} is being deleted. Undo is in its row."),
            Outcome::Deleted => format!("{token} is deleted."),
            Outcome::Restored => format!("{token} is restored."),
            Outcome::Failed(kind) => format!("{token} was not changed. {}", reason(kind)),
        }
    }

    /// Whether the notice tells of a failure.
    pub fn is_failure(&self) -> bool {
        matches!(self.outcome, Outcome::Failed(_))
    }
}

/// Why a post failed, as far as the kind tells.
fn reason(kind: Kind) -> &'static str {
    match kind {
        Kind::Invalid => "The API server refused the change.",
        Kind::Unauthenticated => "Sign in again.",
        Kind::Forbidden => "You don't have permission to change it.",
        Kind::NotFound => "It doesn't exist any more.",
        Kind::Conflict => {
            "Somebody else changed it at the same time. Look at its row, then try again."
        }
        Kind::TooMany => "Too many requests in a short time. Wait a few seconds, then try again.",
        Kind::BadAnswer => "The API server's answer can't be understood.",
        Kind::Unavailable | Kind::Timeout => {
            "The API server can't be reached, or didn't answer in time. Look at the row before you try again."
        }
    }
}

/// Provided as context where the page doesn't show the person's last write yet: another replica has it.
#[derive(Debug, Clone, Copy)]
pub struct NotShownYet;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_outcome_is_read_as_it_is_written() {
        let token = "a.b-1".parse::<TokenName>().ok();
        for outcome in [
            Outcome::Deleting,
            Outcome::Deleted,
            Outcome::Restored,
            Outcome::Failed(Kind::Conflict),
            Outcome::Failed(Kind::Timeout),
        ] {
            for token in [None, token.clone()] {
                let flash = Flash { outcome, token };
                assert_eq!(Flash::parse(&flash.code()), Some(flash));
            }
        }
        for other in ["", "deleted.A_b", "failed-200", "failed-x", "anything"] {
            assert_eq!(Flash::parse(other), None, "{other}");
        }
    }
}
