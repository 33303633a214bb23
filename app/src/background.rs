//! What goes on after a request was answered, such as the end of an undo window. The server owns these tasks, and ends them with itself.

use std::{pin::Pin, sync::Arc, time::Duration};

use kargo::cluster::{Cluster, CompromiseReport};
use leptos::prelude::use_context;

use crate::reports::Reports;

/// A task without an answer.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Event that cancels a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Until {
    /// The end of the session that started it.
    SessionEnds,
    /// The end of the program.
    ProgramEnds,
}

/// Starts tasks, and knows the reports that some of them carry out. The server puts it into the context of every request.
#[derive(Clone)]
pub struct Background {
    start: Arc<dyn Fn(Task, Until) + Send + Sync>,
    reports: Reports,
}

impl Background {
    /// `start`: runs a task to its end, or until something else ends it. `reports`: those of all sessions.
    pub fn new(start: impl Fn(Task, Until) + Send + Sync + 'static, reports: Reports) -> Self {
        Self {
            start: Arc::new(start),
            reports,
        }
    }

    /// The server's background of this request. Read it before the first await: the context is gone then.
    pub fn get() -> Option<Self> {
        use_context()
    }

    /// Starts a task that ends with the session.
    pub fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.start)(Box::pin(task), Until::SessionEnds);
    }

    /// Carries a report of a compromised token out, until the value has ended or the reporter restores the token. It goes on when the
    /// reporter signs out: whoever gets hold of a session must not be able to stop it.
    pub fn end_compromised(&self, cluster: Cluster, report: CompromiseReport, patience: Duration) {
        let (reports, token) = (self.reports.clone(), report.target.clone());
        reports.add(report.clone());
        let state = {
            let (reports, token) = (reports.clone(), token.clone());
            move || reports.state(&token)
        };
        let task = async move {
            cluster.end_compromised(report, patience, state).await;
            reports.remove(&token);
        };
        (self.start)(Box::pin(task), Until::ProgramEnds);
    }

    /// The reports that are being carried out.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }
}
