//! The table of tokens: one header that stays, and a section for each role.

use kargo::inventory::{PER_PAGE, Sort, SortColumn};
use leptos::prelude::*;

use super::{
    count::grouped,
    role_row::{RoleRow, name_id, section_id},
    token_row::TokenRowView,
};
use crate::{
    page_model::{PageContext, Section},
    protocol::{MORE, SELECT_ALL},
    query::TokensQuery,
};

/// Columns of the table: the check box, the sortable ones, the commands.
const COLUMNS: usize = SortColumn::ALL.len() + 2;

/// The table.
#[component]
pub fn TokenTable<'a>(
    context: &'a PageContext,
    query: &'a TokensQuery,
    sections: &'a [Section],
) -> impl IntoView + use<> {
    let can_select = sections
        .iter()
        .flat_map(|section| &section.rows)
        .any(|row| !row.offers.bulk.is_empty());
    let select_all = can_select.then(|| {
        view! { <input type="checkbox" class=format!("{SELECT_ALL} needs-js") disabled aria-label="Select all shown" /> }
    });
    let headers = SortColumn::ALL
        .into_iter()
        .map(|column| {
            header(column, Some(query.sort), &|sort| {
                query.list().with_sort(sort.word())
            })
        })
        .collect_view();
    let bodies = sections
        .iter()
        .map(|section| body(context, query, section))
        .collect_view();
    view! {
        <div class="sheet">
            <table class="tokens">
                <thead>
                    <tr>
                        <td class="pick">{select_all}</td>
                        {headers}
                        <th scope="col"><span class="visually-hidden">"Commands"</span></th>
                    </tr>
                </thead>
                {bodies}
            </table>
        </div>
    }
}

/// The text of a column's header.
pub(super) fn label(column: SortColumn) -> &'static str {
    match column {
        SortColumn::Name => "Name",
        SortColumn::State => "State",
        SortColumn::LastUsed => "Last used",
        SortColumn::Expires => "Expires",
        SortColumn::Age => "Age",
        SortColumn::CreatedBy => "Created by",
    }
}

/// The class of a column's header and cells, by which the style sheet hides columns on narrow screens.
pub(super) fn class(column: SortColumn) -> Option<&'static str> {
    match column {
        SortColumn::Name => None,
        SortColumn::State => Some("state-cell"),
        SortColumn::LastUsed => Some("used"),
        SortColumn::Expires => Some("expires"),
        SortColumn::Age => Some("age"),
        SortColumn::CreatedBy => Some("by"),
    }
}

/// A header that sorts. `current`: the order of the list; `None` if it is by no column. `address`: that of another order. A click sorts by the
/// column, another one turns the order round.
pub(super) fn header(
    column: SortColumn,
    current: Option<Sort>,
    address: &dyn Fn(Sort) -> String,
) -> impl IntoView + use<> {
    let current = current.filter(|sort| sort.column == column);
    let sorted = current.map(|sort| {
        if sort.is_descending {
            "descending"
        } else {
            "ascending"
        }
    });
    let next = Sort {
        column,
        is_descending: current.is_some_and(|sort| !sort.is_descending),
    };
    let address = address(next);
    view! { <th scope="col" class=class(column) aria-sort=sorted><a href=address>{label(column)}</a></th> }
}

/// A role's section, with a way to the rest of its tokens.
fn body(context: &PageContext, query: &TokensQuery, section: &Section) -> impl IntoView + use<> {
    let shown = section.rows.len();
    let rest = section
        .total
        .filter(|total| *total > shown)
        .map(|total| rest(query, &section.role, shown, total));
    let rows = section
        .rows
        .iter()
        .map(|row| view! { <TokenRowView context row /> })
        .collect_view();
    view! {
        <tbody id=section_id(&section.role) aria-labelledby=name_id(&section.role)>
            <RoleRow context query section columns=COLUMNS />
            {rows}
            {rest}
        </tbody>
    }
}

/// A row that leads to the tokens of a role that the page doesn't show.
fn rest(query: &TokensQuery, role: &str, shown: usize, total: usize) -> impl IntoView + use<> {
    let links = if query.role.is_none() {
        let address = query.with_role(role, 1).address();
        view! { <a href=address>{format!("Show all {}", grouped(total))}</a> }.into_any()
    } else {
        let page = query.page;
        let first = (page - 1).saturating_mul(PER_PAGE);
        let last = first.saturating_add(shown);
        let link = |page: usize, text: &'static str, rel: &'static str| {
            let address = query.with_role(role, page).address();
            view! { <a href=address rel=rel>{text}</a> }
        };
        let range = if shown == 0 {
            format!(
                "No tokens on page {} of {}",
                grouped(page),
                grouped(total.div_ceil(PER_PAGE))
            )
        } else {
            format!(
                "{}–{} of {}",
                grouped(first + 1),
                grouped(last),
                grouped(total)
            )
        };
        // From beyond the end, the way back leads to the last page.
        let previous = (page - 1).min(total.div_ceil(PER_PAGE));
        view! {
            {(page > 1).then(|| link(previous, "Previous", "prev"))}
            <span>{range}</span>
            {(last < total).then(|| link(page + 1, "Next", "next"))}
        }
        .into_any()
    };
    view! { <tr class=MORE><td colspan=COLUMNS.to_string()><div class="pages">{links}</div></td></tr> }
}
