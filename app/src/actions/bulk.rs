//! Many tokens at once: rows are picked, then deleted, suspended or restored one by one, with what came of each. One *Undo* for all.
//!
//! What is picked is a set of tokens, not of rows: it survives that the page is read again, and can hold tokens that other pages show.

use std::collections::BTreeMap;

use futures::StreamExt;
use kargo::{
    problem::{Kind, Problem},
    token::TokenHandle,
};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

use super::{
    acts::{arguments, restore},
    browser,
    delete::{ALL_REFUSED_SOON, REFUSED_SOON},
    notice::Notice,
    page::{self, elements, rows, token_of},
    refresh::refresh,
};
use crate::api;

/// Requests under way at the same time: quick, and far from what the server takes for a script that runs away.
const AT_ONCE: usize = 6;
/// Deletions that are begun in a second at the least.
const SLOWEST: usize = 20;
/// How often one is tried again where there are too many requests, and after how many milliseconds.
const TRIES: usize = 10;
const PAUSE: i32 = 1000;
/// Failures that are named; the others are counted.
const NAMED: usize = 50;

/// What can be done to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bulk {
    Delete,
    Suspend,
    Restore,
}

impl Bulk {
    /// `3 tokens are being deleted`: the end of that sentence.
    fn done(self) -> &'static str {
        match self {
            Self::Delete => "being deleted",
            Self::Suspend => "suspended",
            Self::Restore => "restored",
        }
    }
}

/// What is picked, by UID, and what is being done to it.
#[derive(Clone, Copy)]
pub struct Picked {
    tokens: RwSignal<BTreeMap<String, TokenHandle>>,
    /// The box that was clicked last: where a range with Shift begins.
    last: StoredValue<Option<String>>,
    run: RwSignal<Option<Run>>,
    stopped: RwSignal<bool>,
}

/// A run over many tokens.
#[derive(Debug, Clone, PartialEq)]
struct Run {
    total: usize,
    done: usize,
    failed: Vec<(String, Problem)>,
    is_over: bool,
}

impl Picked {
    /// Makes it available to every component below.
    pub fn provide() -> Self {
        let picked = Self {
            tokens: RwSignal::new(BTreeMap::new()),
            last: StoredValue::new(None),
            run: RwSignal::new(None),
            stopped: RwSignal::new(false),
        };
        provide_context(picked);
        picked
    }

    /// A box was clicked: one row's, with Shift all from the last one to it, or a group's for all of its rows.
    pub fn clicked(self, pick: &HtmlInputElement, with_shift: bool) {
        let checked = pick.checked();
        let mut changed: Vec<TokenHandle> = Vec::new();
        if pick.class_list().contains("pick-all") {
            let table = pick.closest("table").ok().flatten();
            changed.extend(picks().into_iter().filter_map(|(row, _)| {
                let within = table
                    .as_ref()
                    .is_some_and(|table| table.contains(Some(&row)));
                token_of(&row).filter(|_| within)
            }));
        } else if let Some(token) = token_of(pick) {
            let all: Vec<TokenHandle> = picks()
                .iter()
                .filter_map(|(row, _)| token_of(row))
                .collect();
            let place = |uid: &str| all.iter().position(|token| token.uid.0 == uid);
            let from = self
                .last
                .get_value()
                .filter(|_| with_shift)
                .and_then(|uid| place(&uid));
            match (from, place(&token.uid.0)) {
                (Some(from), Some(to)) => {
                    changed.extend_from_slice(&all[from.min(to)..=from.max(to)]);
                }
                _ => changed.push(token.clone()),
            }
            self.last.set_value(Some(token.uid.0));
        }
        self.tokens.update(|tokens| {
            for token in changed {
                if checked {
                    tokens.insert(token.uid.0.clone(), token);
                } else {
                    tokens.remove(&token.uid.0);
                }
            }
        });
        self.show();
    }

    /// Checks the boxes of what is picked: after the page was read again, too.
    pub fn show(self) {
        let picks = picks();
        self.tokens.with_untracked(|tokens| {
            for (row, pick) in &picks {
                pick.set_checked(
                    token_of(row).is_some_and(|token| tokens.contains_key(&token.uid.0)),
                );
            }
        });
        for all in elements("input.pick-all") {
            let table = all.closest("table").ok().flatten();
            let mut within = picks
                .iter()
                .filter(|(row, _)| {
                    table
                        .as_ref()
                        .is_some_and(|table| table.contains(Some(row)))
                })
                .map(|(_, pick)| pick.checked())
                .peekable();
            let is_full = within.peek().is_some() && within.all(|checked| checked);
            if let Ok(all) = all.dyn_into::<HtmlInputElement>() {
                all.set_checked(is_full);
            }
        }
    }

    fn clear(self) {
        self.tokens.set(BTreeMap::new());
        self.run.set(None);
        self.show();
    }

    /// Picks every token that the page's address asks for, those on other pages included.
    fn pick_all_matching(self, notice: Notice) {
        let facts = page::Facts::read();
        spawn_local(async move {
            match api::list_handles(facts.scope, facts.role, facts.show, facts.days).await {
                Ok(all) => {
                    let all = all.into_iter().map(|token| (token.uid.0.clone(), token));
                    self.tokens.set(all.collect());
                    self.show();
                }
                Err(error) => notice.complain(&error.0),
            }
        });
    }

    fn start(self, bulk: Bulk, notice: Notice) {
        let tokens: Vec<TokenHandle> = self.tokens.get_untracked().into_values().collect();
        let total = tokens.len();
        self.stopped.set(false);
        self.run.set(Some(Run {
            total,
            done: 0,
            failed: vec![],
            is_over: false,
        }));
        spawn_local(async move {
            let mut done = Vec::new();
            let tokens = tokens
                .into_iter()
                .take_while(|_| !self.stopped.get_untracked());
            each(
                tokens,
                async |token| act(bulk, token, total).await,
                |token, result| {
                    if result.is_ok() {
                        done.push(token.clone());
                    }
                    self.run.update(|run| {
                        if let Some(run) = run {
                            run.done += 1;
                            run.failed
                                .extend(result.err().map(|error| (token.name.to_string(), error)));
                        }
                    });
                },
            )
            .await;
            refresh();
            self.tokens.update(|tokens| {
                for token in &done {
                    tokens.remove(&token.uid.0);
                }
            });
            self.run.update(|run| {
                if let Some(run) = run {
                    run.is_over = true;
                }
            });
            if self
                .run
                .with_untracked(|run| run.as_ref().is_some_and(|run| run.failed.is_empty()))
            {
                self.run.set(None);
            }
            self.show();
            let undo = if bulk == Bulk::Restore {
                vec![]
            } else {
                done.clone()
            };
            let said = match done.len() {
                1 => format!("1 token is {}.", bulk.done()),
                n => format!("{n} tokens are {}.", bulk.done()),
            };
            let said = if bulk == Bulk::Restore {
                said
            } else {
                let soon = if done.len() == 1 {
                    REFUSED_SOON
                } else {
                    ALL_REFUSED_SOON
                };
                format!("{said} {soon}")
            };
            notice.say_with_undo(said, undo);
        });
    }
}

/// `of`: among so many.
async fn act(bulk: Bulk, token: &TokenHandle, of: usize) -> Result<(), Problem> {
    let (scope, role, name, uid) = arguments(token);
    let done = match bulk {
        Bulk::Delete => {
            let now = page::deletes_at_once(token).then_some(true);
            // The first can still be undone when the last is begun, and read about.
            let more = (of / SLOWEST) as u64;
            api::delete_token(scope, role, name, uid, now, Some(more))
                .await
                .map(|_| ())
        }
        Bulk::Suspend => api::suspend_token(scope, role, name, uid, None).await,
        Bulk::Restore => restore(token, false).await,
    };
    done.map_err(|error| error.0)
}

/// Does something to each token, a few at the same time, and tells what came of it.
pub async fn each(
    tokens: impl IntoIterator<Item = TokenHandle>,
    act: impl AsyncFn(&TokenHandle) -> Result<(), Problem>,
    mut tell: impl FnMut(TokenHandle, Result<(), Problem>),
) {
    let act = &act;
    let mut results = futures::stream::iter(tokens)
        .map(async |token| {
            let mut tries = 0;
            loop {
                let result = act(&token).await;
                let is_busy = matches!(&result, Err(problem) if problem.kind == Kind::TooMany);
                tries += 1;
                if !is_busy || tries > TRIES {
                    break (token, result);
                }
                browser::sleep(PAUSE).await;
            }
        })
        .buffer_unordered(AT_ONCE);
    while let Some((token, result)) = results.next().await {
        tell(token, result);
    }
}

/// The rows that can be picked, with their boxes.
fn picks() -> Vec<(Element, HtmlInputElement)> {
    rows()
        .into_iter()
        .filter_map(|row| {
            let pick = row.query_selector("input.pick").ok()??;
            Some((row, pick.dyn_into().ok()?))
        })
        .collect()
}

/// The bar at the bottom, while something is picked or done.
#[component]
pub fn BulkBar() -> impl IntoView {
    let picked: Picked = expect_context();
    let notice = Notice::get();
    let asked = RwSignal::new(false);
    let count = move || picked.tokens.with(BTreeMap::len);
    // Some can't be undone: these are asked about first.
    let on_delete = move |_| {
        let for_good = picked
            .tokens
            .with_untracked(|tokens| tokens.values().any(page::deletes_at_once));
        if for_good && !asked.get_untracked() {
            asked.set(true);
        } else {
            asked.set(false);
            picked.start(Bulk::Delete, notice);
        }
    };
    let buttons = move || {
        view! {
            <p><strong>{count}</strong> " selected"</p>
            <button type="button" class="quiet" on:click=move |_| picked.pick_all_matching(notice)>"Select all of this view"</button>
            <button type="button" on:click=move |_| picked.start(Bulk::Suspend, notice)>"Suspend"</button>
            <button type="button" on:click=move |_| picked.start(Bulk::Restore, notice)>"Restore"</button>
            <button type="button" class="danger" on:click=on_delete>
                {move || if asked.get() { "Really delete? Some can't be undone" } else { "Delete" }}
            </button>
            <button type="button" class="quiet" on:click=move |_| { asked.set(false); picked.clear(); }>"Clear"</button>
        }
    };
    let progress = move |run: Run| {
        let Run {
            total,
            done,
            failed,
            is_over,
        } = run;
        let named = failed
            .iter()
            .take(NAMED)
            .map(|(name, problem)| view! { <li><code>{name.clone()}</code> ": " {problem.message.clone()}</li> })
            .collect_view();
        let failures = (!failed.is_empty()).then(|| {
            view! {
                <details class="failed" open>
                    <summary>{format!("{} not done", failed.len())}</summary>
                    <ul>{named}</ul>
                </details>
            }
        });
        view! {
            <p role="status">{format!("{done} of {total}")}</p>
            <progress max=total.to_string() value=done.to_string() aria-label="Progress"></progress>
            {failures}
            {if is_over {
                view! { <button type="button" on:click=move |_| picked.run.set(None)>"Close"</button> }.into_any()
            } else {
                view! { <button type="button" on:click=move |_| picked.stopped.set(true)>"Stop"</button> }.into_any()
            }}
        }
    };
    view! {
        {move || match (picked.run.get(), count()) {
            (Some(run), _) => view! { <section class="bulk" aria-label="Selected tokens">{progress(run)}</section> }.into_any(),
            (None, 0) => ().into_any(),
            (None, _) => view! { <section class="bulk" aria-label="Selected tokens">{buttons()}</section> }.into_any(),
        }}
    }
}
