//! What goes on after a request was answered, such as the end of an undo window. The server owns these tasks, and ends them with itself.

use std::{pin::Pin, sync::Arc};

use leptos::prelude::use_context;

/// A task without an answer.
pub type Task = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Starts tasks. The server puts it into the context of every request.
#[derive(Clone)]
pub struct Background(Arc<dyn Fn(Task) + Send + Sync>);

impl Background {
    /// `start`: runs a task to its end, or until the program ends.
    pub fn new(start: impl Fn(Task) + Send + Sync + 'static) -> Self {
        Self(Arc::new(start))
    }

    /// The server's background of this request. Read it before the first await: the context is gone then.
    pub fn get() -> Option<Self> {
        use_context()
    }

    /// Starts a task.
    pub fn start(&self, task: impl Future<Output = ()> + Send + 'static) {
        (self.0)(Box::pin(task));
    }
}
