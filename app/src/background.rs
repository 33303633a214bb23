//! What goes on after a request was answered, such as the end of an undo window. The server owns these tasks, and ends them with itself.

use std::{pin::Pin, sync::Arc, time::Duration};

use kargo::cluster::{Cluster, CompromiseReport};
use leptos::prelude::use_context;

use crate::reports::Reports;

/// A task without an answer.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts tasks, and knows the reports that some of them carry out. The server puts it into the context of every request.
#[derive(Clone)]
pub struct Background {
    start: Arc<dyn Fn(Task) + Send + Sync>,
    reports: Reports,
}

impl Background {
    /// `start`: runs a task to its end, or until the program ends.
    pub fn new(start: impl Fn(Task) + Send + Sync + 'static) -> Self {
        Self {
            start: Arc::new(start),
            reports: Reports::default(),
        }
    }

    /// The server's background of this request. Read it before the first await: the context is gone then.
    pub fn get() -> Option<Self> {
        use_context()
    }

    /// Starts a task.
    pub fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.start)(Box::pin(task));
    }

    /// Carries a report of a compromised token out, until the value has ended or the reporter restores the token.
    pub fn end_compromised(&self, cluster: Cluster, report: CompromiseReport, patience: Duration) {
        let (reports, token) = (self.reports.clone(), report.target.clone());
        reports.add(report.clone());
        let state = {
            let (reports, token) = (reports.clone(), token.clone());
            move || reports.state(&token)
        };
        self.start(async move {
            cluster.end_compromised(report, patience, state).await;
            reports.remove(&token);
        });
    }

    /// The reports that are being carried out.
    pub fn reports(&self) -> &Reports {
        &self.reports
    }
}
