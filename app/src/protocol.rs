//! What a rendered page and the browser's code tell each other. Written by the server's views, read by [`crate::browser`], both through
//! this file only. The page is drawn from the page model and is no database: what is here is what a click needs, and nothing more.
//!
//! - A row of tokens holds one form with four hidden fields ([`token_fields`]). Its submit buttons post the form to an endpoint of
//!   [`Command::endpoint`], with or without JavaScript.
//! - Buttons that need the browser's code carry [`COMMAND`] and work on the form that they stand in.
//! - The `<main>` element carries [`CONTEXT`]: what dialogs need to know of the page.

use kargo::{
    filter::FilterWords,
    token::{TokenRef, Uid},
};
use serde::{Deserialize, Serialize};

use crate::policy::MaxLifetime;

/// The field of a row's form with the name of the token's successor, or [`NO_SUCCESSOR`].
pub const SUCCESSOR: &str = "successor";
/// Stands in the place of a successor's name where the page shows none. An empty text would be read as a missing argument.
pub const NO_SUCCESSOR: &str = ".";

/// Attribute of `<main>`: a [`BrowserContext`] as JSON.
pub const CONTEXT: &str = "data-context";
/// Attribute of buttons that need the browser's code: the word of a [`Command`].
pub const COMMAND: &str = "data-command";
/// Attribute of a row or another element that is about one token. The form with the token's fields stands inside.
pub const ROW: &str = "data-row";
/// Attribute of a row: what a bulk command may do to its token, as words of [`BulkOffer`].
pub const BULK: &str = "data-bulk";
/// Attribute of buttons that open a dialog with more than the token: JSON, such as [`kargo::token::Notes`] or the role of a new token.
pub const DETAIL: &str = "data-detail";
/// Attribute of buttons that copy: a text, or `#id` of the element whose text is copied.
pub const COPY: &str = "data-copy";
/// Attribute of a `<time>`: the second since 1970 (API server clock) that the browser counts down to.
pub const UNTIL: &str = "data-until";
/// Set on `<html>`: the base path ([`crate::base_path`]).
pub const BASE_PATH: &str = "data-base-path";
/// Set on `<html>` once the browser's code runs: style sheets and tests wait for it.
pub const READY: &str = "data-ready";
/// Class of controls that need the browser's code. The server may render them `disabled` or `inert`; the code enables them.
pub const NEEDS_JS: &str = "needs-js";
/// Class of a row's check box, and of the box that checks all rows of its table section.
pub const SELECT: &str = "select";
/// See [`SELECT`].
pub const SELECT_ALL: &str = "select-all";
/// Class of a row that leads to tokens of the view that the page doesn't show.
pub const MORE: &str = "more";

/// The `id` of the field for pasted claims.
pub const PASTED_CLAIMS: &str = "pasted-claims";

/// What the browser's code needs to know of the page that it runs on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BrowserContext {
    /// The scope, as in addresses; empty on a page of no scope.
    pub scope: String,
    /// The role that the page is limited to.
    pub role: Option<String>,
    /// The words of the page's filter.
    pub filter: FilterWords,
    /// The words that the page's tokens have.
    pub search: String,
    /// The roles that a new token can be made for.
    pub roles: Vec<RoleChoice>,
    /// Whether the person may have Kubernetes mint expiring tokens.
    pub mint: bool,
    /// The longest lifetimes of new tokens.
    pub max_lifetime: MaxLifetime,
    /// Name of the cluster as people see it: the kubeconfig's context, or the API server's address.
    pub cluster: String,
    /// The page's time, in seconds since 1970 by the API server's clock. (A number, here and wherever the browser reads a time: a
    /// library of times would be half of what the browser has to load.)
    pub now: i64,
    /// States that the page shows, in the form of events; none on a page that is not live.
    pub live: Vec<LiveEvent>,
}

/// The `id` of the popover that lists the shortcuts.
pub const SHORTCUTS: &str = "shortcuts";
/// Attribute of `<html>`: the word for shortcuts of [`crate::preferences::Preferences`].
pub const HAS_SHORTCUTS: &str = "data-shortcuts";
/// The `id` of the field that searches.
pub const SEARCH: &str = "search";
/// Parameter of an address: the words that are searched.
pub const SEARCHED: &str = "q";
/// Marks a row that is new on an open page, or has changed.
pub const FRESH: &str = "data-fresh";
/// The `id` of the line that says that a page is not live.
pub const LIVE_STATE: &str = "live-state";
/// Header of requests that a page sends by itself.
pub const AUTOMATIC: &str = "kargo-tokens-automatic";

/// Event of `/events`: the newest state of a scope or of one token.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LiveEvent {
    /// The scope, as in addresses, or some of its tokens: `projects/NAME/tokens/NAME+NAME`.
    pub scope: String,
    /// Position in the log of its changes; `None` where it can't be read any more.
    pub position: Option<String>,
    /// Whether something keeps the program from knowing what the cluster has now.
    pub is_behind: bool,
}

impl LiveEvent {
    /// Whether a page that shows this needn't be read again for another event.
    pub fn covers(&self, other: &Self) -> bool {
        let parts = |event: &Self| {
            let (epoch, sequence) = event.position.as_deref()?.split_once('-')?;
            Some((epoch.to_owned(), sequence.parse::<u64>().ok()?))
        };
        let is_late = match (parts(self), parts(other)) {
            (Some((epoch, sequence)), Some((of, until))) => epoch != of || sequence < until,
            _ => self.position != other.position,
        };
        !is_late && self.is_behind == other.is_behind
    }
}

/// A role that a new token can be made for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RoleChoice {
    /// The role's name.
    pub name: String,
    /// The start of its description.
    pub description: String,
    /// Whether the role's rules allow everything on everything.
    pub is_all_powerful: bool,
    /// Whether a rule of the cluster refuses new tokens of the role to the person.
    pub is_refused: bool,
}

/// What a button does to a token. Each is one line of [`Command::ALL`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command {
    /// Create a token of a role.
    NewToken,
    /// Show the value, once.
    Reveal,
    /// Create a successor with the lifetime of the old token.
    Recreate,
    /// Choose a lifetime, then create a successor.
    RecreateWith,
    /// Suspend, and delete when the undo window ends.
    Delete,
    /// Confirm, then delete at once, where a deletion can't be undone.
    ConfirmDelete,
    /// Confirm, then delete at once, although it could be undone.
    DeleteAtOnce,
    /// Ask for a reason, then suspend.
    Suspend,
    /// Undo a deletion or a suspension.
    Restore,
    /// Confirm that the token was never compromised, then restore it.
    RestoreCompromised,
    /// Choose when the old token of a rotation retires.
    Retire,
    /// Delete a token that is due.
    Finish,
    /// Confirm, then suspend, replace and delete.
    Compromise,
    /// Create the successor of a compromised token that has none yet.
    ReplaceCompromised,
    /// Delete a compromised token that has a successor, then show the report.
    FinishCompromise,
    /// Edit note and contact.
    EditNotes,
    /// Recreate every token of a report, one after the other.
    RecreateAll,
    /// Find the token of a leaked value.
    FindLeaked,
}

impl Command {
    /// Every command with its word.
    const ALL: [(Self, &'static str); 18] = [
        (Self::NewToken, "new-token"),
        (Self::Reveal, "reveal"),
        (Self::Recreate, "recreate"),
        (Self::RecreateWith, "recreate-with"),
        (Self::Delete, "delete"),
        (Self::ConfirmDelete, "confirm-delete"),
        (Self::DeleteAtOnce, "delete-at-once"),
        (Self::Suspend, "suspend"),
        (Self::Restore, "restore"),
        (Self::RestoreCompromised, "restore-compromised"),
        (Self::Retire, "retire"),
        (Self::Finish, "finish"),
        (Self::Compromise, "compromise"),
        (Self::ReplaceCompromised, "replace-compromised"),
        (Self::FinishCompromise, "finish-compromise"),
        (Self::EditNotes, "edit-notes"),
        (Self::RecreateAll, "recreate-all"),
        (Self::FindLeaked, "find-leaked"),
    ];

    /// The word in the attribute.
    pub fn word(self) -> &'static str {
        Self::ALL
            .into_iter()
            .find(|(command, _)| *command == self)
            .map_or("", |(_, word)| word)
    }

    /// Parses a word.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|(_, other)| *other == word)
            .map(|(command, _)| command)
    }

    /// The endpoint that the row's form is posted to, for a command of one click; `None` for a command that needs the browser's code.
    pub fn endpoint(self) -> Option<&'static str> {
        match self {
            Self::Delete => Some("/api/delete_token"),
            Self::Restore => Some("/api/restore_token"),
            Self::Finish => Some("/api/finish_token"),
            _ => None,
        }
    }

    /// The command whose endpoint an address is.
    pub fn of_endpoint(path: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .map(|(command, _)| command)
            .find(|command| command.endpoint() == Some(path))
    }
}

/// How a deletion of a token goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeleteMode {
    /// Suspended first, deleted when the undo window ends.
    Undoable,
    /// Deleted at once, after a confirmation.
    Permanent,
}

/// What a bulk command may do to a token.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct BulkOffer {
    /// Whether and how the token can be deleted.
    pub delete: Option<DeleteMode>,
    /// Whether the token can be suspended.
    pub suspend: bool,
    /// Whether the token can be restored with one click.
    pub restore: bool,
}

impl BulkOffer {
    /// Whether nothing can be done.
    pub fn is_empty(self) -> bool {
        self == Self::default()
    }

    /// The words for the attribute [`BULK`].
    pub fn words(self) -> String {
        let mut words = Vec::new();
        match self.delete {
            Some(DeleteMode::Undoable) => words.push("delete"),
            Some(DeleteMode::Permanent) => words.push("delete-permanently"),
            None => {}
        }
        if self.suspend {
            words.push("suspend");
        }
        if self.restore {
            words.push("restore");
        }
        words.join(" ")
    }

    /// Parses the words; ignores unknown ones.
    pub fn parse(words: &str) -> Self {
        let mut offer = Self::default();
        for word in words.split(' ') {
            match word {
                "delete" => offer.delete = Some(DeleteMode::Undoable),
                "delete-permanently" => offer.delete = Some(DeleteMode::Permanent),
                "suspend" => offer.suspend = true,
                "restore" => offer.restore = true,
                _ => {}
            }
        }
        offer
    }
}

/// A token that a bulk command can be used on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SelectableToken {
    /// The token.
    #[serde(flatten)]
    pub token: TokenRef,
    /// What can be done to it.
    pub bulk: BulkOffer,
}

/// The fields of a row's form that name its token: what every server function about a token takes.
pub fn token_fields(token: &TokenRef) -> [(&'static str, String); 4] {
    [
        ("scope", token.scope.to_string()),
        ("role", token.role.clone()),
        ("name", token.name.to_string()),
        ("uid", token.uid.0.clone()),
    ]
}

/// Reads the token of a form. `field`: the text of a field by its name. `None` where one is missing or can't be used.
pub fn token_of_fields(field: impl Fn(&str) -> Option<String>) -> Option<TokenRef> {
    Some(TokenRef {
        scope: field("scope")?.parse().ok()?,
        role: field("role")?,
        name: field("name")?.parse().ok()?,
        uid: Uid(field("uid")?),
    })
}

/// A value as the JSON of an attribute.
pub fn to_attribute(value: &impl Serialize) -> String {
    // Names, texts and numbers always have a JSON form.
    serde_json::to_string(value).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use kargo::sample;

    use super::*;

    #[test]
    fn each_command_is_read_as_it_is_written() {
        for (command, word) in Command::ALL {
            assert_eq!(command.word(), word);
            assert_eq!(Command::parse(word), Some(command));
            if let Some(endpoint) = command.endpoint() {
                assert_eq!(Command::of_endpoint(endpoint), Some(command));
            }
        }
        assert_eq!(Command::parse("nothing"), None);
    }

    #[test]
    fn each_bulk_offer_is_read_as_it_is_written() {
        for delete in [
            None,
            Some(DeleteMode::Undoable),
            Some(DeleteMode::Permanent),
        ] {
            for (suspend, restore) in [(false, false), (true, false), (false, true), (true, true)] {
                let offer = BulkOffer {
                    delete,
                    suspend,
                    restore,
                };
                assert_eq!(BulkOffer::parse(&offer.words()), offer);
            }
        }
    }

    #[test]
    fn a_token_is_read_from_the_fields_that_name_it() {
        let token = sample::token().token_ref(&kargo::scope::Scope::System);
        let fields = token_fields(&token);
        let field = |name: &str| {
            let (_, text) = fields.iter().find(|(other, _)| *other == name)?;
            Some(text.clone())
        };
        assert_eq!(token_of_fields(field), Some(token));
        assert_eq!(token_of_fields(|_| None), None);
        assert_eq!(token_of_fields(|_| Some("A b".to_owned())), None);
    }

    #[test]
    fn a_page_is_read_again_for_what_it_does_not_show() {
        let event = |position: &str, is_behind| LiveEvent {
            scope: "system".to_owned(),
            position: (!position.is_empty()).then(|| position.to_owned()),
            is_behind,
        };
        for (shown, newest, covers) in [
            (event("a-7", false), event("a-7", false), true),
            (event("a-8", false), event("a-7", false), true),
            (event("a-9", false), event("a-10", false), false),
            (event("a-9", false), event("b-1", false), false),
            (event("a-7", false), event("a-7", true), false),
            (event("a-7", false), event("", true), false),
            (event("", true), event("", true), true),
            (event("", true), event("a-7", false), false),
        ] {
            assert_eq!(shown.covers(&newest), covers, "{shown:?} {newest:?}");
        }
    }

    #[test]
    fn the_context_is_read_as_it_is_written() {
        let context = BrowserContext {
            scope: "system".to_owned(),
            roles: vec![RoleChoice {
                name: "ci".to_owned(),
                description: "\"quoted\" <b>".to_owned(),
                is_refused: false,
                is_all_powerful: true,
            }],
            max_lifetime: MaxLifetime {
                all: None,
                roles: [("ci".to_owned(), 60)].into(),
            },
            now: 1,
            ..BrowserContext::default()
        };
        let text = to_attribute(&context);
        assert_eq!(
            serde_json::from_str::<BrowserContext>(&text).ok(),
            Some(context)
        );
    }
}
