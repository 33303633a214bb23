//! Checks whether the cluster can be reached and answers.

use std::time::Duration;

use tokio::time::timeout;

use super::connection::{Cluster, access::Access, error::Error};

const DEADLINE: Duration = Duration::from_secs(3);

impl Cluster {
    /// Asks the API server whether it is ready, for at most 3 seconds.
    ///
    /// # Errors
    /// [`Error::Unreachable`], [`Error::Unavailable`] or [`Error::Timeout`] if it isn't.
    pub async fn ready(&self) -> Result<(), Error> {
        let access = Access::to("get", "/readyz");
        let request = http::Request::get("/readyz")
            .body(Vec::new())
            .map_err(kube::core::request::Error::BuildRequest);
        let answer = timeout(DEADLINE, self.program().read(&access, request)).await;
        answer
            .unwrap_or_else(|_| Err(Error::Timeout(access)))
            .map(|_| ())
    }
}
