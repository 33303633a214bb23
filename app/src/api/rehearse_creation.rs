//! `POST /api/rehearse_creation`: asks the cluster whether a token could be created.

use kargo::problem::Problem;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;

/// Sends the request of `create_token` as a dry run: Kubernetes makes all of its checks, policies and webhooks included, and writes nothing. Answers
/// why it would refuse the token: a right that is missing, a policy, a webhook or a quota; `null`: it wouldn't. Other problems, such as a name that is
/// taken, are those of `create_token`. The arguments are the same.
#[server(endpoint = "rehearse_creation", input = PostUrl, output = Json)]
pub async fn rehearse_creation(
    scope: String,
    role: String,
    name: String,
    lifetime: Option<u64>,
    note: Option<String>,
    contact: Option<String>,
) -> Result<Option<Problem>, ApiError> {
    use super::create_token::NewToken;
    use kargo::problem::Kind;

    let new = NewToken::parse(scope, role, name, lifetime, note, contact)?;
    let viewer = super::viewer()?;
    let cluster = viewer.to(&new.scope, super::requests::CREATE).await?;
    let rehearsed =
        cluster.rehearse_creation(&new.scope, &new.role, &new.name, new.lifetime, &new.notes);
    let problem = rehearsed.await.err().map(|error| error.problem());
    Ok(problem.filter(|problem| problem.kind == Kind::Forbidden))
}
