//! The line that tells what was just done, and undoes it. A live region: screen readers read it out.

use std::time::Duration;

use kargo::{problem::Problem, token::TokenHandle};
use leptos::{prelude::*, task::spawn_local};

use super::{
    acts::{being_deleted, restore},
    bulk::each,
    delete::REFUSED_SOON,
    refresh::refresh,
};

/// What it says.
#[derive(Debug, Clone, PartialEq)]
struct Said {
    text: String,
    is_problem: bool,
    /// What *Undo* restores.
    undo: Vec<TokenHandle>,
}

/// Says things through the app's one notice line.
#[derive(Clone, Copy)]
pub struct Notice(RwSignal<Option<Said>>);

impl Notice {
    /// Makes it available to every component below.
    pub fn provide() -> Self {
        let notice = Self(RwSignal::new(None));
        provide_context(notice);
        notice
    }

    /// The app's notice line.
    pub fn get() -> Self {
        expect_context()
    }

    /// Takes it away: something else has begun.
    pub fn clear(self) {
        self.0.set(None);
    }

    /// Shows a sentence until the next one, or until it is dismissed.
    pub fn say(self, text: impl Into<String>) {
        self.say_with_undo(text, vec![]);
    }

    /// The same, with a button that restores these tokens.
    pub fn say_with_undo(self, text: impl Into<String>, undo: Vec<TokenHandle>) {
        self.0.set(Some(Said {
            text: text.into(),
            is_problem: false,
            undo,
        }));
    }

    /// Says that a token is being deleted, with *Undo* as long as that can be undone: for so many seconds, if at all.
    pub fn say_while_undoable(self, token: &TokenHandle, window: Option<u64>) {
        let is_deleted = format!("{} is deleted. {REFUSED_SOON}", token.name);
        let Some(window) = window else {
            self.say(is_deleted);
            return;
        };
        let text = being_deleted(token);
        self.say_with_undo(text.clone(), vec![token.clone()]);
        let at_its_end = move || {
            let is_still_said = self
                .0
                .with_untracked(|said| said.as_ref().is_some_and(|said| said.text == text));
            if is_still_said {
                self.say(is_deleted.clone());
            }
        };
        set_timeout(at_its_end, Duration::from_secs(window));
    }

    /// Shows what went wrong.
    pub fn complain(self, problem: &Problem) {
        self.0.set(Some(Said {
            text: format!("{} {}", problem.message, problem.hint),
            is_problem: true,
            undo: vec![],
        }));
    }

    fn undo(self, tokens: Vec<TokenHandle>) {
        let total = tokens.len();
        let name = tokens.first().map(|token| token.name.to_string());
        self.clear();
        spawn_local(async move {
            let mut problem = None;
            let mut restored = 0;
            each(
                tokens,
                async |token| restore(token, false).await.map_err(|error| error.0),
                |_, result| match result {
                    Ok(()) => restored += 1,
                    Err(error) => problem = Some(error),
                },
            )
            .await;
            refresh();
            match (problem, name) {
                (Some(problem), _) if total == 1 => self.complain(&problem),
                (Some(problem), _) => self.complain(&Problem::new(
                    problem.kind,
                    format!(
                        "{restored} of {total} tokens are restored. {}",
                        problem.message
                    ),
                    problem.hint,
                )),
                (None, Some(name)) if total == 1 => self.say(format!("{name} is restored.")),
                (None, _) => self.say(format!("{restored} tokens are restored.")),
            }
        });
    }
}

/// The line itself.
#[component]
pub fn NoticeLine() -> impl IntoView {
    let notice = Notice::get();
    let Notice(said) = notice;
    view! {
        <div class="notice" role="status" class:problem-notice=move || said.with(|said| said.as_ref().is_some_and(|said| said.is_problem))>
            {move || {
                said.get().map(|Said { text, undo, .. }| {
                    let undo = (!undo.is_empty()).then(|| {
                        view! { <button type="button" class="quiet undo" on:click=move |_| notice.undo(undo.clone())>"Undo"</button> }
                    });
                    view! {
                        <p>{text}</p>
                        {undo}
                        <button type="button" class="quiet" aria-label="Dismiss" on:click=move |_| said.set(None)>"✕"</button>
                    }
                })
            }}
        </div>
    }
}
