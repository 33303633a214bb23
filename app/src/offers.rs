//! Which commands a token offers to whom, and how its deletion goes. Pure: views draw the answer, and *Select all of this view* filters by
//! it. The verbs of `kargo::cluster` check each request themselves.

use kargo::{
    permissions::{ClusterFeatures, Permissions},
    role::RoleStatus,
    token::{CleanupReason, Reveal, TokenState, TokenSummary},
};

use crate::{
    policy::TokenPolicy,
    protocol::{BulkOffer, Command, DeleteMode},
};

/// Everything besides the token that decides what is offered.
#[derive(Debug, Clone)]
pub struct Situation {
    /// What the person may do in the scope.
    pub permissions: Permissions,
    /// Capabilities of the cluster.
    pub features: ClusterFeatures,
    /// What the configuration allows.
    pub policy: TokenPolicy,
    /// What the token's role is; `None` where roles can't be read.
    pub role: Option<RoleStatus>,
    /// Whether the person created the token.
    pub is_creator: bool,
    /// Whether the person is signed in with the token.
    pub is_own: bool,
    /// Why the token is due for clean-up, if it is.
    pub cleanup: Option<CleanupReason>,
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Offer {
    /// What it does.
    pub command: Command,
    /// Its text.
    pub label: &'static str,
    /// How much it stands out.
    pub emphasis: Emphasis,
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

impl Offers {
    fn row(&mut self, command: Command, label: &'static str, emphasis: Emphasis) {
        self.row.push(Offer {
            command,
            label,
            emphasis,
        });
    }

    fn menu(&mut self, command: Command, label: &'static str, emphasis: Emphasis) {
        self.menu.push(Offer {
            command,
            label,
            emphasis,
        });
    }
}

/// How a deletion of a token goes: with an undo window where the token can be suspended and restored.
pub fn delete_mode(
    token: &TokenSummary,
    permissions: Permissions,
    features: ClusterFeatures,
    policy: TokenPolicy,
) -> DeleteMode {
    let can_be_undone = permissions.can_suspend(features)
        && policy.undo_window > 0
        && !token.is_expiring()
        && !token.is_compromised;
    if can_be_undone {
        DeleteMode::Undoable
    } else {
        DeleteMode::Permanent
    }
}

/// The commands of a token.
pub fn offers(token: &TokenSummary, situation: &Situation) -> Offers {
    let mut offers = Offers::default();
    if !token.is_managed() || token.is_terminating {
        return offers;
    }
    let Situation {
        permissions: may,
        features,
        policy,
        cleanup,
        is_own,
        ..
    } = situation;
    let is_own = *is_own;
    let is_deleting = matches!(token.state, TokenState::Deleting { .. });
    let is_suspended = matches!(token.state, TokenState::Suspended { .. });
    let is_compromised = token.is_compromised && is_suspended;
    // A successor is a new token of the same role.
    let can_replace = may.can_create() && has_role(situation.role);

    // What the token waits for.
    if is_compromised {
        if token.replaced_by.is_none() && can_replace && !is_own {
            offers.row(Command::ReplaceCompromised, "Continue", Emphasis::Lead);
        } else if may.delete && !is_own {
            offers.row(Command::FinishCompromise, "Finish", Emphasis::Lead);
        }
    } else if may.delete && !is_own {
        match cleanup {
            Some(CleanupReason::Expiry) => offers.row(Command::Finish, "Remove", Emphasis::Lead),
            Some(_) => offers.row(Command::Finish, "Finish", Emphasis::Lead),
            None => {}
        }
    }
    if situation.is_creator
        && matches!(token.reveal, Some(Reveal::Pending))
        && !is_suspended
        && !is_deleting
        && cleanup.is_none()
    {
        offers.row(Command::Reveal, "Reveal once", Emphasis::Lead);
    }
    restore(token, situation, &mut offers);

    // Rotation. A token that works beside its successor waits for a decision about its end.
    let is_replaced = token.replaced_by.is_some() && !is_own && !is_suspended && !is_deleting;
    let is_undecided = is_replaced && token.retire_after.is_none();
    if may.patch && is_replaced {
        if is_undecided {
            offers.row(Command::Retire, "When it retires…", Emphasis::Plain);
        } else {
            offers.menu(Command::Retire, "When it retires…", Emphasis::Plain);
        }
    }
    if can_replace && !is_deleting && !is_compromised {
        if is_undecided {
            offers.menu(Command::Recreate, "Recreate", Emphasis::Plain);
        } else {
            offers.row(Command::Recreate, "Recreate", Emphasis::Plain);
        }
        if may.mint {
            offers.menu(
                Command::RecreateWith,
                "Recreate with another lifetime…",
                Emphasis::Plain,
            );
        }
    }
    if may.can_suspend(*features)
        && !is_suspended
        && !is_deleting
        && !token.is_expiring()
        && !is_own
    {
        offers.menu(Command::Suspend, "Suspend…", Emphasis::Plain);
        offers.bulk.suspend = true;
    }
    let is_past_deletion = matches!(
        cleanup,
        Some(CleanupReason::Deletion | CleanupReason::Expiry)
    );
    if may.delete && !is_own && !is_past_deletion {
        let mode = delete_mode(token, *may, *features, *policy);
        // Deleting at once takes only the right to delete, whatever the Secret's labels and annotations are.
        if is_deleting || is_compromised || mode == DeleteMode::Undoable {
            offers.menu(Command::DeleteAtOnce, "Delete at once…", Emphasis::Danger);
        }
        if !is_deleting && !is_compromised {
            let command = match mode {
                DeleteMode::Undoable => Command::Delete,
                DeleteMode::Permanent => Command::ConfirmDelete,
            };
            offers.row(command, "Delete", Emphasis::Danger);
            offers.bulk.delete = Some(mode);
        }
    }
    if may.patch && can_replace && !is_own && !is_compromised {
        offers.menu(Command::Compromise, "Compromised…", Emphasis::Danger);
    }
    offers
}

/// The button that undoes a deletion or a suspension.
fn restore(token: &TokenSummary, situation: &Situation, offers: &mut Offers) {
    if !situation.permissions.patch {
        return;
    }
    let command = if token.is_compromised {
        Command::RestoreCompromised
    } else {
        Command::Restore
    };
    let is_deleting = matches!(token.state, TokenState::Deleting { .. });
    let is_suspended = matches!(token.state, TokenState::Suspended { .. });
    if is_deleting || token.delete_after.is_some() {
        if situation.cleanup.is_some() {
            offers.row(command, "Restore", Emphasis::Plain);
        } else {
            offers.row(command, "Undo", Emphasis::Lead);
        }
    } else if is_suspended || token.is_compromised {
        offers.row(command, "Restore", Emphasis::Plain);
    } else {
        return;
    }
    offers.bulk.restore = command == Command::Restore;
}

/// Whether a new token can be made for a role. Where roles can't be read, the API server decides.
fn has_role(role: Option<RoleStatus>) -> bool {
    !matches!(role, Some(RoleStatus::NotARole | RoleStatus::Missing))
}

#[cfg(test)]
mod tests {
    use kargo::{sample, token::Missing};

    use super::*;

    fn anything() -> Situation {
        Situation {
            permissions: Permissions {
                create: true,
                patch: true,
                delete: true,
                mint: true,
            },
            features: ClusterFeatures { suspend: true },
            policy: TokenPolicy {
                undo_window: 30,
                max_lifetime: None,
            },
            role: Some(RoleStatus::ProjectRole),
            is_creator: false,
            is_own: false,
            cleanup: None,
        }
    }

    fn words(offers: &[Offer]) -> Vec<&'static str> {
        offers.iter().map(|offer| offer.command.word()).collect()
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
        let nobody = Situation {
            permissions: Permissions {
                create: false,
                patch: false,
                delete: false,
                mint: false,
            },
            ..anything()
        };
        assert_eq!(offers(&sample::token(), &nobody), Offers::default());
        let without_patch = Situation {
            permissions: Permissions {
                patch: false,
                ..anything().permissions
            },
            ..anything()
        };
        // A successor could not be revealed.
        assert_eq!(
            offered(&sample::token(), &without_patch),
            ("confirm-delete".to_owned(), String::new())
        );
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
    fn a_deletion_is_undoable_where_the_token_can_be_suspended() {
        let mode = |token: &TokenSummary, situation: &Situation| {
            let Situation {
                permissions,
                features,
                policy,
                ..
            } = situation;
            delete_mode(token, *permissions, *features, *policy)
        };
        assert_eq!(mode(&sample::token(), &anything()), DeleteMode::Undoable);
        let mut situation = anything();
        situation.policy.undo_window = 0;
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
