//! The notice at the foot of the page: says what was done, offers *Undo* while there is time, or shows an error. The live region is in the
//! page all the time, so that screen readers read out what appears in it.

use std::time::Duration;

use kargo::{
    problem::{Kind, Problem},
    token::TokenRef,
};
use leptos::{leptos_dom::helpers::IntervalHandle, prelude::*};

use super::{
    page::focus,
    platform::milliseconds,
    wording::{self, remaining},
};

use crate::base_path::at;

/// The time in which a deletion can be undone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UndoWindow {
    /// End by the browser's clock, in milliseconds.
    pub end: f64,
    /// Length of the whole window.
    pub seconds: u64,
}

impl UndoWindow {
    /// The window that begins now.
    pub fn of(seconds: u64) -> Self {
        #[allow(clippy::cast_precision_loss, reason = "seconds of an undo window")]
        let end = milliseconds() + seconds as f64 * 1000.0;
        Self { end, seconds }
    }
}

/// What *Undo* restores, and until when.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The tokens.
    pub tokens: Vec<TokenRef>,
    /// The undo window; `None` where there is no end.
    pub window: Option<UndoWindow>,
}

/// What the notice shows.
#[derive(Debug, Clone, Default, PartialEq)]
struct Content {
    text: String,
    is_problem: bool,
    /// Whether signing in again helps.
    is_signed_out: bool,
    undo: Option<Undo>,
}

/// Handle of the app's one notice.
#[derive(Clone, Copy)]
pub struct Notice(RwSignal<Option<Content>>);

impl Notice {
    /// Makes the notice available to every component below.
    pub fn provide() -> Self {
        let notice = Self(RwSignal::new(None));
        provide_context(notice);
        notice
    }

    /// The app's notice.
    pub fn get() -> Self {
        expect_context()
    }

    /// Removes the notice: another command has begun.
    pub fn clear(self) {
        self.0.set(None);
    }

    /// Shows a sentence until the next one, or until it is dismissed.
    pub fn show(self, text: impl Into<String>) {
        self.0.set(Some(Content {
            text: text.into(),
            ..Content::default()
        }));
    }

    /// Shows a sentence with *Undo*.
    pub fn show_with_undo(self, text: impl Into<String>, undo: Undo) {
        self.0.set(Some(Content {
            text: text.into(),
            undo: Some(undo),
            ..Content::default()
        }));
    }

    /// Shows an error.
    pub fn show_error(self, problem: &Problem) {
        self.0.set(Some(Content {
            text: problem.sentences(),
            is_problem: true,
            is_signed_out: problem.kind == Kind::Unauthenticated,
            undo: None,
        }));
    }

    /// Adds that the page could not be updated: what the notice says stays true.
    pub fn add_problem(self, problem: &Problem) {
        let is_shown = self.0.with_untracked(Option::is_some);
        if !is_shown {
            self.show_error(problem);
            return;
        }
        self.0.update(|content| {
            if let Some(content) = content {
                content.text = with_problem(&content.text, problem);
                content.is_signed_out |= problem.kind == Kind::Unauthenticated;
            }
        });
    }

    /// Whether *Undo* with this window is still offered. Tokens may have been restored one by one meanwhile.
    pub fn offers_until(self, window: UndoWindow) -> bool {
        self.with_undo(|undo| undo.window == Some(window))
    }

    /// Whether *Undo* of this token and of others is offered.
    pub fn offers_with_others(self, token: &TokenRef) -> bool {
        self.with_undo(|undo| {
            undo.tokens.len() > 1 && undo.tokens.iter().any(|other| other.uid == token.uid)
        })
    }

    fn with_undo(self, is_so: impl FnOnce(&Undo) -> bool) -> bool {
        self.0.with_untracked(|content| {
            let undo = content.as_ref().and_then(|content| content.undo.as_ref());
            undo.is_some_and(is_so)
        })
    }

    /// Shows that a token is restored. *Undo* of the others stays.
    pub fn show_restored(self, token: &TokenRef) {
        if !self.offers_with_others(token) {
            self.show(wording::is_restored(&token.name));
            return;
        }
        self.0.update(|content| {
            if let Some(Content {
                text,
                undo: Some(undo),
                ..
            }) = content
            {
                undo.tokens.retain(|other| other.uid != token.uid);
                *text = wording::is_restored_of_many(&token.name, undo.tokens.len());
            }
        });
    }
}

/// A notice's text with a problem after it. The same problem is told once, in its latest words.
fn with_problem(text: &str, problem: &Problem) -> String {
    let kept = text
        .find(&problem.message)
        .map_or(text, |start| &text[..start]);
    format!("{} {}", kept.trim_end(), problem.sentences())
        .trim_start()
        .to_owned()
}

/// The notice itself. `undo`: restores tokens.
#[component]
pub fn NoticeLine(undo: impl Fn(Vec<TokenRef>) + Copy + Send + 'static) -> impl IntoView {
    let Notice(content) = Notice::get();
    // The pressed button goes away with the notice.
    let leave = move |token: Option<&TokenRef>| {
        content.set(None);
        focus::focus_token(token.map(|token| token.uid.0.as_str()));
    };
    view! {
        <div role="status">
            {move || {
                let Content { text, is_problem, is_signed_out, undo: offer } = content.get()?;
                let class = if is_problem { "notice problem-notice" } else { "notice" };
                let sign_in = is_signed_out.then(|| view! { <a href=at("/sign-in")>"Sign in"</a> });
                let offer = offer.map(|Undo { tokens, window }| {
                    let on_undo = move |_| {
                        leave(tokens.first());
                        undo(tokens.clone());
                    };
                    view! {
                        {window.map(|window| view! { <TimeLeft window /> })}
                        <button type="button" class="undo" on:click=on_undo>"Undo"</button>
                    }
                });
                Some(view! {
                    <div class=class>
                        <p>{text} " " {sign_in}</p>
                        {offer}
                        <button type="button" aria-label="Dismiss" on:click=move |_| leave(None)>"✕"</button>
                    </div>
                })
            }}
        </div>
    }
}

/// The rest of an undo window, as a clock and as a bar. Hidden from screen readers, which would read it out every second.
#[component]
fn TimeLeft(window: UndoWindow) -> impl IntoView {
    let UndoWindow { end, seconds } = window;
    #[allow(clippy::cast_possible_truncation, reason = "seconds of an undo window")]
    let left = move || ((end - milliseconds()) / 1000.0).ceil() as i64;
    let now = RwSignal::new(left());
    let timer: Option<IntervalHandle> =
        set_interval_with_handle(move || now.set(left()), Duration::from_secs(1)).ok();
    on_cleanup(move || {
        if let Some(timer) = timer {
            timer.clear();
        }
    });
    view! {
        <span class="left" aria-hidden="true">{move || remaining(now.get())}</span>
        <progress aria-hidden="true" max=seconds.to_string() prop:value=move || now.get().max(0).to_string()></progress>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_told_once() {
        let problem = Problem::new(Kind::Unavailable, "Can't reach it.", "Reload.");
        for (before, after) in [
            ("ci is deleted.", "ci is deleted. Can't reach it. Reload."),
            ("Can't reach it. Try again.", "Can't reach it. Reload."),
            (
                "1 of 2. Can't reach it. Reload.",
                "1 of 2. Can't reach it. Reload.",
            ),
        ] {
            assert_eq!(with_problem(before, &problem), after);
        }
    }
}
