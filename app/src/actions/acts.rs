//! What a row's buttons do: some at once, some through a dialog. A button's attribute `data-act` has the word of its act.

use kargo::token::TokenHandle;
use leptos::task::spawn_local;

use super::{
    delete::{REFUSED_SOON, delete_with},
    dialogs::{Dialog, Dialogs},
    notice::Notice,
    refresh::refresh,
};
use crate::api::{self, ApiError};

/// An act on one token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// A successor, at once.
    Recreate,
    /// A successor with another lifetime.
    RecreateWith,
    /// Deletes, with time to undo.
    Delete,
    /// Asks, then deletes for good, where nothing can be undone.
    ConfirmDelete,
    /// Asks, then deletes for good, where it could be undone otherwise.
    DeleteAtOnce,
    /// Asks for a reason, then suspends.
    Suspend,
    /// Undoes a deletion or a suspension.
    Restore,
    /// Asks, then takes back, too, that it is compromised.
    RestoreCompromised,
    /// Asks when it retires.
    Retire,
    /// Does what is due.
    Finish,
    /// Asks, then suspends, recreates and deletes.
    Compromise,
    /// Goes on with that where it has no successor yet.
    ReplaceCompromised,
    /// Goes on with that where only the deletion is left, and tells what else was in its reach.
    FinishCompromise,
}

impl Act {
    const ALL: [Self; 13] = [
        Self::Recreate,
        Self::RecreateWith,
        Self::Delete,
        Self::ConfirmDelete,
        Self::DeleteAtOnce,
        Self::Suspend,
        Self::Restore,
        Self::RestoreCompromised,
        Self::Retire,
        Self::Finish,
        Self::Compromise,
        Self::ReplaceCompromised,
        Self::FinishCompromise,
    ];

    /// The word in the attribute.
    pub fn word(self) -> &'static str {
        match self {
            Self::Recreate => "recreate",
            Self::RecreateWith => "recreate-with",
            Self::Delete => "delete",
            Self::ConfirmDelete => "confirm-delete",
            Self::DeleteAtOnce => "delete-at-once",
            Self::Suspend => "suspend",
            Self::Restore => "restore",
            Self::RestoreCompromised => "restore-compromised",
            Self::Retire => "retire",
            Self::Finish => "finish",
            Self::Compromise => "compromise",
            Self::ReplaceCompromised => "replace-compromised",
            Self::FinishCompromise => "finish-compromise",
        }
    }

    /// The act of a word.
    pub fn from_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// The arguments by which server functions know a token: scope, role, name, uid.
pub fn arguments(token: &TokenHandle) -> (String, String, String, String) {
    (
        token.scope.to_string(),
        token.role.clone(),
        token.name.to_string(),
        token.uid.0.clone(),
    )
}

/// Does it.
pub fn perform(act: Act, token: TokenHandle, dialogs: Dialogs, notice: Notice) {
    match act {
        Act::Recreate => dialogs.open(Dialog::Recreate {
            token,
            lifetime: None,
        }),
        Act::RecreateWith => dialogs.open(Dialog::RecreateWith(token)),
        Act::ConfirmDelete | Act::DeleteAtOnce => dialogs.open(Dialog::Delete(token)),
        Act::Suspend => dialogs.open(Dialog::Suspend(token)),
        Act::Retire => dialogs.open(Dialog::Retire(token)),
        Act::Compromise | Act::ReplaceCompromised => dialogs.open(Dialog::Compromise {
            token,
            is_begun: act == Act::ReplaceCompromised,
        }),
        Act::Delete => spawn_local(async move {
            match delete_with(&token, None).await {
                Ok(window) => notice.say_while_undoable(&token, window),
                Err(error) => notice.complain(&error),
            }
        }),
        Act::RestoreCompromised => dialogs.open(Dialog::Restore(token)),
        Act::Restore => spawn_local(async move {
            let restored = restore(&token, false).await;
            report(restored, format!("{} is restored.", token.name), notice);
        }),
        Act::Finish => spawn_local(async move {
            let (scope, role, name, uid) = arguments(&token);
            let finished = api::finish_token(scope, role, name, uid).await;
            report(finished, format!("{} is deleted.", token.name), notice);
        }),
        Act::FinishCompromise => dialogs.open(Dialog::Aftermath {
            old: token,
            before: None,
        }),
    }
}

fn report(result: Result<(), ApiError>, said: String, notice: Notice) {
    refresh();
    match result {
        Ok(()) => notice.say(said),
        Err(error) => notice.complain(&error.0),
    }
}

/// What is said of a token whose deletion has begun.
pub fn being_deleted(token: &TokenHandle) -> String {
    format!("{} is being deleted. {REFUSED_SOON}", token.name)
}

/// Undoes a deletion or a suspension. To show what is there then is the caller's, who may have many.
pub async fn restore(token: &TokenHandle, even_compromised: bool) -> Result<(), ApiError> {
    let (scope, role, name, uid) = arguments(token);
    api::restore_token(scope, role, name, uid, Some(even_compromised)).await
}

/// Waits until the API server must refuse a compromised token, then deletes it.
pub async fn finish_compromise(token: &TokenHandle) -> Result<bool, ApiError> {
    let (scope, role, name, uid) = arguments(token);
    api::finish_compromise(scope, role, name, uid).await
}

/// What is said of a compromised token that is deleted, after its name.
pub fn is_gone(finished: &Result<bool, ApiError>) -> &'static str {
    match finished {
        Ok(true) => "is refused by the API server, and it is deleted.",
        _ => "is deleted. New requests with it are refused within about 10 seconds.",
    }
}
