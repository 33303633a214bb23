//! `/inventory`: every token of every project that the person may see.

use kargo::{
    cluster::Viewer,
    overview::{Grouping, Order},
    scope::Scope,
};
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    base_path::at,
    components::{
        blank::{Blank, nothing_found},
        charts::Charts,
        chips::Chips,
        count::{capitalised, grouped, tokens},
        ignored::Ignored,
        inventory_table::InventoryTable,
        missing_rights::WithoutNote,
        notice::FlashNotice,
        problem::ProblemView,
        search::{SearchForm, hidden_fields},
        without_code::{NoScript, NotStarted},
    },
    page_model::{InventoryPageModel, read_inventory_page, some},
    policy::TokenPolicy,
    protocol::{CONTEXT, LIVE_STATE, to_attribute},
    query::InventoryQuery,
    reading::{tag, when_read},
};

/// The page.
#[component]
pub fn InventoryPage() -> impl IntoView {
    let query = InventoryQuery::parse(&use_query_map().get_untracked());
    let viewer: Viewer = expect_context();
    let visited = use_context().unwrap_or_default();
    let rules = expect_context();
    let reading = read_inventory_page(viewer, query, visited, TokenPolicy::get(), rules);
    view! {
        <Title text="Inventory" />
        {when_read(reading, |page| {
            tag(&page.entity_tag());
            view! { <Inventory page /> }
        })}
    }
}

#[component]
fn Inventory(page: InventoryPageModel) -> impl IntoView {
    provide_context(WithoutNote);
    let context = page.browser_context();
    let query = &page.query;
    let list = query.list();
    let problems = page
        .problems
        .iter()
        .map(|problem| view! { <ProblemView problem=problem.clone() /> })
        .collect_view();
    let is_readable = !page.is_unreadable();
    let tools = is_readable.then(|| {
        view! {
            <Charts counts=&page.counts list=list.clone() />
            <div class="tools">
                <SearchForm list=&list />
                <Chips counts=&page.counts list=list.clone() />
            </div>
            <Arrangement query=query.clone() total=page.total />
        }
    });
    let empty = (is_readable && page.total == 0).then(|| {
        let is_narrowed = query.asked.scope.is_some() || query.asked.role.is_some();
        if !list.shows_all() || is_narrowed {
            let all = InventoryQuery {
                also: query.also.clone(),
                page: 1,
                ..InventoryQuery::default()
            };
            nothing_found(&if is_narrowed { all.list() } else { list.clone() }).into_any()
        } else {
            view! { <Blank title="There are no tokens yet.".to_owned()><p>"Open a project, and create a token for one of its roles."</p></Blank> }
                .into_any()
        }
    });
    let table = (page.total > 0).then(|| view! { <InventoryTable page=&page /> });
    view! {
        <main id="main" tabindex="-1">
            <Top page=&page />
            <NoScript />
            <FlashNotice />
            <p id=LIVE_STATE class="help live-state" aria-live="polite"></p>
            <Ignored words=query.ignored.clone() />
            {problems}
            <Missing page=&page />
            {tools}
            {table}
            {empty}
            <NotStarted />
        </main>
    }
    .attr(CONTEXT, to_attribute(&context))
}

/// The title, a sentence of context, and the exports.
#[component]
fn Top<'a>(page: &'a InventoryPageModel) -> impl IntoView + use<> {
    let number: usize = page.scopes.iter().map(|(_, tokens)| tokens).sum();
    let projects = page
        .scopes
        .iter()
        .filter(|(scope, _)| *scope != Scope::System)
        .count();
    let projects = match projects {
        1 => "1 project".to_owned(),
        number => format!("{} projects", grouped(number)),
    };
    let system = page
        .scopes
        .iter()
        .any(|(scope, _)| *scope == Scope::System)
        .then_some("the system and ");
    let sentence = format!(
        "{} of {}{projects}",
        capitalised(&tokens(number)),
        system.unwrap_or_default()
    );
    let export = |format: &str| page.query.at_path(&format!("/inventory.{format}"));
    let exports = (!page.is_unreadable()).then(|| {
        view! {
            <div class="go">
                <a class="btn" href=export("csv")>"Export CSV"</a>
                <a class="btn" href=export("json")>"Export JSON"</a>
            </div>
        }
    });
    view! {
        <div class="top">
            <div>
                <h1 tabindex="-1">"Inventory"</h1>
                <p>{sentence}</p>
            </div>
            {exports}
        </div>
    }
}

/// What the page doesn't show, and a field to name more projects.
#[component]
fn Missing<'a>(page: &'a InventoryPageModel) -> impl IntoView + use<> {
    let forbidden = (!page.forbidden.is_empty()).then(|| {
        let names: Vec<_> = page.forbidden.iter().map(Scope::label).collect();
        let names = some(&names);
        view! { <p class="help">{format!("Not shown, because you may not list the tokens there: {names}.")}</p> }
    });
    let query = &page.query;
    let field = page.is_incomplete.then(|| {
        let list = query.list();
        let names: Vec<_> = query.also.iter().map(ToString::to_string).collect();
        let also = names.join(",");
        let hidden = hidden_fields(list.parameters().filter(|(name, _)| *name != "also"));
        view! {
            <form class="project-field more-projects" action=at("/inventory") method="get">
                <label for="also">"You may not list projects. Shown are those that you visited. Name others, separated by commas."</label>
                <div class="with-button">
                    <input id="also" name="also" required value=also autocomplete="off" autocapitalize="none" spellcheck="false" />
                    {hidden}
                    <button type="submit" class="btn">"Show"</button>
                </div>
            </form>
        }
    });
    let slow = (page.not_followed > 0).then(|| {
        let number = page.not_followed;
        view! { <p class="help">{format!("{number} of these projects are up to 30 seconds old. The others are live.")}</p> }
    });
    (forbidden, field, slow)
}

/// How the list is grouped and sorted, and what it is limited to.
#[component]
fn Arrangement(query: InventoryQuery, total: usize) -> impl IntoView {
    let groupings = Grouping::ALL
        .into_iter()
        .map(|grouping| {
            let label = match grouping {
                Grouping::Project => "Project",
                Grouping::Role => "Role",
                Grouping::None => "Nothing",
            };
            let current = (query.asked.grouping == grouping).then_some("true");
            let address = query.with(|asked| asked.grouping = grouping);
            view! { <a href=address aria-current=current>{label}</a> }
        })
        .collect_view();
    let is_by_risk = query.asked.order == Order::Risk;
    let riskiest = query.with(|asked| asked.order = Order::Risk);
    let limit = |name: &str, without: String| {
        view! { <a class="chip" href=without aria-current="true" title="Remove this limit">{format!("Only {name} ")}<span aria-hidden="true">"✕"</span></a> }
    };
    let scope = query.asked.scope.as_ref().map(|scope| {
        limit(
            &format!("{}’s", scope.label()),
            query.with(|asked| asked.scope = None),
        )
    });
    let role = query.asked.role.as_ref().map(|role| {
        limit(
            &format!("role {role}"),
            query.with(|asked| asked.role = None),
        )
    });
    view! {
        <div class="arrangement">
            <span>{tokens(total)}</span>
            {scope}
            {role}
            <nav class="seg" aria-label="Grouping"><span>"Group by"</span>{groupings}</nav>
            <a class="chip" href=riskiest aria-current=is_by_risk.then_some("true")>"Riskiest first"</a>
        </div>
    }
}
