//! The table of the inventory: the rows of several scopes, in groups.

use kargo::{
    inventory::SortColumn,
    overview::{Grouping, Order},
    scope::Scope,
};
use leptos::prelude::*;

use super::{
    count::{grouped, tokens},
    token_row::TokenRowView,
    token_table::{header, select_all, sorting},
};
use crate::{
    page_model::{InventoryGroup, InventoryPageModel, InventoryRow},
    protocol::MORE,
    query::{InventoryQuery, TokensQuery},
};

/// Columns of the table: the check box, the name, the role, the other sortable ones, the commands.
const COLUMNS: usize = SortColumn::ALL.len() + 3;

/// The table, and the way to its other pages.
#[component]
pub fn InventoryTable<'a>(page: &'a InventoryPageModel) -> impl IntoView + use<> {
    let query = &page.query;
    let rows = page.groups.iter().flat_map(|group| &group.rows);
    let select_all = select_all(rows.map(|row| &row.row));
    let current = match query.asked.order {
        Order::Risk | Order::Role { .. } => None,
        Order::Column(sort) => Some(sort),
    };
    let by_role = match query.asked.order {
        Order::Role { is_descending } => Some(is_descending),
        Order::Risk | Order::Column(_) => None,
    };
    let role = sorting("Role", Some("place"), by_role, &|is_descending| {
        query.with(|asked| asked.order = Order::Role { is_descending })
    });
    let of = |column| {
        header(column, current, &|sort| {
            query.with(|asked| asked.order = Order::Column(sort))
        })
    };
    let mut columns = SortColumn::ALL.into_iter();
    let name = columns.next().map(of);
    let others = columns.map(of).collect_view();
    let bodies = page
        .groups
        .iter()
        .map(|group| body(query, group))
        .collect_view();
    view! {
        <div class="sheet">
            <table class="tokens inventory">
                <thead>
                    <tr>
                        <td class="pick">{select_all}</td>
                        {name}
                        {role}
                        {others}
                        <th scope="col"><span class="visually-hidden">"Commands"</span></th>
                    </tr>
                </thead>
                {bodies}
            </table>
        </div>
        {(page.pages > 1 || page.query.page > 1).then(|| pages(page))}
    }
}

/// A group: its name, what there is of it, and its tokens on this page.
fn body(query: &InventoryQuery, group: &InventoryGroup) -> impl IntoView + use<> {
    let rows = group
        .rows
        .iter()
        .map(|row| row_view(query, row))
        .collect_view();
    let key = match (&group.scope, &group.role) {
        (Some(scope), _) => scope.to_string(),
        (None, Some(role)) => format!("role-{role}"),
        (None, None) => "all".to_owned(),
    };
    let id = format!("group-{key}");
    let name_id = format!("{id}-name");
    let labelled = name_id.clone();
    let head = (query.asked.grouping != Grouping::None).then(|| {
        let name = match (&group.scope, &group.role) {
            (Some(scope), _) => scope.label().to_owned(),
            (None, role) => role.clone().unwrap_or_default(),
        };
        let here = group.scope.as_ref().map(|scope| {
            let address = TokensQuery::of(scope.clone()).address();
            view! { <a class="rules-link" href=address>"Open"</a> }
        });
        let (scope, role) = (group.scope.clone(), group.role.clone());
        let is_only = query.asked.scope == scope && query.asked.role == role;
        let only = query.with(|asked| {
            asked.scope = scope.or(asked.scope.take());
            asked.role = role.or(asked.role.take());
        });
        let only = (!is_only).then(|| view! { <a class="rules-link" href=only>"Only these"</a> });
        view! {
            <tr class="role">
                <th colspan=COLUMNS.to_string() scope="rowgroup">
                    <div class="in">
                        <b id=name_id><bdi>{name}</bdi></b>
                        <span class="end">{only}{here}<span class="count">{tokens(group.total)}</span></span>
                    </div>
                </th>
            </tr>
        }
    });
    let label = head.is_some().then_some(labelled);
    view! { <tbody id=id aria-labelledby=label>{head}{rows}</tbody> }
}

fn row_view(query: &InventoryQuery, row: &InventoryRow) -> impl IntoView + use<> {
    let InventoryRow {
        context,
        row,
        risks,
    } = row;
    let role = row.token.role.clone();
    let scope = &context.scope;
    let address = TokensQuery::of(scope.clone()).with_role(&role, 1).address();
    let project = (query.asked.grouping != Grouping::Project).then(|| project(scope));
    let place = view! {
        <td class="place" data-label="Role"><a href=address><bdi>{role}</bdi></a>{project}</td>
    };
    view! { <TokenRowView context=context row risks=*risks place=place.into_any() /> }
}

fn project(scope: &Scope) -> impl IntoView + use<> {
    view! { <small><bdi>{scope.label().to_owned()}</bdi></small> }
}

/// The way to the other pages.
fn pages(page: &InventoryPageModel) -> impl IntoView + use<> {
    let (query, total, pages) = (&page.query, page.total, page.pages);
    let shown: usize = page.groups.iter().map(|group| group.rows.len()).sum();
    let first = (query.page - 1).saturating_mul(kargo::overview::PER_PAGE);
    let range = if shown == 0 {
        format!(
            "No tokens on page {} of {}",
            grouped(query.page),
            grouped(pages)
        )
    } else {
        format!(
            "{}–{} of {}, page {} of {}",
            grouped(first + 1),
            grouped(first + shown),
            grouped(total),
            grouped(query.page),
            grouped(pages)
        )
    };
    let link = |page: usize, text: &'static str, rel: Option<&'static str>| {
        view! { <a class="btn" href=query.at_page(page) rel=rel>{text}</a> }
    };
    let previous = (query.page - 1).min(pages);
    view! {
        <nav class=format!("pages {MORE}") aria-label="Pages">
            {(query.page > 2).then(|| link(1, "First", None))}
            {(query.page > 1).then(|| link(previous, "Previous", Some("prev")))}
            <span>{range}</span>
            {(query.page < pages).then(|| link(query.page + 1, "Next", Some("next")))}
            {(query.page + 1 < pages).then(|| link(pages, "Last", None))}
        </nav>
    }
}
