//! `POST /api/test_token`: *Test it*.

use kargo::identity::Identity;
use leptos::{
    prelude::*,
    server_fn::{
        codec::{Json, PostUrl},
        serde,
    },
};

use super::{ApiError, WireValue};

/// Signs in to the Kubernetes API with the value and answers with who the API server says it is. The value is dropped at once.
#[server(endpoint = "test_token", input = PostUrl, output = Json, input_derive = (serde::Serialize, serde::Deserialize))]
pub async fn test_token(value: WireValue) -> Result<Identity, ApiError> {
    Ok(super::viewer()?
        .connector()
        .with_bearer(&value.0)?
        .whoami()
        .await?)
}
