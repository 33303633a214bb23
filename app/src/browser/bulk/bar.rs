//! The bar of what is selected: its commands with counts, the question before permanent deletions, progress and result.

use std::{cell::RefCell, collections::BTreeMap};

use kargo::{problem::Problem, token::TokenRef};
use leptos::{html, prelude::*, task::spawn_local};

use super::{
    queue::{BulkProgress, for_each_throttled},
    selection::{BulkCommand, Selection},
};
use crate::{
    browser::{
        notice::{Notice, Undo, UndoWindow},
        operations,
        page::{dom, focus, refresh},
        undo, wording,
    },
    protocol::{DeleteMode, SelectableToken},
};

/// Deletions per second, at the slowest. A bulk deletion's undo window is longer by `total / SLOWEST` seconds, so that the first can still
/// be undone when the last begins.
const SLOWEST: usize = 20;
/// Failures that are named; the others are counted.
const NAMED: usize = 50;

/// Content of the bar.
#[derive(Debug, Clone, Copy, PartialEq)]
enum State {
    /// The bulk commands that are offered.
    Commands,
    /// Some of the selected tokens can't be restored after their deletion: whether to go on.
    Question { permanent: usize, total: usize },
    /// How far a command is.
    Progress(BulkCommand),
}

/// Handle of the bar.
#[derive(Clone, Copy)]
struct Bar {
    state: RwSignal<State>,
    progress: RwSignal<BulkProgress>,
    is_stopped: StoredValue<bool>,
    selection: Selection,
    notice: Notice,
    node: NodeRef<html::Section>,
}

impl Bar {
    /// Moves the focus to the bar, or to the heading where the bar is gone as well: the pressed button is gone.
    fn focus(self) {
        request_animation_frame(move || {
            if focus::is_lost() {
                let node = self.node.get_untracked();
                if !node.is_some_and(|node| focus::focus(&node)) {
                    focus::focus_heading();
                }
            }
        });
    }

    fn set(self, state: State) {
        self.state.set(state);
        self.focus();
    }

    fn clear(self) {
        self.selection.clear();
        self.set(State::Commands);
    }

    /// Begins a command; asks first where some deletions can't be undone.
    fn begin(self, command: BulkCommand) {
        let permanent = self.selection.permanent();
        if command == BulkCommand::Delete && permanent > 0 {
            let total = self.selection.offering(command).len();
            self.set(State::Question { permanent, total });
        } else {
            self.run(command);
        }
    }

    /// Does a command to the selected tokens that offer it.
    fn run(self, command: BulkCommand) {
        let tokens = self.selection.offering(command);
        let total = tokens.len();
        self.notice.clear();
        self.is_stopped.set_value(false);
        self.progress.set(BulkProgress {
            total,
            ..BulkProgress::default()
        });
        self.set(State::Progress(command));
        let modes: BTreeMap<String, Option<DeleteMode>> = tokens
            .iter()
            .map(|SelectableToken { token, bulk }| (token.uid.0.clone(), bulk.delete))
            .collect();
        let mode = move |token: &TokenRef| modes.get(&token.uid.0).copied().flatten();
        spawn_local(async move {
            let mut undoable = Vec::new();
            let ends = RefCell::new(Vec::new());
            let queue = tokens
                .into_iter()
                .map(|token| token.token)
                .take_while(|_| !self.is_stopped.get_value());
            for_each_throttled(
                queue,
                async |token| {
                    let window = perform(command, token, mode(token), total).await?;
                    ends.borrow_mut().extend(window.map(UndoWindow::of));
                    Ok(())
                },
                |token, result| {
                    if result.is_ok() {
                        if command != BulkCommand::Delete
                            || mode(&token) == Some(DeleteMode::Undoable)
                        {
                            undoable.push(token.clone());
                        }
                        self.selection.remove(&token);
                    }
                    self.progress
                        .update(|progress| progress.count(&token, result));
                },
            )
            .await;
            self.progress.update(|progress| progress.is_over = true);
            self.finish(command, undoable, ends.into_inner());
            refresh::update().await;
            self.focus();
        });
    }

    /// Says what was done. The reasons of failures stay in the bar. `ends`: of the deletions' undo windows.
    fn finish(self, command: BulkCommand, undoable: Vec<TokenRef>, ends: Vec<UndoWindow>) {
        let progress = self.progress.get_untracked();
        let is_complete = progress.succeeded == progress.total;
        if is_complete {
            self.state.set(State::Commands);
        }
        let text = if is_complete {
            format!(
                "{} {}.",
                wording::tokens_are(progress.total),
                command.done()
            )
        } else {
            format!("{}.", progress.summary(command.done()))
        };
        let first = ends.into_iter().min_by(|a, b| a.end.total_cmp(&b.end));
        if command == BulkCommand::Restore || undoable.is_empty() {
            self.notice.show(text);
        } else if let Some(window) = first {
            undo::offer(self.notice, text, undoable, window);
        } else {
            let undo = Undo {
                tokens: undoable,
                window: None,
            };
            self.notice.show_with_undo(text, undo);
        }
    }
}

/// Does a command to one of `total` tokens. Answers with the seconds in which its deletion can be undone.
async fn perform(
    command: BulkCommand,
    token: &TokenRef,
    mode: Option<DeleteMode>,
    total: usize,
) -> Result<Option<u64>, Problem> {
    let token = token.clone();
    match (command, mode) {
        (BulkCommand::Delete, Some(DeleteMode::Permanent)) => {
            operations::delete_permanently(token).await?;
        }
        (BulkCommand::Delete, _) => {
            // The first deletion can still be undone when the last one begins.
            return operations::delete(token, Some((total / SLOWEST) as u64)).await;
        }
        (BulkCommand::Suspend, _) => operations::suspend(token, String::new()).await?,
        (BulkCommand::Restore, _) => operations::restore(token, false).await?,
    }
    Ok(None)
}

/// The bar at the foot of the page, while something is selected or under way.
#[component]
pub fn BulkBar() -> impl IntoView {
    let (node, selection) = (NodeRef::new(), Selection::get());
    let bar = Bar {
        state: RwSignal::new(State::Commands),
        progress: RwSignal::new(BulkProgress::default()),
        is_stopped: StoredValue::new(false),
        selection,
        notice: Notice::get(),
        node,
    };
    let is_open = Memo::new(move |_| {
        selection.count() > 0 || bar.state.with(|state| matches!(state, State::Progress(_)))
    });
    // A question about tokens that are no longer selected is void.
    Effect::new(move |_| {
        selection.count();
        if bar
            .state
            .with_untracked(|state| matches!(state, State::Question { .. }))
        {
            bar.state.set(State::Commands);
        }
    });
    view! {
        {move || {
            is_open.get().then(|| view! {
                <section node_ref=node class="bulk" aria-label="Selected tokens" tabindex="-1">
                    {move || match bar.state.get() {
                        State::Commands => view! { <Commands bar /> }.into_any(),
                        State::Question { permanent, total } => view! { <Question bar permanent total /> }.into_any(),
                        State::Progress(command) => view! { <Progress bar command /> }.into_any(),
                    }}
                </section>
            })
        }}
    }
}

#[component]
fn Commands(bar: Bar) -> impl IntoView {
    let Bar {
        selection, notice, ..
    } = bar;
    view! {
        <p><strong>{move || selection.count()}</strong> " selected"</p>
        {move || {
            // A list of all projects has no one request for all of its tokens.
            (!selection.is_complete() && !dom::context().scope.is_empty())
                .then(|| {
                    let on_select = move |_| selection.select_all_of_view(notice, move || bar.focus());
                    view! { <button type="button" class="ghost" on:click=on_select>"Select all of this view"</button> }
                })
        }}
        {BulkCommand::ALL
            .map(|command| {
                move || {
                    let offered = selection.offers(command);
                    let class = if command == BulkCommand::Delete { "btn danger" } else { "btn" };
                    (offered > 0)
                        .then(|| {
                            view! { <button type="button" class=class on:click=move |_| bar.begin(command)>{command.label()} " " {offered}</button> }
                        })
                }
            })
            .into_iter()
            .collect_view()}
        <button type="button" class="ghost" on:click=move |_| bar.clear()>"Clear"</button>
    }
}

#[component]
fn Question(bar: Bar, permanent: usize, total: usize) -> impl IntoView {
    view! {
        <p>
            <strong>"Delete permanently? "</strong>
            {if permanent == total {
                "They can't be restored.".to_owned()
            } else {
                format!("{permanent} of {total} can't be restored.")
            }}
        </p>
        <button type="button" class="btn" on:click=move |_| bar.set(State::Commands)>"Cancel"</button>
        <button type="button" class="btn danger" on:click=move |_| bar.run(BulkCommand::Delete)>"Delete permanently"</button>
    }
}

#[component]
fn Progress(bar: Bar, command: BulkCommand) -> impl IntoView {
    let progress = bar.progress;
    let failed = Memo::new(move |_| progress.with(|progress| progress.failed.len()));
    let has_failed = Memo::new(move |_| failed.get() > 0);
    let reasons = move || {
        failed.track();
        progress.with_untracked(|progress| {
            let named = progress.failed.iter().take(NAMED);
            named
                .map(|(name, problem)| {
                    view! { <li><code>{name.clone()}</code> {format!(": {}", problem.sentences())}</li> }
                })
                .collect_view()
        })
    };
    let is_over = Memo::new(move |_| progress.with(|progress| progress.is_over));
    view! {
        <p>{move || progress.with(|progress| progress.summary(command.done()))}</p>
        <progress
            max=progress.with_untracked(|progress| progress.total.to_string())
            prop:value=move || progress.with(|progress| progress.done().to_string())
            aria-label="Progress"
        ></progress>
        {move || {
            has_failed.get().then(|| view! {
                <details class="failed" open>
                    <summary>{failed} " failed"</summary>
                    <ul>{reasons}</ul>
                </details>
            })
        }}
        {move || {
            if is_over.get() {
                view! { <button type="button" class="btn" on:click=move |_| bar.set(State::Commands)>"Close"</button> }.into_any()
            } else {
                view! { <button type="button" class="btn" on:click=move |_| bar.is_stopped.set_value(true)>"Stop"</button> }.into_any()
            }
        }}
    }
}
