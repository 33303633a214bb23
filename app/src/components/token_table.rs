//! The table of tokens: one header that stays, and a section for each role.

use kargo::inventory::{PER_PAGE, Sort, SortColumn};
use leptos::prelude::*;

use super::{
    count::grouped,
    role_row::{RoleRow, name_id, section_id},
    token_row::TokenRowView,
};
use crate::{
    page_model::{PageContext, Section, TokenRow},
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
    let select_all = select_all(sections.iter().flat_map(|section| &section.rows));
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
fn label(column: SortColumn) -> &'static str {
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
fn class(column: SortColumn) -> Option<&'static str> {
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
    let is_descending = current.map(|sort| sort.is_descending);
    sorting(
        label(column),
        class(column),
        is_descending,
        &|is_descending| {
            address(Sort {
                column,
                is_descending,
            })
        },
    )
}

/// The same for any order that can be turned round. `is_descending`: `None` if the list has another order.
pub(super) fn sorting(
    label: &'static str,
    class: Option<&'static str>,
    is_descending: Option<bool>,
    address: &dyn Fn(bool) -> String,
) -> impl IntoView + use<> {
    let sorted = is_descending.map(|is| if is { "descending" } else { "ascending" });
    let address = address(is_descending == Some(false));
    view! { <th scope="col" class=class aria-sort=sorted><a href=address>{label}</a></th> }
}

/// The box that selects all rows; nothing if bulk commands can be used on none.
pub(super) fn select_all<'a>(mut rows: impl Iterator<Item = &'a TokenRow>) -> Option<AnyView> {
    rows.any(|row| !row.offers.bulk.is_empty()).then(|| {
        view! { <input type="checkbox" class=format!("{SELECT_ALL} needs-js") disabled aria-label="Select all shown" /> }
            .into_any()
    })
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
