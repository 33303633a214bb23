//! The notice at the foot of the page: says what was done, offers *Undo* while there is time, or shows an error. The live region is in the
//! page all the time, so that screen readers read out what appears in it.

use std::time::Duration;

use kargo::{
    problem::{Kind, Problem},
    token::TokenRef,
};
use leptos::{leptos_dom::helpers::IntervalHandle, prelude::*};

use super::{page::focus, platform::milliseconds, wording::remaining};

/// What *Undo* restores, and until when.
#[derive(Debug, Clone, PartialEq)]
pub struct Undo {
    /// The tokens.
    pub tokens: Vec<TokenRef>,
    /// The end of the undo window by the browser's clock, in milliseconds, and the window's seconds; `None` where there is no end.
    pub window: Option<(f64, u64)>,
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
            text: format!("{} {}", problem.message, problem.hint),
            is_problem: true,
            is_signed_out: problem.kind == Kind::Unauthenticated,
            undo: None,
        }));
    }

    /// Adds that the page could not be updated: what the notice says stays true.
    pub fn add_problem(self, problem: &Problem) {
        let text = format!("{} {}", problem.message, problem.hint);
        let is_shown = self.0.with_untracked(Option::is_some);
        if !is_shown {
            self.show_error(problem);
            return;
        }
        self.0.update(|content| {
            if let Some(content) = content
                && !content.text.ends_with(&text)
            {
                content.text = format!("{} {text}", content.text);
                content.is_signed_out |= problem.kind == Kind::Unauthenticated;
            }
        });
    }

    /// Whether *Undo* of this is still offered.
    pub fn offers(self, undo: &Undo) -> bool {
        self.0.with_untracked(|content| {
            content
                .as_ref()
                .is_some_and(|content| content.undo.as_ref() == Some(undo))
        })
    }
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
                let sign_in = is_signed_out.then(|| view! { <a href="/sign-in">"Sign in"</a> });
                let offer = offer.map(|Undo { tokens, window }| {
                    let on_undo = move |_| {
                        leave(tokens.first());
                        undo(tokens.clone());
                    };
                    view! {
                        {window.map(|(end, seconds)| view! { <TimeLeft end seconds /> })}
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
fn TimeLeft(end: f64, seconds: u64) -> impl IntoView {
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
