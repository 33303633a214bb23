//! `POST /api/finish_compromise`: deletes a compromised token once the API server refuses it.

use kargo::token::TokenRef;
use leptos::{
    prelude::*,
    server_fn::codec::{Json, PostUrl},
};

use super::ApiError;
#[cfg(feature = "ssr")]
use crate::background::Background;

/// Waits up to 12 seconds until the API server must refuse the token, tries its value, then deletes it. Answers whether the API server was
/// seen to refuse the value.
#[server(endpoint = "finish_compromise", input = PostUrl, output = Json)]
pub async fn finish_compromise(#[server(flatten)] token: TokenRef) -> Result<bool, ApiError> {
    let (viewer, background) = (super::viewer()?, Background::get());
    let cluster = viewer.to(&token.scope, super::requests::DELETE).await?;
    let known = background.and_then(|background| {
        let reports = background.reports().clone();
        Some((reports.of(&token)?, reports))
    });
    Ok(match known {
        Some((report, reports)) => {
            cluster
                .finish_report(&report, || reports.state(&report.target))
                .await?
        }
        None => cluster.finish_compromise(&token).await?,
    })
}
