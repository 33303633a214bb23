//! `/system/tokens/{name}` and `/projects/{project}/tokens/{name}`: one token in full.

use kargo::{
    cluster::Viewer,
    name::TokenName,
    problem::{Kind, Problem},
    role::{RoleStatus, RoleSummary},
    scope::Scope,
    token::TokenSummary,
};
use leptos::{prelude::*, server_fn::http_export::StatusCode};
use leptos_axum::ResponseOptions;
use leptos_meta::Title;
use leptos_router::hooks::use_params_map;

use crate::{
    base_path::at,
    components::{
        commands::{ButtonStyle, Commands},
        missing_rights::{MissingRightsNote, OwnRoleNote, lacking},
        notice::FlashNotice,
        problem::ProblemView,
        remarks::{NOT_MANAGED, remarks},
        rules::{RoleDetails, summary},
        state::{StatePill, state_label},
        token_facts::TokenFacts,
        token_history::{Events, History},
        without_code::{NoScript, NotStarted},
    },
    error::ApiError,
    offers::missing_for,
    page_model::{PageContext, TokenPageModel, read_token_page},
    policy::TokenPolicy,
    protocol::{
        BrowserContext, COMMAND, CONTEXT, COPY, Command, DETAIL, LIVE_STATE, ROW, to_attribute,
    },
    query::{TokensQuery, parse_token, token_address},
    reading::{tag, when_read},
};

/// The page.
#[component]
pub fn TokenPage() -> impl IntoView {
    let asked = parse_token(&use_params_map().get_untracked());
    let title = asked
        .as_ref()
        .map_or("Token".to_owned(), |(_, name)| name.to_string());
    let page = match (asked, use_context::<Viewer>()) {
        (Ok((scope, name)), Some(viewer)) => {
            let (policy, rules) = (TokenPolicy::get(), expect_context());
            let reading = read_token_page(viewer, scope.clone(), name.clone(), policy, rules);
            when_read(reading, move |page| match page {
                Ok(page) => {
                    tag(&page.entity_tag());
                    view! { <Token page /> }.into_any()
                }
                Err(error) => view! { <Unreadable scope name error /> }.into_any(),
            })
            .into_any()
        }
        (Err(error), _) => view! { <Refused error /> }.into_any(),
        (_, None) => view! { <Refused error=ApiError::signed_out() /> }.into_any(),
    };
    view! {
        <Title text=title />
        {page}
    }
}

/// The address can't be used.
#[component]
fn Refused(error: ApiError) -> impl IntoView {
    view! {
        <main id="main" tabindex="-1">
            <div class="top"><h1 tabindex="-1">"Token"</h1></div>
            <ProblemView problem=error.0 />
        </main>
    }
}

/// The token can't be read: why, and what to do.
#[component]
fn Unreadable(scope: Scope, name: TokenName, error: ApiError) -> impl IntoView {
    if let (Kind::NotFound, Some(response)) = (error.0.kind, use_context::<ResponseOptions>()) {
        response.set_status(StatusCode::NOT_FOUND);
    }
    let (problem, next) = match error.0.kind {
        Kind::NotFound => (
            Problem::new(
                Kind::NotFound,
                error.0.message,
                "It may have been deleted. A recreated token always gets another name.",
            ),
            view! { <a class="btn" href=at(&format!("/{scope}"))>"Show all tokens"</a> }.into_any(),
        ),
        _ => (
            error.0,
            view! { <a class="btn" href=token_address(&scope, &name)>"Try again"</a> }.into_any(),
        ),
    };
    view! {
        <main id="main" tabindex="-1">
            <Crumb scope role=None />
            <div class="title"><h1 tabindex="-1">{name.to_string()}</h1></div>
            <ProblemView problem />
            <p>{next}</p>
        </main>
    }
    // The browser's code merges a page of ours only: this one takes the place of a token that was just deleted.
    .attr(CONTEXT, to_attribute(&BrowserContext::default()))
}

/// Where the token is, each step a link.
#[component]
fn Crumb(scope: Scope, role: Option<String>) -> impl IntoView {
    let label = scope.label().to_owned();
    let role = role.map(|role| {
        let address = TokensQuery::of(scope.clone()).with_role(&role, 1).address();
        view! { " / " <a href=address><bdi>{role.clone()}</bdi></a> }
    });
    view! { <nav class="crumb" aria-label="Breadcrumb"><a href=at(&format!("/{scope}"))>{label}</a>{role}</nav> }
}

#[component]
fn Token(page: TokenPageModel) -> impl IntoView {
    let TokenPageModel {
        details,
        context,
        offers,
        namespace,
        missing,
        ..
    } = &page;
    let browser_context = page.browser_context();
    let token = &details.summary;
    let (now, viewer) = (context.now, context.viewer.clone());
    let label = state_label(token, now, viewer.as_deref());
    let mut remarks = remarks(context, token).loud;
    let unmanaged = (!token.is_managed()).then(|| {
        remarks.retain(|remark| remark != NOT_MANAGED);
        view! { <Unmanaged command=format!("kubectl delete secret --namespace {namespace} {}", token.name) /> }
    });
    let callout = (!remarks.is_empty()).then(|| {
        let class = if token.is_compromised {
            "callout bad"
        } else {
            "callout"
        };
        view! { <p class=class>{sentence(&remarks.join(" · "))}</p> }
    });
    let unchecked = details
        .unchecked
        .iter()
        .map(|problem| view! { <ProblemView problem=problem.clone() /> })
        .collect_view();
    let header = view! {
        <div class="title" id=format!("token-{}", token.uid.0)>
            <h1 tabindex="-1">{token.name.to_string()}</h1>
            <StatePill label />
            <div class="go"><Commands context token offers style=ButtonStyle::Full /></div>
        </div>
    }
    .attr(ROW, "");
    let own_role = context.own_role.clone();
    view! {
        <main id="main" class="token-page" tabindex="-1">
            <Crumb scope=context.scope.clone() role=Some(token.role.clone()) />
            {header}
            <NoScript />
            <FlashNotice />
            <p id=LIVE_STATE class="help live-state" aria-live="polite"></p>
            {unmanaged}
            {callout}
            {unchecked}
            {own_role.map(|rules| view! { <OwnRoleNote rules /> })}
            {token.is_managed().then(|| view! { <MissingRightsNote missing=missing.clone() /> })}
            <div class="cols">
                <div>
                    <section class="card" aria-labelledby="facts">
                        <h2 id="facts">"This token"</h2>
                        <TokenFacts
                            scope=context.scope.clone()
                            details=details.clone()
                            viewer=viewer.clone()
                        />
                    </section>
                    <section class="card" aria-labelledby="can-do">
                        <h2 id="can-do">"What its holder can do"</h2>
                        <Rights role=details.role.clone() role_name=token.role.clone() />
                    </section>
                    <Yaml yaml=details.yaml.clone() />
                </div>
                <div>
                    <Notes context token />
                    <section class="card" aria-labelledby="history">
                        <h2 id="history">"History"</h2>
                        <History entries=details.history.clone() now viewer />
                        <h3>"Kubernetes Events"</h3>
                        <Events events=details.events.clone() now />
                    </section>
                </div>
            </div>
            <NotStarted />
        </main>
    }
    .attr(CONTEXT, to_attribute(&browser_context))
}

/// A token that Kargo doesn't manage isn't changed here. `command`: deletes it elsewhere.
#[component]
fn Unmanaged(command: String) -> impl IntoView {
    let copy = view! { <button type="button" class="ghost lead needs-js" disabled>"Copy"</button> }
        .attr(COPY, command.clone());
    view! {
        <div class="callout unmanaged">
            <p>"Kargo doesn't manage this token. Delete it with kubectl:"</p>
            <p class="command"><code>{command}</code> {copy}</p>
        </div>
    }
}

/// Remarks as a sentence: a capital first, a full stop last.
fn sentence(remarks: &str) -> String {
    let mut rest = remarks.chars();
    let first = rest.next().map(|first| first.to_uppercase().to_string());
    format!("{}{}.", first.unwrap_or_default(), rest.as_str())
}

#[component]
fn Notes<'a>(context: &'a PageContext, token: &'a TokenSummary) -> impl IntoView + use<> {
    let missing = missing_for(Command::EditNotes, context.permissions);
    let may_write = token.is_managed() && missing.is_empty();
    let texts = kargo::token::Notes {
        note: token.note.clone().unwrap_or_default(),
        contact: token.contact.clone().unwrap_or_default(),
    };
    let edit = token.is_managed().then(|| {
        if !may_write {
            let (class, heard) = ("ghost lead needs-js".to_owned(), "Edit note and contact".to_owned());
            return lacking(class, "Edit", heard, &missing, &context.namespace);
        }
        view! { <button type="button" class="ghost lead needs-js" disabled aria-label="Edit note and contact">"Edit"</button> }
            .attr(COMMAND, Command::EditNotes.word())
            .attr(DETAIL, to_attribute(&texts))
            .into_any()
    });
    let written = |text: String, none: &'static str| {
        let none = if may_write { none } else { "None." };
        if text.is_empty() {
            view! { <p class="help">{none}</p> }.into_any()
        } else {
            view! { <p class="written" dir="auto">{text}</p> }.into_any()
        }
    };
    view! {
        <section class="card" aria-labelledby="notes">
            <header>
                <h2 id="notes">"Note and contact"</h2>
                {edit}
            </header>
            <dl class="facts">
                <div><dt>"Note"</dt><dd>{written(texts.note, "None. Write down what uses the token, and what breaks without it.")}</dd></div>
                <div><dt>"Contact"</dt><dd>{written(texts.contact, "None. Write down whom to ask before it is deleted.")}</dd></div>
            </dl>
        </section>
    }
}

#[component]
fn Rights(
    role: Result<(RoleStatus, Option<RoleSummary>), ApiError>,
    role_name: String,
) -> impl IntoView {
    match role {
        Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
        Ok((RoleStatus::Missing, _)) => {
            view! { <p class="help">"Nothing: the role " <bdi>{role_name}</bdi> " is gone."</p> }
                .into_any()
        }
        Ok((_, None)) => view! {
            <p>"Whoever has its value acts as the ServiceAccount " <bdi>{role_name}</bdi> ". It is not a role of Kargo, so its rules are not shown here."</p>
        }
        .into_any(),
        Ok((_, Some(role))) => {
            let everything = role.is_all_powerful().then(|| {
                view! { <p class="bad"><strong>"Everything: the holder of its value controls the cluster."</strong></p> }
            });
            view! {
                <p>"Whoever has its value acts as the role " <strong>{role_name}</strong> "."</p>
                {everything}
                <details class="rights" id="rights">
                    <summary>{summary(&role)}</summary>
                    <RoleDetails role />
                </details>
            }
            .into_any()
        }
    }
}

#[component]
fn Yaml(yaml: String) -> impl IntoView {
    let copy = view! { <button type="button" class="ghost needs-js" disabled>"Copy YAML"</button> }
        .attr(COPY, "#yaml-text");
    view! {
        <section class="card" aria-labelledby="yaml-title">
            <h2 id="yaml-title">"YAML " <span class="dim">"values redacted"</span></h2>
            <details id="yaml">
                <summary>"Show the Secret"</summary>
                <p>{copy}</p>
                <pre id="yaml-text" class="yaml" tabindex="0" aria-label="The Secret as YAML">{yaml}</pre>
            </details>
        </section>
    }
}
