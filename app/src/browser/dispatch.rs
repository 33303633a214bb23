//! Runs a button's command on its token: at once, or through a dialog.
//!
//! One-click commands are submit buttons that work without this code. With it, the same endpoint is called without leaving the page.

use std::collections::BTreeMap;

use kargo::{
    problem::{Kind, Problem},
    succession::PendingPredecessor,
    token::TokenRef,
};
use leptos::{ev, prelude::*, task::spawn_local};
use serde::de::DeserializeOwned;
use web_sys::Element;

use super::{
    bulk::selection::Selection,
    dialogs::handle::{AfterReveal, Dialog, Dialogs},
    notice::{Notice, UndoWindow},
    operations,
    page::{
        clock,
        dom::{
            closest, elements, row_of, row_of_command, rows_with, successor_of, target, token_of,
        },
        focus::Place,
        refresh, report,
    },
    platform, undo, wording,
};
use crate::{
    base_path::within,
    protocol::{COMMAND, Command, DETAIL},
};

/// Handles that commands use.
#[derive(Clone, Copy)]
pub struct Dispatcher {
    dialogs: Dialogs,
    notice: Notice,
    selection: Selection,
    /// How far commands on tokens are, by UID.
    stages: StoredValue<BTreeMap<String, Stage>>,
}

impl Dispatcher {
    /// A dispatcher of the app's dialog, notice and selection.
    pub fn new(dialogs: Dialogs, notice: Notice, selection: Selection) -> Self {
        Self {
            dialogs,
            notice,
            selection,
            stages: StoredValue::new(BTreeMap::new()),
        }
    }

    /// Listens for submitted forms and clicked buttons.
    pub fn listen(self) {
        let submits = window_event_listener(ev::submit, move |event| {
            let button = event.submitter();
            let command = button
                .as_ref()
                .and_then(|button| button.get_attribute("formaction"))
                .and_then(|path| Command::of_endpoint(within(&path)));
            if let (Some(button), Some(command)) = (button, command) {
                event.prevent_default();
                self.dispatch(command, &button);
            }
        });
        let clicks = window_event_listener(ev::click, move |event| {
            let button = target(&event).and_then(|it| closest(&it, &format!("[{COMMAND}]")));
            let command = button
                .as_ref()
                .and_then(|button| button.get_attribute(COMMAND))
                .and_then(|word| Command::parse(&word));
            if let (Some(button), Some(command)) = (button, command) {
                self.dispatch(command, &button);
            }
        });
        on_cleanup(move || {
            submits.remove();
            clicks.remove();
        });
    }

    /// Runs a command of a button.
    fn dispatch(self, command: Command, button: &Element) {
        let place = Place::of(button);
        match command {
            Command::NewToken => {
                self.notice.clear();
                let role = text_detail(button);
                self.dialogs.open_from(place, Dialog::NewToken { role });
            }
            Command::RecreateAll => {
                self.notice.clear();
                self.dialogs.open_each_from(place, recreate_all());
            }
            Command::FindLeaked => {
                self.notice.clear();
                let system_namespace = text_detail(button).unwrap_or_default();
                self.dialogs
                    .open_from(place, Dialog::FindLeaked { system_namespace });
            }
            _ => {
                let token = row_of_command(button).and_then(|row| token_of(&row));
                if let Some(token) = token.filter(|token| !self.is_busy(token, command)) {
                    if !self.keeps_undo(command, &token) {
                        self.notice.clear();
                    }
                    self.dispatch_on(command, token, button, place);
                }
            }
        }
    }

    fn dispatch_on(self, command: Command, token: TokenRef, button: &Element, place: Place) {
        let successor = || row_of_command(button).and_then(|row| successor_of(&row));
        let dialog = match command {
            Command::Reveal => Dialog::Reveal {
                after: after_reveal(detail(button)),
                token,
            },
            Command::Recreate => Dialog::Recreate {
                token,
                lifetime: None,
                successor: successor(),
            },
            Command::RecreateWith => Dialog::RecreateWith {
                token,
                successor: successor(),
            },
            Command::ConfirmDelete | Command::DeleteAtOnce => Dialog::Delete(token),
            Command::Suspend => Dialog::Suspend(token),
            Command::RestoreCompromised => Dialog::Restore(token),
            Command::Retire => Dialog::Retire(token),
            Command::Compromise | Command::ReplaceCompromised => Dialog::Compromise {
                token,
                is_begun: command == Command::ReplaceCompromised,
                can_suspend: detail(button).unwrap_or(true),
            },
            Command::EditNotes => Dialog::Notes {
                token,
                texts: detail(button).unwrap_or_default(),
            },
            Command::Delete | Command::Restore | Command::Finish | Command::FinishCompromise => {
                spawn_local(self.run(command, token, place));
                return;
            }
            Command::NewToken | Command::RecreateAll | Command::FindLeaked => return,
        };
        self.dialogs.open_from(place, dialog);
    }

    /// Runs a command that needs no dialog. The page is updated once, after the result is shown.
    async fn run(self, command: Command, token: TokenRef, place: Place) {
        self.set_stage(&token, Stage::UnderWay);
        match self.perform(command, &token).await {
            Ok(Next::Stay) => self.selection.remove(&token),
            Ok(Next::Visit(address)) => return platform::visit(&address),
            Err(problem) if self.keeps_undo(command, &token) => self.notice.add_problem(&problem),
            Err(problem) => self.notice.show_error(&problem),
        }
        self.set_stage(&token, Stage::Done(command));
        refresh::update().await;
        self.stages.update_value(|stages| {
            if stages.get(&token.uid.0) == Some(&Stage::Done(command)) {
                stages.remove(&token.uid.0);
            }
        });
        if place.has_focus() {
            place.return_to_row();
        }
    }

    async fn perform(self, command: Command, token: &TokenRef) -> Result<Next, Problem> {
        let name = &token.name;
        match command {
            Command::Delete => match operations::delete(token.clone(), None).await? {
                Some(seconds) => {
                    let text = wording::being_deleted(name);
                    undo::offer(
                        self.notice,
                        text,
                        vec![token.clone()],
                        UndoWindow::of(seconds),
                    );
                }
                None => self.notice.show(wording::is_deleted(name)),
            },
            Command::Restore => {
                operations::restore(token.clone(), false).await?;
                self.notice.show_restored(token);
            }
            Command::Finish => {
                operations::finish(token.clone()).await?;
                self.notice.show(wording::is_deleted(name));
            }
            Command::FinishCompromise => return self.finish_compromise(token).await,
            // Commands with a dialog.
            Command::NewToken
            | Command::Reveal
            | Command::Recreate
            | Command::RecreateWith
            | Command::ConfirmDelete
            | Command::DeleteAtOnce
            | Command::Suspend
            | Command::RestoreCompromised
            | Command::Retire
            | Command::Compromise
            | Command::ReplaceCompromised
            | Command::EditNotes
            | Command::RecreateAll
            | Command::FindLeaked => {}
        }
        Ok(Next::Stay)
    }

    /// Deletes a compromised token. In a list, its report follows.
    async fn finish_compromise(self, token: &TokenRef) -> Result<Next, Problem> {
        let since = clock::now();
        self.notice.show(format!(
            "Checking that the API server refuses {}. This takes up to 12 seconds…",
            token.name
        ));
        let was_refused = match operations::finish_compromise(token.clone()).await {
            // The program itself was quicker, or the token was deleted at once because it couldn't be suspended.
            Err(problem) if problem.kind == Kind::NotFound => false,
            answer => answer?,
        };
        self.notice
            .show(wording::is_finished(&token.name, was_refused));
        Ok(if report::is_open() {
            Next::Stay
        } else {
            Next::Visit(report::address(token, since))
        })
    }

    /// Whether the notice offers *Undo* of several tokens, and the command undoes one of them: the others can still be undone then.
    fn keeps_undo(self, command: Command, token: &TokenRef) -> bool {
        command == Command::Restore && self.notice.offers_with_others(token)
    }

    fn is_busy(self, token: &TokenRef, command: Command) -> bool {
        self.stages.with_value(|stages| {
            let stage = stages.get(&token.uid.0);
            stage.is_some_and(|stage| [Stage::UnderWay, Stage::Done(command)].contains(stage))
        })
    }

    fn set_stage(self, token: &TokenRef, stage: Stage) {
        let uid = &token.uid.0;
        self.stages.update_value(|stages| {
            stages.insert(uid.clone(), stage);
        });
        for row in rows_with(uid) {
            let _ = if stage == Stage::UnderWay {
                row.set_attribute("aria-busy", "true")
            } else {
                row.remove_attribute("aria-busy")
            };
        }
    }
}

/// How far a command on a token is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// Further commands on the token are ignored.
    UnderWay,
    /// The page isn't up to date yet, so the same command is ignored. Another one isn't: a live page may show its button already.
    Done(Command),
}

/// Step after a command.
enum Next {
    Stay,
    /// Another page.
    Visit(String),
}

/// A recreation for each row of the page that offers one.
fn recreate_all() -> Vec<Dialog> {
    let word = Command::Recreate.word();
    elements(&format!("[{COMMAND}={word}]"))
        .iter()
        .filter_map(|button| token_of(&row_of(button)?))
        .map(|token| Dialog::Recreate {
            token,
            lifetime: None,
            successor: None,
        })
        .collect()
}

/// What comes after a reveal that was opened from a row.
fn after_reveal(predecessor: Option<PendingPredecessor>) -> AfterReveal {
    match predecessor {
        None => AfterReveal::Nothing,
        Some(PendingPredecessor {
            token,
            is_compromised: false,
        }) => AfterReveal::Retire(token),
        Some(PendingPredecessor {
            token,
            is_compromised: true,
        }) => AfterReveal::Report {
            token,
            since: clock::now(),
        },
    }
}

/// The JSON of a button's detail.
fn detail<T: DeserializeOwned>(button: &Element) -> Option<T> {
    serde_json::from_str(&button.get_attribute(DETAIL)?).ok()
}

/// A detail that is a text, as JSON or as it is.
fn text_detail(button: &Element) -> Option<String> {
    detail(button).or_else(|| button.get_attribute(DETAIL))
}
