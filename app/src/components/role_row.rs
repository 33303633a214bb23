//! A role as a row of the table: its name, what it is for, what it may do, and how many tokens it has.

use kargo::{role::RoleStatus, scope::Scope};
use leptos::prelude::*;

use super::{
    count::tokens,
    missing_rights::{lacking, refused},
    rules::summary,
};
use crate::{
    offers::missing_for,
    page_model::{PageContext, Section},
    protocol::{COMMAND, Command, DETAIL, to_attribute},
    query::TokensQuery,
};

/// The `id` of a section of the table.
pub fn section_id(role: &str) -> String {
    format!("role-{role}")
}

/// The `id` of a section's name.
pub fn name_id(role: &str) -> String {
    format!("role-{role}-name")
}

/// The row. `columns`: how many columns the table has.
#[component]
pub fn RoleRow<'a>(
    context: &'a PageContext,
    query: &'a TokensQuery,
    section: &'a Section,
    columns: usize,
) -> impl IntoView + use<> {
    let name = section.role.clone();
    let count = section.total.map(tokens);
    let address = query.with_role(&name, 1).address();
    let class = if section.has_no_role() {
        "role alert"
    } else {
        "role"
    };
    let warning = section
        .status
        .and_then(|status| warning(status, &context.scope));
    let rules = section.summary.as_ref().map(|role| {
        let address = format!("{address}#rules");
        view! { <a class="rules-link" href=address>{summary(role)}</a> }
    });
    let powerful = section
        .summary
        .as_ref()
        .is_some_and(kargo::role::RoleSummary::is_all_powerful)
        .then(|| view! { <AllPowerful /> });
    let void = section
        .summary
        .as_ref()
        .is_some_and(|role| role.void_claims.is_some())
        .then(|| view! { <ClaimsIgnored /> });
    let description = section
        .summary
        .as_ref()
        .and_then(|role| role.description.clone())
        .or_else(|| warning.map(str::to_owned))
        .map(|text| {
            let title = text.clone();
            view! { <p title=title>{text}</p> }
        });
    let new = section.summary.is_some().then(|| {
        let label = format!("New token for {name}");
        let missing = missing_for(Command::NewToken, context.permissions);
        if !missing.is_empty() {
            let class = "ghost lead needs-js".to_owned();
            return lacking(class, "+ Token", label, &missing, &context.namespace);
        }
        if context.refuses_new(&name) {
            return refused("ghost lead needs-js".to_owned(), "+ Token", label);
        }
        view! { <button type="button" class="ghost lead needs-js" disabled aria-label=label>"+ Token"</button> }
            .attr(COMMAND, Command::NewToken.word())
            .attr(DETAIL, to_attribute(&name))
            .into_any()
    });
    let title = if section.summary.is_some() {
        view! { <a href=address>{name.clone()}</a> }.into_any()
    } else {
        view! { <bdi>{name.clone()}</bdi> }.into_any()
    };
    view! {
        <tr class=class>
            <th colspan=columns.to_string() scope="rowgroup">
                <div class="in">
                    <b id=name_id(&name)>{title}</b>
                    {powerful}
                    {void}
                    {description}
                    <span class="end">{rules}<span class="count">{count}</span>{new}</span>
                </div>
            </th>
        </tr>
    }
}

/// Why tokens that belong to no role are a danger or useless.
fn warning(status: RoleStatus, scope: &Scope) -> Option<&'static str> {
    match (status, scope) {
        (RoleStatus::SystemRole | RoleStatus::ProjectRole, _) => None,
        (RoleStatus::NotARole, Scope::System) => Some(
            "Not a role of Kargo. Its holder can take over the cluster. Delete its tokens unless you know their use.",
        ),
        (RoleStatus::NotARole, Scope::Project(_)) => Some("Not a role of this project."),
        (RoleStatus::Missing, _) => Some("This role is gone. Its tokens don't work any more."),
    }
}

/// The mark of a role whose annotation of claims is void.
#[component]
pub fn ClaimsIgnored() -> impl IntoView {
    view! {
        <span class="pill warn" title="Kargo can't read the annotation with this role's claims, and ignores the whole annotation.">
            "claims ignored"
        </span>
    }
}

/// The mark of a role whose rules allow everything on everything.
#[component]
pub fn AllPowerful() -> impl IntoView {
    view! {
        <span class="pill bad" title="Its rules allow everything on everything: the holder of one of its tokens controls the cluster.">
            "all-powerful"
        </span>
    }
}
