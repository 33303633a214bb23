//! Tasks that outlive the request that started them. The end of the session that they belong to cancels them, and so does shutdown;
//! unfinished work stays due on the cluster.

use std::time::Duration;

use app::{
    background::{Background, Until},
    reports::Reports,
};
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};
use tokio::time::timeout;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The program's background tasks.
#[derive(Clone, Default)]
pub struct Tasks {
    tracker: TaskTracker,
    shutdown: CancellationToken,
    /// Reports that tasks of any session carry out.
    reports: Reports,
}

impl Tasks {
    /// Returns a token for the tasks of one session; shutdown cancels it.
    pub fn session(&self) -> CancellationToken {
        self.shutdown.child_token()
    }

    /// Returns the handle that server functions start tasks of a session with.
    pub fn background(&self, session: CancellationToken) -> Background {
        let (tracker, program) = (self.tracker.clone(), self.shutdown.clone());
        let start = move |task, until| {
            let end = match until {
                Until::SessionEnds => session.clone(),
                Until::ProgramEnds => program.clone(),
            };
            tracker.spawn(async move {
                end.run_until_cancelled(task).await;
            });
        };
        Background::new(start, self.reports.clone())
    }

    /// Runs a task of the program itself until shutdown.
    pub fn run(&self, task: impl Future<Output = ()> + Send + 'static) {
        let shutdown = self.shutdown.clone();
        self.tracker.spawn(async move {
            shutdown.run_until_cancelled(task).await;
        });
    }

    /// Runs a handler in its own task, so that a change is completed even if the browser closes the connection between two writes, or the
    /// program is asked to end.
    pub async fn run_to_completion(
        &self,
        response: impl Future<Output = Response> + Send + 'static,
    ) -> Response {
        match self.tracker.spawn(response).await {
            Ok(response) => response,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime is shutting down.
                Err(_) => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            },
        }
    }

    /// Cancels the background tasks, and waits until they and all changes have ended; at most for `patience`.
    pub async fn shutdown(&self, patience: Duration) {
        self.shutdown.cancel();
        self.tracker.close();
        let _ = timeout(patience, self.tracker.wait()).await;
    }
}

#[cfg(test)]
mod tests {
    use tokio::sync::oneshot;

    use super::*;

    #[tokio::test]
    async fn a_background_task_runs_without_a_waiting_request() {
        let (send, receive) = oneshot::channel();
        let tasks = Tasks::default();
        tasks.background(tasks.session()).start(async move {
            let _ = send.send(());
        });
        assert!(receive.await.is_ok());
    }

    #[tokio::test]
    async fn shutdown_cancels_background_tasks() {
        let tasks = Tasks::default();
        let (send, receive) = oneshot::channel::<()>();
        tasks.background(tasks.session()).start(async move {
            tokio::time::sleep(Duration::from_hours(1)).await;
            drop(send);
        });
        tasks.shutdown(Duration::from_secs(10)).await;
        assert!(receive.await.is_err());
    }

    #[tokio::test]
    async fn the_end_of_a_session_cancels_its_tasks_and_no_others() {
        let tasks = Tasks::default();
        let (one, other) = (tasks.session(), tasks.session());
        let (send, receive) = oneshot::channel::<()>();
        tasks.background(one.clone()).start(async move {
            std::future::pending::<()>().await;
            drop(send);
        });
        let (send_other, receive_other) = oneshot::channel();
        tasks.background(other).start(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = send_other.send(());
        });
        one.cancel();
        assert!(receive.await.is_err());
        assert!(receive_other.await.is_ok());
    }

    #[tokio::test]
    async fn shutdown_waits_for_a_change_whose_browser_is_gone() {
        let tasks = Tasks::default();
        let (send, mut receive) = oneshot::channel();
        let change = tasks.run_to_completion(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            let _ = send.send(());
            StatusCode::OK.into_response()
        });
        // The browser closes the connection at once.
        let _ = timeout(Duration::from_millis(1), change).await;
        tasks.shutdown(Duration::from_secs(10)).await;
        assert!(receive.try_recv().is_ok());
    }
}
