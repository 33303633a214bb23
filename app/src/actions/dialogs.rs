//! What the app's dialog can show, and the handle that opens and closes it. The `<dialog>` itself is the page's own.

use kargo::{name::RoleName, scope::Scope, token::TokenHandle};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};

/// What is open. Written as JSON into the attribute `data-dialog` of the button that opens it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Dialog {
    /// Create a token; the role is chosen already where it was opened from a role's group.
    NewToken {
        /// Where.
        scope: Scope,
        /// The roles to choose from.
        roles: Vec<RoleName>,
        /// The one that is chosen already.
        role: Option<RoleName>,
    },
    /// Create a successor of this token, at once.
    Recreate {
        /// The old one.
        token: TokenHandle,
        /// The new one's lifetime in seconds; 0: without end; `None`: as the old one's.
        lifetime: Option<u64>,
    },
    /// Choose the lifetime of a successor.
    RecreateWith(TokenHandle),
    /// The one reveal.
    Reveal {
        /// Of this token.
        token: TokenHandle,
        /// What comes after *I saved it*.
        then: Then,
    },
    /// Ask why, then suspend this token.
    Suspend(TokenHandle),
    /// Confirm that this token was never compromised, and restore it.
    Restore(TokenHandle),
    /// Choose when this token retires.
    Retire(TokenHandle),
    /// Suspend and recreate this token, whose value is in the wrong hands.
    Compromise {
        /// Which one.
        token: TokenHandle,
        /// Whether that was begun already: then nothing is asked.
        is_begun: bool,
    },
    /// What became of a token whose value was in the wrong hands, and what else was in its reach.
    Aftermath {
        /// Which one.
        old: TokenHandle,
        /// When this was first asked, in seconds since 1970 by the API server's clock: what is made later was not. `None`: now.
        before: Option<i64>,
    },
    /// Edit what people wrote about this token.
    Notes {
        /// Which one.
        token: TokenHandle,
        /// Its note, as the page shows it; empty where there is none.
        note: String,
        /// Its contact, likewise.
        contact: String,
    },
    /// Confirm the deletion of this token.
    Delete(TokenHandle),
}

/// What comes after a reveal.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Then {
    /// Nothing: it is a token of its own.
    Nothing,
    /// The person is asked about the old token.
    Retire(TokenHandle),
    /// The old token, whose value is in the wrong hands, is deleted.
    Delete(TokenHandle),
}

impl Dialog {
    /// The text for a button's attribute `data-dialog`.
    pub fn attribute(&self) -> String {
        // Names and texts always have a JSON form; a button that opens nothing would be the worst of it.
        serde_json::to_string(self).unwrap_or_default()
    }
}

/// Opens and closes the dialog.
#[derive(Clone, Copy)]
pub struct Dialogs {
    current: RwSignal<Option<Dialog>>,
    /// What closing leads back to.
    back: StoredValue<Option<Dialog>>,
    guarded: RwSignal<bool>,
    steps: RwSignal<u32>,
}

impl Dialogs {
    /// Makes it available to every component below.
    pub fn provide() -> Self {
        let dialogs = Self {
            current: RwSignal::new(None),
            back: StoredValue::new(None),
            guarded: RwSignal::new(false),
            steps: RwSignal::new(0),
        };
        provide_context(dialogs);
        dialogs
    }

    /// The app's dialog.
    pub fn get() -> Self {
        expect_context()
    }

    /// Opens it, or changes what is in it.
    pub fn open(self, dialog: Dialog) {
        self.guarded.set(false);
        self.current.set(Some(dialog));
    }

    /// The same; when that and all that follows from it is closed, `back` is open again.
    pub fn open_before(self, dialog: Dialog, back: Dialog) {
        self.back.set_value(Some(back));
        self.open(dialog);
    }

    /// Closes it, or leads back to where it was opened.
    pub fn close(self) {
        let back = self.back.try_update_value(Option::take).flatten();
        self.guarded.set(false);
        self.current.set(back);
    }

    /// While guarded, neither Esc nor the backdrop closes it: something unsaved is in it.
    pub fn guard(self, guarded: bool) {
        self.guarded.set(guarded);
    }

    /// Whether it is guarded now.
    pub fn is_guarded(self) -> bool {
        self.guarded.get_untracked()
    }

    /// Says that what is in it has changed by itself, so that the focus goes to what is there now.
    pub fn next_step(self) {
        self.steps.update(|n| *n += 1);
    }

    /// Whether it is open; followed, through every step.
    pub fn is_open(self) -> bool {
        self.steps.track();
        self.current.with(Option::is_some)
    }

    /// What is in it; followed.
    pub fn current(self) -> Option<Dialog> {
        self.current.get()
    }
}

/// The heading that names the dialog.
#[component]
pub fn DialogTitle(children: Children) -> impl IntoView {
    view! { <h2 id="dialog-title" tabindex="-1">{children()}</h2> }
}
