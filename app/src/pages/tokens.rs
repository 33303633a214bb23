//! `/system` and `/projects/{project}`: the tokens of a scope, grouped by role.

use kargo::{cluster::Viewer, filter::StateFilter, problem::Kind, role::RoleSummary, scope::Scope};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};

use crate::{
    base_path::at,
    components::{
        blank::{Blank, nothing_found},
        chips::Chips,
        clean_up::CleanUp,
        ignored::Ignored,
        missing_rights::{MissingRightsNote, OwnRoleNote, lacking, refused},
        notice::FlashNotice,
        places::{ProjectField, acts_by_claims},
        problem::ProblemView,
        role_row::{AllPowerful, ClaimsIgnored},
        rules::{RoleDetails, summary},
        search::SearchForm,
        token_table::TokenTable,
        without_code::{NoScript, NotStarted},
    },
    error::ApiError,
    page_model::{Availability, TokensPageModel, read_tokens_page},
    policy::TokenPolicy,
    protocol::{COMMAND, CONTEXT, Command, DETAIL, LIVE_STATE, to_attribute},
    query::{AccessQuery, TokensQuery, parse_scope},
    reading::{tag, when_read},
    sign_in::SessionFacts,
};

/// The page.
#[component]
pub fn TokensPage() -> impl IntoView {
    let (path, query) = (
        use_params_map().get_untracked(),
        use_query_map().get_untracked(),
    );
    let title =
        parse_scope(&path).map_or_else(|_| "Project".to_owned(), |scope| scope.label().to_owned());
    let page = match (TokensQuery::parse(&path, &query), use_context::<Viewer>()) {
        (Ok(query), Some(viewer)) => {
            let reading = read_tokens_page(viewer, query, TokenPolicy::get(), expect_context());
            when_read(reading, |page| {
                tag(&page.entity_tag());
                view! { <Tokens page /> }
            })
            .into_any()
        }
        (Err(error), _) => view! { <Refused title=title.clone() error /> }.into_any(),
        (_, None) => {
            view! { <Refused title=title.clone() error=ApiError::signed_out() /> }.into_any()
        }
    };
    view! {
        <Title text=title />
        {page}
    }
}

/// The address can't be used.
#[component]
fn Refused(title: String, error: ApiError) -> impl IntoView {
    view! {
        <main id="main" tabindex="-1">
            <div class="top"><h1 tabindex="-1">{title}</h1></div>
            <ProblemView problem=error.0 />
        </main>
    }
}

#[component]
fn Tokens(page: TokensPageModel) -> impl IntoView {
    let context = page.browser_context();
    let query = &page.query;
    let problems = page
        .problems
        .iter()
        .map(|problem| view! { <ProblemView problem=problem.clone() /> })
        .collect_view();
    let again = (page.availability == Availability::Unreadable).then(|| {
        let is_refused = page
            .problems
            .iter()
            .any(|problem| problem.kind == Kind::Unauthenticated);
        let is_own = use_context::<SessionFacts>().is_some_and(|facts| !facts.is_local);
        if is_refused && is_own {
            view! { <form method="post" action=at("/sign-out")><p><button type="submit" class="btn primary">"Sign in again"</button></p></form> }
                .into_any()
        } else {
            view! { <p><a class="btn" href=query.address()>"Try again"</a></p> }.into_any()
        }
    });
    let list = query.list();
    let tools = page.counts.as_ref().map(|counts| {
        view! {
            <div class="tools">
                <SearchForm list=&list />
                <Chips counts list=list.clone() />
            </div>
        }
    });
    let is_closed = page.availability == Availability::Closed;
    let own_role = page.context.own_role.clone();
    let own_role = own_role.map(|rules| view! { <OwnRoleNote rules /> });
    let elsewhere = is_closed.then(|| elsewhere(&query.scope)).flatten();
    let rules = page.role.clone().map(|role| {
        view! {
            <details class="card rules-card" id="rules" open>
                <summary>{format!("Rules and claims: {}", summary(&role))}</summary>
                <RoleDetails role />
            </details>
        }
    });
    let is_empty = page.sections.is_empty() && page.availability == Availability::Readable;
    let is_project = page.availability != Availability::NoProject;
    let (limits, about) = (
        is_project.then(|| limits(&page)),
        is_project.then(|| about(&page)),
    );
    let table = (!page.sections.is_empty())
        .then(|| view! { <TokenTable context=&page.context query sections=&page.sections /> });
    view! {
        <main id="main" tabindex="-1">
            <Top page=&page />
            <NoScript />
            <FlashNotice />
            <p id=LIVE_STATE class="help live-state" aria-live="polite"></p>
            <Ignored words=query.ignored.clone() />
            {tools}
            {problems}
            {again}
            {limits}
            {own_role}
            {about}
            {rules}
            {table}
            {is_empty.then(|| empty(query))}
            {elsewhere}
            <NotStarted />
        </main>
    }
    .attr(CONTEXT, to_attribute(&context))
}

/// The title, a sentence of context, and the one primary button.
#[component]
fn Top<'a>(page: &'a TokensPageModel) -> impl IntoView + use<> {
    let query = &page.query;
    let scope = query.scope.label().to_owned();
    let namespace = page.namespace.clone();
    let heading = match &query.role {
        None => view! { <h1 tabindex="-1">{scope}</h1> }.into_any(),
        Some(role) => {
            let all = TokensQuery::of(query.scope.clone()).address();
            let is = |of: fn(&RoleSummary) -> bool| page.role.as_ref().is_some_and(of);
            let powerful = is(RoleSummary::is_all_powerful);
            let void = is(|role| role.void_claims.is_some());
            view! {
                <p class="crumb"><a href=all>{scope}</a> " / role"</p>
                <h1 tabindex="-1"><bdi>{role.clone()}</bdi> {powerful.then(|| view! { <AllPowerful /> })} {void.then(|| view! { <ClaimsIgnored /> })}</h1>
            }
            .into_any()
        }
    };
    let description = page.role.as_ref().and_then(|role| role.description.clone());
    let sentence = match (description, &query.scope) {
        (Some(description), _) => view! { <bdi>{description}</bdi> }.into_any(),
        (None, Scope::System) => {
            view! { "Kargo's own roles, in namespace " <code>{namespace}</code> }.into_any()
        }
        (None, Scope::Project(_)) if page.availability == Availability::NoProject => ().into_any(),
        (None, Scope::Project(_)) => view! { "Roles of this project" }.into_any(),
    };
    let new = page.new_token().map(|missing| {
        if !missing.is_empty() {
            let class = "btn primary needs-js".to_owned();
            return lacking(
                class,
                "New token",
                "New token".to_owned(),
                &missing,
                &page.namespace,
            );
        }
        if page.refuses_new() {
            let class = "btn primary needs-js".to_owned();
            return refused(class, "New token", "New token".to_owned());
        }
        view! { <button type="button" class="btn primary needs-js" disabled>"New token"</button> }
            .attr(COMMAND, Command::NewToken.word())
            .attr(
                DETAIL,
                page.role.as_ref().map(|role| to_attribute(&role.name)),
            )
            .into_any()
    });
    let why = query.role.as_ref().map(|role| {
        let address = AccessQuery::of_role(query.scope.clone(), role).address();
        view! { <a class="btn" href=address>"Why this role?"</a> }
    });
    view! {
        <div class="top">
            <div>
                {heading}
                <p>{sentence}</p>
            </div>
            <div class="go">{why}{new}</div>
        </div>
    }
}

/// What the person or the cluster can't do here.
fn limits(page: &TokensPageModel) -> impl IntoView + use<> {
    let is_open = page.availability != Availability::Closed;
    let missing = is_open.then(|| view! { <MissingRightsNote missing=page.missing.clone() /> });
    let old = page.is_too_old_to_suspend.then(|| {
        view! { <p class="help">"This cluster is older than Kubernetes 1.29 and ignores suspensions. Tokens can't be suspended here, and deletions can't be undone."</p> }
    });
    (missing, old)
}

/// What a filter is about.
fn about(page: &TokensPageModel) -> AnyView {
    match page.query.filter.state {
        StateFilter::CleanUp { unused_days } => {
            view! {
                <CleanUp
                    list=page.query.list()
                    unused_days
                    tracking_since=page.tracking_since.clone()
                    lists_unused=page.lists_unused()
                    now=page.context.now
                />
            }
            .into_any()
        }
        StateFilter::Ending => view! { <p class="help">"Tokens being deleted or retiring. Overdue ones: press Finish, or run kargo-tokens sweep."</p> }.into_any(),
        _ => ().into_any(),
    }
}

/// What a page without tokens says.
fn empty(query: &TokensQuery) -> AnyView {
    let all = TokensQuery::of(query.scope.clone()).address();
    let list = query.list();
    let (title, next) = match (&query.scope, &query.role) {
        _ if !list.shows_all() => return nothing_found(&list).into_any(),
        (_, Some(role)) => (
            format!("There is no role {role} here, and no token of it."),
            view! { <p><a class="btn" href=all>"Show all roles"</a></p> }.into_any(),
        ),
        (Scope::System, None) => (
            "There are no system roles in this namespace.".to_owned(),
            view! { <p>"If Kargo is installed in another namespace, start Kargo Tokens with " <code>"--namespace"</code> "."</p> }.into_any(),
        ),
        (Scope::Project(_), None) => (
            "This project has no roles yet.".to_owned(),
            view! { <p>"Create a role with Kargo, then create its tokens here."</p> }.into_any(),
        ),
    };
    view! { <Blank title>{next}</Blank> }.into_any()
}

/// Where a person can go who may read nothing of a scope.
fn elsewhere(scope: &Scope) -> Option<AnyView> {
    if acts_by_claims() {
        return Some(
            view! { <p><a class="btn" href=at("/access")>"Why this role?"</a></p> }.into_any(),
        );
    }
    (*scope == Scope::System).then(|| {
        view! {
            <Blank title="Go to your project".to_owned()>
                <p>"You can't read the system's tokens. If you are an admin of a project, type its name."</p>
                <ProjectField id="your-project" />
            </Blank>
        }
        .into_any()
    })
}
