//! What the dialog can show, and the handle that opens and closes it.

use std::collections::VecDeque;

use kargo::token::{Notes, TokenRef};
use leptos::prelude::*;

use crate::browser::page::{focus::Place, refresh::refresh};

/// Content of the dialog.
#[derive(Debug, Clone, PartialEq)]
pub enum Dialog {
    /// Create a token.
    NewToken {
        /// The role, where the dialog was opened from one.
        role: Option<String>,
    },
    /// Create a successor at once.
    Recreate {
        /// The old token.
        token: TokenRef,
        /// The successor's lifetime in seconds; 0: without end; `None`: the old token's.
        lifetime: Option<u64>,
        /// The successor that the page shows, in the words of [`SUCCESSOR`](crate::protocol::SUCCESSOR); `None` where it doesn't tell.
        successor: Option<String>,
    },
    /// Choose the lifetime of a successor.
    RecreateWith {
        /// The old token.
        token: TokenRef,
        /// As above.
        successor: Option<String>,
    },
    /// Show the value, once.
    Reveal {
        /// The token.
        token: TokenRef,
        /// Step after *I saved it*.
        after: AfterReveal,
    },
    /// Ask for a reason, then suspend.
    Suspend(TokenRef),
    /// Confirm that a token was never compromised, then restore it.
    Restore(TokenRef),
    /// Choose when an old token retires.
    Retire(TokenRef),
    /// Suspend and replace a compromised token.
    Compromise {
        /// The compromised token.
        token: TokenRef,
        /// `true` if the token is suspended already; the dialog then asks nothing.
        is_begun: bool,
        /// `false` for a token that is deleted at once instead.
        can_suspend: bool,
    },
    /// Edit note and contact.
    Notes {
        /// The token.
        token: TokenRef,
        /// Both texts, as the page shows them.
        texts: Notes<String>,
    },
    /// Confirm a permanent deletion.
    Delete(TokenRef),
    /// Find the token of a leaked value.
    FindLeaked {
        /// The namespace of the system's tokens.
        system_namespace: String,
    },
}

/// Step after a reveal.
#[derive(Debug, Clone, PartialEq)]
pub enum AfterReveal {
    /// Nothing: the token replaces none.
    Nothing,
    /// The question when the old token retires.
    Retire(TokenRef),
    /// The report of a compromised token.
    Report {
        /// The compromised token.
        token: TokenRef,
        /// The time of the report: seconds since 1970 by the API server's clock.
        since: i64,
    },
}

impl AfterReveal {
    /// The old token that the revealed one replaces.
    pub fn predecessor(&self) -> Option<&TokenRef> {
        match self {
            Self::Nothing => None,
            Self::Retire(token) | Self::Report { token, .. } => Some(token),
        }
    }
}

/// Opens and closes the dialog.
#[derive(Clone, Copy)]
pub struct Dialogs {
    current: RwSignal<Option<Dialog>>,
    /// Dialogs that follow, once the current one is done.
    queue: StoredValue<VecDeque<Dialog>>,
    /// Where the focus was before.
    place: StoredValue<Option<Place>, LocalStorage>,
    /// Whether something was done, so that the page is out of date.
    is_done: StoredValue<bool>,
    /// Whether something unsaved is in the dialog.
    is_unsaved: StoredValue<bool>,
    /// Whether a request is under way.
    is_waiting: RwSignal<bool>,
    steps: RwSignal<u32>,
}

impl Dialogs {
    /// Makes the dialog available to every component below.
    pub fn provide() -> Self {
        let dialogs = Self {
            current: RwSignal::new(None),
            queue: StoredValue::new(VecDeque::new()),
            place: StoredValue::new_local(None),
            is_done: StoredValue::new(false),
            is_unsaved: StoredValue::new(false),
            is_waiting: RwSignal::new(false),
            steps: RwSignal::new(0),
        };
        provide_context(dialogs);
        dialogs
    }

    /// The app's dialog.
    pub fn get() -> Self {
        expect_context()
    }

    /// Opens the dialog from a control, which gets the focus back later.
    pub fn open_from(self, place: Place, dialog: Dialog) {
        self.place.set_value(Some(place));
        self.is_done.set_value(false);
        self.open(dialog);
    }

    /// Opens one dialog after the other. The first one that is cancelled ends it.
    pub fn open_each_from(self, place: Place, dialogs: Vec<Dialog>) {
        let mut dialogs = VecDeque::from(dialogs);
        if let Some(first) = dialogs.pop_front() {
            self.queue.set_value(dialogs);
            self.open_from(place, first);
        }
    }

    /// Changes the content: the next dialog of the same command.
    pub fn open(self, dialog: Dialog) {
        self.guard(false);
        self.is_waiting.set(false);
        self.current.set(Some(dialog));
    }

    /// Closes the dialog after its command is done, and goes on with the next one of several.
    pub fn done(self) {
        self.set_changed();
        match self.queue.try_update_value(VecDeque::pop_front).flatten() {
            Some(next) => {
                self.open(next);
                refresh();
            }
            None => self.close(),
        }
    }

    /// Closes the dialog before its command is done.
    pub fn cancel(self) {
        self.queue.set_value(VecDeque::new());
        self.close();
    }

    fn close(self) {
        self.guard(false);
        self.is_waiting.set(false);
        self.current.set(None);
    }

    /// Notes that the page is out of date. It is updated when the dialog closes: once for each command.
    pub fn set_changed(self) {
        self.is_done.set_value(true);
    }

    /// Brings the focus back after the dialog was closed, and the page up to date.
    pub fn return_focus(self) {
        let place = self.place.try_update_value(Option::take).flatten();
        let is_done = self.is_done.get_value();
        if let Some(place) = place {
            if is_done {
                place.return_after_command();
            } else {
                place.return_to_control();
            }
        }
        if is_done {
            self.is_done.set_value(false);
            refresh();
        }
    }

    /// While guarded, neither Esc nor a gesture closes the dialog: something unsaved is in it.
    pub fn guard(self, is_unsaved: bool) {
        self.is_unsaved.set_value(is_unsaved);
    }

    /// Guards the dialog while a request is under way.
    pub fn wait(self, is_waiting: bool) {
        self.is_waiting.set(is_waiting);
    }

    /// Whether a request is under way; tracked.
    pub fn is_waiting(self) -> bool {
        self.is_waiting.get()
    }

    /// Whether the dialog is guarded.
    pub fn is_guarded(self) -> bool {
        self.is_unsaved.get_value() || self.is_waiting.get_untracked()
    }

    /// Says that the content has changed by itself, so that the focus goes to what is there now.
    pub fn next_step(self) {
        self.steps.update(|n| *n += 1);
    }

    /// Whether the dialog is open; tracked through every step.
    pub fn is_open(self) -> bool {
        self.steps.track();
        self.current.with(Option::is_some)
    }

    /// The content; tracked.
    pub fn current(self) -> Option<Dialog> {
        self.current.get()
    }
}
