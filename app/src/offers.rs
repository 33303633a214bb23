//! Which commands a token offers to whom, which rights are missing for them, and how its deletion goes. Pure: views draw the answer, and *Select all of this view* filters by
//! it. The verbs of `kargo::cluster` check each request themselves.

use kargo::{
    name::RoleName,
    permissions::{ClusterFeatures, Permissions},
    right::Right,
    role::RoleStatus,
    token::{CleanupReason, Reveal, TokenState, TokenSummary},
};

use crate::protocol::{BulkOffer, Command, DeleteMode};

/// Rules of the cluster that refuse something to a person because they signed in with a role's own credential.
#[derive(Debug, Clone, PartialEq)]
pub struct OwnRoleRules {
    /// The role.
    pub role: RoleName,
    /// Whether they may create no token of the role.
    pub refuses_creation: bool,
    /// Whether they may change and delete no suspended token of the role.
    pub refuses_suspended: bool,
}

impl OwnRoleRules {
    /// Whether a new token of a role is refused.
    pub fn refuses_new(&self, role: &str) -> bool {
        self.refuses_creation && self.role.as_str() == role
    }

    /// Whether a command is refused for a token.
    fn refuses(&self, command: Command, token: &TokenSummary) -> bool {
        match command {
            Command::Recreate | Command::RecreateWith | Command::ReplaceCompromised => {
                self.refuses_new(&token.role)
            }
            Command::Restore
            | Command::RestoreCompromised
            | Command::Retire
            | Command::EditNotes
            | Command::Delete
            | Command::ConfirmDelete
            | Command::DeleteAtOnce
            | Command::Finish
            | Command::FinishCompromise => {
                self.refuses_suspended
                    && self.role.as_str() == token.role
                    && (is_suspended(token) || is_deleting(token))
            }
            _ => false,
        }
    }
}

/// Everything besides the token that decides what is offered.
#[derive(Debug, Clone)]
pub struct Situation {
    /// What the person may do in the scope.
    pub permissions: Permissions,
    /// Capabilities of the cluster.
    pub features: ClusterFeatures,
    /// Seconds in which a deletion can be undone; 0: not at all.
    pub undo_window: u64,
    /// What the token's role is; `None` where roles can't be read.
    pub role: Option<RoleStatus>,
    /// Whether the person created the token.
    pub is_creator: bool,
    /// Whether the person is signed in with the token.
    pub is_own: bool,
    /// Why the token is due for clean-up, if it is.
    pub cleanup: Option<CleanupReason>,
    /// Rules of the cluster that refuse something to the person.
    pub own_role: Option<OwnRoleRules>,
}

/// How much a button stands out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emphasis {
    /// The one thing that the token waits for.
    Lead,
    /// Any other command.
    Plain,
    /// A command that ends a token.
    Danger,
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// What it does.
    pub command: Command,
    /// Its text.
    pub label: &'static str,
    /// How much it stands out.
    pub emphasis: Emphasis,
    /// Rights that the person lacks for it. Where there are any, the button is shown and can't be used.
    pub missing: Vec<Right>,
    /// Whether a rule of the cluster refuses it to the person. The button is shown then, too.
    pub is_refused: bool,
}

impl Offer {
    /// Whether the button can be used.
    pub fn is_possible(&self) -> bool {
        self.missing.is_empty() && !self.is_refused
    }
}

/// What a token offers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Offers {
    /// Buttons of the row.
    pub row: Vec<Offer>,
    /// Buttons of its menu.
    pub menu: Vec<Offer>,
    /// What bulk commands may do.
    pub bulk: BulkOffer,
}

/// Collects what a token offers.
struct Offering<'a> {
    token: &'a TokenSummary,
    may: Permissions,
    own_role: Option<&'a OwnRoleRules>,
    offers: Offers,
}

impl Offering<'_> {
    /// Adds a button of the row. Answers whether it can be used.
    fn row(&mut self, command: Command, label: &'static str, emphasis: Emphasis) -> bool {
        let offer = self.offer(command, label, emphasis);
        let is_possible = offer.is_possible();
        self.offers.row.push(offer);
        is_possible
    }

    /// The same for a button of the menu.
    fn menu(&mut self, command: Command, label: &'static str, emphasis: Emphasis) -> bool {
        let offer = self.offer(command, label, emphasis);
        let is_possible = offer.is_possible();
        self.offers.menu.push(offer);
        is_possible
    }

    fn offer(&self, command: Command, label: &'static str, emphasis: Emphasis) -> Offer {
        Offer {
            command,
            label,
            emphasis,
            missing: self.may.missing(needs(command, self.token.is_expiring())),
            is_refused: self
                .own_role
                .is_some_and(|rules| rules.refuses(command, self.token)),
        }
    }
}

/// Rights that a command needs.
fn needs(command: Command, is_expiring: bool) -> &'static [Right] {
    match command {
        // The reveal is recorded on the Secret.
        Command::NewToken
        | Command::Recreate
        | Command::RecreateAll
        | Command::Compromise
        | Command::ReplaceCompromised => &[Right::Create, Right::Patch],
        Command::RecreateWith => &[Right::Create, Right::Patch, Right::Mint],
        Command::Reveal if is_expiring => &[Right::Patch, Right::Mint],
        Command::Reveal
        | Command::Suspend
        | Command::Restore
        | Command::RestoreCompromised
        | Command::Retire
        | Command::EditNotes => &[Right::Patch],
        Command::Delete => &[Right::Patch, Right::Delete],
        Command::ConfirmDelete
        | Command::DeleteAtOnce
        | Command::Finish
        | Command::FinishCompromise => &[Right::Delete],
        Command::FindLeaked => &[],
    }
}

/// Rights that a command about no particular token, or about one that doesn't expire, needs and the person lacks.
pub fn missing_for(command: Command, may: Permissions) -> Vec<Right> {
    may.missing(needs(command, false))
}

/// How a deletion of a token goes: with an undo window where the token can be suspended and restored.
pub fn delete_mode(
    token: &TokenSummary,
    permissions: Permissions,
    features: ClusterFeatures,
    undo_window: u64,
) -> DeleteMode {
    let can_be_undone = permissions.can_suspend(features)
        && undo_window > 0
        && !token.is_expiring()
        && !token.is_compromised;
    if can_be_undone {
        DeleteMode::Undoable
    } else {
        DeleteMode::Permanent
    }
}

/// The commands of a token. One that only lacks rights is named with them.
pub fn offers(token: &TokenSummary, situation: &Situation) -> Offers {
    let mut all = Offering {
        token,
        may: situation.permissions,
        own_role: situation.own_role.as_ref(),
        offers: Offers::default(),
    };
    if token.is_managed() && !token.is_terminating {
        waiting(&mut all, situation);
        restore(&mut all, situation);
        rotation(&mut all, situation);
        endings(&mut all, situation);
    }
    all.offers
}

fn is_deleting(token: &TokenSummary) -> bool {
    matches!(token.state, TokenState::Deleting { .. })
}

fn is_suspended(token: &TokenSummary) -> bool {
    matches!(token.state, TokenState::Suspended { .. })
}

fn is_compromised(token: &TokenSummary) -> bool {
    token.is_compromised && is_suspended(token)
}

/// Offers the commands that a waiting token needs next.
fn waiting(all: &mut Offering, situation: &Situation) {
    let Situation {
        permissions: may,
        cleanup,
        is_own,
        is_creator,
        role,
        ..
    } = situation;
    let token = all.token;
    if is_compromised(token) && !is_own {
        // Without the right to create its successor, the token can still be deleted.
        let needs_successor = token.replaced_by.is_none() && has_role(*role);
        if needs_successor && (may.can_create() || !may.delete) {
            all.row(Command::ReplaceCompromised, "Continue", Emphasis::Lead);
        } else {
            all.row(Command::FinishCompromise, "Finish", Emphasis::Lead);
        }
    } else if !is_compromised(token) && !is_own {
        match cleanup {
            Some(CleanupReason::Expiry) => {
                all.row(Command::Finish, "Remove", Emphasis::Lead);
            }
            Some(_) => {
                all.row(Command::Finish, "Finish", Emphasis::Lead);
            }
            None => {}
        }
    }
    if *is_creator
        && matches!(token.reveal, Some(Reveal::Pending))
        && !is_suspended(token)
        && !is_deleting(token)
        && cleanup.is_none()
    {
        all.row(Command::Reveal, "Reveal once", Emphasis::Lead);
    }
}

/// Rotation. A token that works beside its successor waits for a decision about its end.
fn rotation(all: &mut Offering, situation: &Situation) {
    let token = all.token;
    let is_replaced = token.replaced_by.is_some()
        && !situation.is_own
        && !is_suspended(token)
        && !is_deleting(token);
    let is_undecided = is_replaced && token.retire_after.is_none();
    if is_undecided {
        all.row(Command::Retire, "When it retires…", Emphasis::Plain);
    } else if is_replaced {
        all.menu(Command::Retire, "When it retires…", Emphasis::Plain);
    }
    // A successor is a new token of the same role.
    if has_role(situation.role) && !is_deleting(token) && !is_compromised(token) {
        if is_undecided {
            all.menu(Command::Recreate, "Recreate", Emphasis::Plain);
        } else {
            all.row(Command::Recreate, "Recreate", Emphasis::Plain);
        }
        all.menu(
            Command::RecreateWith,
            "Recreate with another lifetime…",
            Emphasis::Plain,
        );
    }
}

/// Suspension, deletion, and the report of a compromise.
fn endings(all: &mut Offering, situation: &Situation) {
    let Situation {
        permissions,
        features,
        undo_window,
        role,
        is_own,
        cleanup,
        ..
    } = situation;
    let token = all.token;
    if *is_own {
        return;
    }
    let is_active = !is_suspended(token) && !is_deleting(token) && !token.is_expiring();
    if features.suspend && is_active {
        all.offers.bulk.suspend = all.menu(Command::Suspend, "Suspend…", Emphasis::Plain);
    }
    let is_past_deletion = matches!(
        cleanup,
        Some(CleanupReason::Deletion | CleanupReason::Expiry)
    );
    if !is_past_deletion {
        let mode = delete_mode(token, *permissions, *features, *undo_window);
        let is_ending = is_deleting(token) || is_compromised(token);
        // Deleting at once takes only the right to delete, whatever the Secret's labels and annotations are.
        if is_ending || mode == DeleteMode::Undoable {
            all.menu(Command::DeleteAtOnce, "Delete at once…", Emphasis::Danger);
        }
        if !is_ending {
            let command = match mode {
                DeleteMode::Undoable => Command::Delete,
                DeleteMode::Permanent => Command::ConfirmDelete,
            };
            let is_possible = all.row(command, "Delete", Emphasis::Danger);
            all.offers.bulk.delete = is_possible.then_some(mode);
        }
    }
    if has_role(*role) && !is_compromised(token) {
        all.menu(Command::Compromise, "Compromised…", Emphasis::Danger);
    }
}

/// The button that undoes a deletion or a suspension.
fn restore(all: &mut Offering, situation: &Situation) {
    let token = all.token;
    let command = if token.is_compromised {
        Command::RestoreCompromised
    } else {
        Command::Restore
    };
    let is_possible = if is_deleting(token) || token.delete_after.is_some() {
        if situation.cleanup.is_some() {
            all.row(command, "Restore", Emphasis::Plain)
        } else {
            all.row(command, "Undo", Emphasis::Lead)
        }
    } else if is_suspended(token) || token.is_compromised {
        all.row(command, "Restore", Emphasis::Plain)
    } else {
        return;
    };
    all.offers.bulk.restore = is_possible && command == Command::Restore;
}

/// Whether a new token can be made for a role. Where roles can't be read, the API server decides.
fn has_role(role: Option<RoleStatus>) -> bool {
    !matches!(role, Some(RoleStatus::NotARole | RoleStatus::Missing))
}

#[cfg(test)]
mod tests {
    use std::{fmt::Write, fs, path::Path};

    use kargo::{sample, token::Missing};

    use super::*;

    /// Names of the commands in the document.
    const COMMANDS: [(&str, Command, bool); 14] = [
        ("New token, Recreate", Command::Recreate, false),
        (
            "Recreate with another lifetime; a new token that expires",
            Command::RecreateWith,
            false,
        ),
        ("Reveal once", Command::Reveal, false),
        (
            "Reveal once, of a token that expires",
            Command::Reveal,
            true,
        ),
        ("Delete, with undo", Command::Delete, false),
        (
            "Delete at once; Delete, of a token that expires",
            Command::DeleteAtOnce,
            false,
        ),
        (
            "Finish, Remove: a deletion that is due",
            Command::Finish,
            false,
        ),
        ("Suspend", Command::Suspend, false),
        ("Undo, Restore", Command::Restore, false),
        ("When it retires", Command::Retire, false),
        ("Note and contact", Command::EditNotes, false),
        ("Compromised, Recreate all", Command::Compromise, false),
        (
            "Finish a report of a compromise",
            Command::FinishCompromise,
            false,
        ),
        ("Find a leaked value", Command::FindLeaked, false),
    ];

    #[test]
    fn the_document_has_the_rights_of_each_command() {
        let mut table = "| command | rights |\n|---|---|\n".to_owned();
        for (name, command, is_expiring) in COMMANDS {
            let rights: Vec<_> = needs(command, is_expiring)
                .iter()
                .map(|right| format!("`{right}`"))
                .collect();
            let rights = if rights.is_empty() {
                "those of the page".to_owned()
            } else {
                rights.join(", ")
            };
            let _ = writeln!(table, "| {name} | {rights} |");
        }
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/RIGHTS.md");
        let text = fs::read_to_string(file).expect("the document");
        assert!(
            text.contains(&table),
            "docs/RIGHTS.md needs this table:\n{table}"
        );
    }

    fn anything() -> Situation {
        Situation {
            permissions: Permissions {
                create: true,
                patch: true,
                delete: true,
                mint: true,
            },
            features: ClusterFeatures { suspend: true },
            undo_window: 30,
            role: Some(RoleStatus::ProjectRole),
            is_creator: false,
            is_own: false,
            cleanup: None,
            own_role: None,
        }
    }

    /// Words of commands. `!` stands before one that can't be used.
    fn words(offers: &[Offer]) -> Vec<String> {
        let mark = |offer: &Offer| if offer.is_possible() { "" } else { "!" };
        let word = |offer: &Offer| format!("{}{}", mark(offer), offer.command.word());
        offers.iter().map(word).collect()
    }

    /// The row's commands and the menu's, as words.
    fn offered(token: &TokenSummary, situation: &Situation) -> (String, String) {
        let offers = offers(token, situation);
        (words(&offers.row).join(" "), words(&offers.menu).join(" "))
    }

    fn suspended() -> TokenSummary {
        TokenSummary {
            state: TokenState::Suspended {
                since: "2026-01-02".to_owned(),
            },
            ..sample::token()
        }
    }

    fn deleting() -> TokenSummary {
        let until = sample::time("2026-01-02T00:00:30Z");
        TokenSummary {
            state: TokenState::Deleting { until },
            delete_after: Some(until),
            ..sample::token()
        }
    }

    #[test]
    fn each_state_offers_its_commands() {
        let compromised = TokenSummary {
            is_compromised: true,
            ..suspended()
        };
        let replaced = TokenSummary {
            replaced_by: Some("ci-2".parse().expect("a name")),
            ..sample::token()
        };
        let retiring = TokenSummary {
            retire_after: Some(sample::time("2026-02-01T00:00:00Z")),
            ..replaced.clone()
        };
        let expiring = TokenSummary {
            expires: Some(sample::time("2026-06-01T00:00:00Z")),
            ..sample::token()
        };
        for (token, row, menu) in [
            (
                sample::token(),
                "recreate delete",
                "recreate-with suspend delete-at-once compromise",
            ),
            (
                suspended(),
                "restore recreate delete",
                "recreate-with delete-at-once compromise",
            ),
            (deleting(), "restore", "delete-at-once compromise"),
            (
                compromised.clone(),
                "replace-compromised restore-compromised",
                "delete-at-once",
            ),
            (
                TokenSummary {
                    replaced_by: replaced.replaced_by.clone(),
                    ..compromised
                },
                "finish-compromise restore-compromised",
                "delete-at-once",
            ),
            (
                replaced,
                "retire delete",
                "recreate recreate-with suspend delete-at-once compromise",
            ),
            (
                retiring,
                "recreate delete",
                "retire recreate-with suspend delete-at-once compromise",
            ),
            (
                expiring,
                "recreate confirm-delete",
                "recreate-with compromise",
            ),
        ] {
            let expected = (row.to_owned(), menu.to_owned());
            assert_eq!(offered(&token, &anything()), expected, "{token:?}");
        }
    }

    #[test]
    fn what_is_due_can_be_finished() {
        let due = |cleanup| Situation {
            cleanup: Some(cleanup),
            ..anything()
        };
        let (row, menu) = offered(&deleting(), &due(CleanupReason::Deletion));
        assert_eq!(
            (row.as_str(), menu.as_str()),
            ("finish restore", "compromise")
        );
        let labels: Vec<_> = offers(&deleting(), &due(CleanupReason::Deletion))
            .row
            .iter()
            .map(|offer| offer.label)
            .collect();
        assert_eq!(labels, ["Finish", "Restore"]);
        let expired = TokenSummary {
            state: TokenState::Expired {
                time: sample::time("2026-01-02T00:00:00Z"),
            },
            expires: Some(sample::time("2026-01-02T00:00:00Z")),
            ..sample::token()
        };
        let offers = offers(&expired, &due(CleanupReason::Expiry));
        assert_eq!(offers.row[0].label, "Remove");
        assert_eq!(offers.bulk.delete, None);
    }

    #[test]
    fn the_reveal_is_its_creators() {
        let unrevealed = TokenSummary {
            state: TokenState::Unrevealed,
            reveal: Some(Reveal::Pending),
            ..sample::token()
        };
        let creator = Situation {
            is_creator: true,
            ..anything()
        };
        assert_eq!(offered(&unrevealed, &creator).0, "reveal recreate delete");
        assert_eq!(offered(&unrevealed, &anything()).0, "recreate delete");
        let suspended = TokenSummary {
            reveal: Some(Reveal::Pending),
            ..suspended()
        };
        assert!(!offered(&suspended, &creator).0.contains("reveal"));
    }

    #[test]
    fn nothing_is_offered_that_cannot_be_done() {
        let unmanaged = TokenSummary {
            missing: vec![Missing::Label],
            ..sample::token()
        };
        let terminating = TokenSummary {
            is_terminating: true,
            ..sample::token()
        };
        for token in [unmanaged, terminating] {
            assert_eq!(offers(&token, &anything()), Offers::default());
        }
        let own = Situation {
            is_own: true,
            ..anything()
        };
        assert_eq!(
            offered(&sample::token(), &own),
            ("recreate".to_owned(), "recreate-with".to_owned())
        );
        for role in [RoleStatus::NotARole, RoleStatus::Missing] {
            let without_role = Situation {
                role: Some(role),
                ..anything()
            };
            assert_eq!(
                offered(&sample::token(), &without_role),
                ("delete".to_owned(), "suspend delete-at-once".to_owned())
            );
        }
    }

    #[test]
    fn rules_refuse_what_a_token_does_to_tokens_of_its_own_role() {
        let of = |role: &str, refuses_creation, refuses_suspended| Situation {
            own_role: Some(OwnRoleRules {
                role: role.parse().expect("a name"),
                refuses_creation,
                refuses_suspended,
            }),
            ..anything()
        };
        let token = sample::token();
        let suspended = TokenSummary {
            state: TokenState::Suspended {
                since: "2026-11-24".to_owned(),
            },
            ..sample::token()
        };
        let role = token.role.as_str();
        let row = |token, situation| offered(token, &situation).0;
        assert_eq!(row(&token, of(role, true, true)), "!recreate delete");
        assert_eq!(row(&token, of(role, false, true)), "recreate delete");
        assert_eq!(row(&token, of("other", true, true)), "recreate delete");
        assert_eq!(
            row(&suspended, of(role, false, true)),
            "!restore recreate !delete"
        );
        assert_eq!(
            row(&suspended, of("other", true, true)),
            "restore recreate delete"
        );
    }

    #[test]
    fn a_command_without_its_rights_is_named_and_can_not_be_used() {
        let may = |verbs: &str| {
            let has = |verb| verbs.split(' ').any(|other| other == verb);
            Situation {
                permissions: Permissions {
                    create: has("create"),
                    patch: has("patch"),
                    delete: has("delete"),
                    mint: has("mint"),
                },
                is_creator: true,
                ..anything()
            }
        };
        let compromised = TokenSummary {
            is_compromised: true,
            ..suspended()
        };
        let unrevealed = TokenSummary {
            reveal: Some(Reveal::Pending),
            expires: Some(sample::time("2026-06-01T00:00:00Z")),
            ..sample::token()
        };
        for (token, verbs, row, menu) in [
            (
                sample::token(),
                "",
                "!recreate !confirm-delete",
                "!recreate-with !suspend !compromise",
            ),
            // A successor could not be revealed.
            (
                sample::token(),
                "create delete mint",
                "!recreate confirm-delete",
                "!recreate-with !suspend !compromise",
            ),
            (
                sample::token(),
                "create patch",
                "recreate !delete",
                "!recreate-with suspend !delete-at-once compromise",
            ),
            (deleting(), "", "!restore", "!delete-at-once !compromise"),
            (
                unrevealed,
                "create patch delete",
                "!reveal recreate confirm-delete",
                "!recreate-with compromise",
            ),
            (
                compromised.clone(),
                "delete",
                "finish-compromise !restore-compromised",
                "delete-at-once",
            ),
            (
                compromised,
                "",
                "!replace-compromised !restore-compromised",
                "!delete-at-once",
            ),
        ] {
            let expected = (row.to_owned(), menu.to_owned());
            assert_eq!(offered(&token, &may(verbs)), expected, "{verbs}: {token:?}");
        }
        assert!(offers(&sample::token(), &may("")).bulk.is_empty());
        assert!(!offers(&suspended(), &may("create delete")).bulk.restore);
        let delete = offers(&sample::token(), &may("")).row[1].missing.clone();
        assert_eq!(delete, [Right::Delete]);
        assert_eq!(
            missing_for(Command::NewToken, may("delete").permissions),
            [Right::Create, Right::Patch]
        );
    }

    #[test]
    fn a_deletion_is_undoable_where_the_token_can_be_suspended() {
        let mode = |token: &TokenSummary, situation: &Situation| {
            let Situation {
                permissions,
                features,
                undo_window,
                ..
            } = situation;
            delete_mode(token, *permissions, *features, *undo_window)
        };
        assert_eq!(mode(&sample::token(), &anything()), DeleteMode::Undoable);
        let mut situation = anything();
        situation.undo_window = 0;
        assert_eq!(mode(&sample::token(), &situation), DeleteMode::Permanent);
        let mut situation = anything();
        situation.features.suspend = false;
        assert_eq!(mode(&sample::token(), &situation), DeleteMode::Permanent);
        let mut situation = anything();
        situation.permissions.patch = false;
        assert_eq!(mode(&sample::token(), &situation), DeleteMode::Permanent);
        let compromised = TokenSummary {
            is_compromised: true,
            ..sample::token()
        };
        assert_eq!(mode(&compromised, &anything()), DeleteMode::Permanent);
    }
}
