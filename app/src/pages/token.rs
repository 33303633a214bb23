//! `/system/tokens/{name}` and `/projects/{project}/tokens/{name}`: one token in full.

use kargo::{
    name::TokenName,
    problem::{Kind, Problem},
    scope::Scope,
};
use leptos::{prelude::*, server_fn::http_export::StatusCode};
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use super::asked_scope;
use crate::{
    api::{self, ApiError},
    app::SessionResource,
    components::{problem::ProblemView, token_details::TokenDetailsView},
};

/// Which token the address asks for; an impossible name is told.
fn asked() -> Result<(Scope, TokenName), ApiError> {
    let scope = asked_scope()?;
    let name = use_params_map()
        .get_untracked()
        .get("name")
        .unwrap_or_default()
        .parse()
        .map_err(|error| ApiError::invalid(format!("The token's name can't be used. {error}")))?;
    Ok((scope, name))
}

/// The page.
#[component]
pub fn TokenPage() -> impl IntoView {
    match asked() {
        Err(error) => view! {
            <Title text="Token" />
            <main id="main" tabindex="-1">
                <h1>"Token"</h1>
                <ProblemView problem=error.0 />
            </main>
        }
        .into_any(),
        Ok((scope, name)) => view! {
            <Title text=name.to_string() />
            <main id="main" class="token-page" tabindex="-1">
                <WayBack scope=scope.clone() name=name.clone() />
                <Reading scope name />
            </main>
        }
        .into_any(),
    }
}

/// Where the token is, each step a link.
#[component]
fn WayBack(scope: Scope, name: TokenName) -> impl IntoView {
    let label = match &scope {
        Scope::System => "System".to_owned(),
        Scope::Project(name) => format!("Project {name}"),
    };
    view! {
        <nav class="way-back" aria-label="Breadcrumb">
            <ol>
                <li><a href=format!("/{scope}")>{label}</a></li>
                <li><span aria-current="page">{name.to_string()}</span></li>
            </ol>
        </nav>
    }
}

/// Reads the token, then shows it.
#[component]
fn Reading(scope: Scope, name: TokenName) -> impl IntoView {
    let session = SessionResource::get();
    let response = use_context::<ResponseOptions>();
    let token = Resource::new(
        {
            let asked = (scope.to_string(), name.to_string());
            move || asked.clone()
        },
        |(scope, name)| api::describe_token(scope, name),
    );
    view! {
        <Suspense fallback=|| view! { <p class="loading" role="status">"Reading the token…"</p> }>
            {move || {
                let (scope, name, response) = (scope.clone(), name.clone(), response.clone());
                Suspend::new(async move {
                    let (token, session) = (token.await, session.await);
                    let session = session.ok();
                    match token {
                        Ok(token) => view! { <TokenDetailsView scope token session /> }.into_any(),
                        Err(error) => {
                            if let (Kind::NotFound, Some(response)) = (error.0.kind, response) {
                                response.set_status(StatusCode::NOT_FOUND);
                            }
                            view! { <Unreadable scope name error /> }.into_any()
                        }
                    }
                })
            }}
        </Suspense>
    }
}

/// The token can't be shown: why, and what to do.
#[component]
fn Unreadable(scope: Scope, name: TokenName, error: ApiError) -> impl IntoView {
    let here = format!("/{scope}/tokens/{name}");
    let (problem, next) = match error.0.kind {
        Kind::NotFound => {
            let hint = "It may have been deleted. A new token of the same role always gets another name when it is recreated.";
            let back = view! { <a href=format!("/{scope}")>"See which tokens there are"</a> };
            (
                Problem::new(Kind::NotFound, error.0.message, hint),
                back.into_any(),
            )
        }
        _ => (error.0, view! { <a href=here>"Try again"</a> }.into_any()),
    };
    view! {
        <h1><code>{name.to_string()}</code></h1>
        <ProblemView problem />
        <p>{next}</p>
    }
}
