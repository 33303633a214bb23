//! A request that a dialog waits for.

use std::future::Future;

use kargo::problem::Problem;
use leptos::{prelude::*, task::spawn_local};

use super::handle::Dialogs;
use crate::components::problem::ProblemView;

/// Whether a request is under way, and why the last one failed. One request at a time.
#[derive(Clone, Copy)]
pub struct Request {
    is_pending: RwSignal<bool>,
    problem: RwSignal<Option<Problem>>,
    dialogs: Dialogs,
}

impl Request {
    /// No request yet.
    pub fn new() -> Self {
        Self {
            is_pending: RwSignal::new(false),
            problem: RwSignal::new(None),
            dialogs: Dialogs::get(),
        }
    }

    /// Sends a request. `then`: called with the answer; a failure is shown by [`RequestProblem`]. Meanwhile the dialog can't be closed, so
    /// that what follows finds this dialog and no other.
    pub fn send<T: 'static>(
        self,
        request: impl Future<Output = Result<T, Problem>> + 'static,
        then: impl FnOnce(T) + 'static,
    ) {
        if self.is_pending.get_untracked() {
            return;
        }
        self.is_pending.set(true);
        self.problem.set(None);
        self.dialogs.wait(true);
        spawn_local(async move {
            let answer = request.await;
            self.dialogs.wait(false);
            self.dialogs.set_changed();
            self.is_pending.try_set(false);
            match answer {
                Ok(answer) => then(answer),
                Err(problem) => self.fail(problem),
            }
        });
    }

    /// Shows a failure.
    pub fn fail(self, problem: Problem) {
        self.problem.try_set(Some(problem));
    }

    /// Forgets a failure: what was wrong is being changed.
    pub fn forget(self) {
        self.problem.set(None);
    }

    /// Whether a request is under way; tracked.
    pub fn is_pending(self) -> bool {
        self.is_pending.get()
    }

    /// Value of the attribute for the button that sends it, which keeps the focus meanwhile; tracked.
    pub fn aria_disabled(self) -> Option<&'static str> {
        self.is_pending().then_some("true")
    }

    /// Why the last request failed; tracked.
    pub fn problem(self) -> Option<Problem> {
        self.problem.get()
    }
}

/// Why the last request failed.
#[component]
pub fn RequestProblem(request: Request) -> impl IntoView {
    move || {
        request
            .problem()
            .map(|problem| view! { <ProblemView problem /> })
    }
}
