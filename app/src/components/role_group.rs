//! A role with its tokens: the page's unit.

use std::sync::Arc;

use kargo::{role::RoleSummary, scope::Scope, token::TokenSummary};
use leptos::prelude::*;

use super::{
    count::{grouped, tokens},
    listing::Listing,
    rules::{RoleDetails, may_everything, summary},
    token_row::TokenRow,
};
use crate::{
    actions::Dialog,
    api::{PER_PAGE, Show, TokenList},
};

/// What a group stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum GroupKind {
    /// A role of the scope.
    Role(RoleSummary),
    /// The roles could not be read, so nothing more is known of this one.
    Unknown,
    /// No role of the scope has this name: its ServiceAccount is none of Kargo's roles, or is gone.
    Stray,
}

/// One group.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// The role's name, as the tokens give it.
    pub name: String,
    /// What is known of it.
    pub kind: GroupKind,
    /// The tokens to show.
    pub tokens: Vec<TokenSummary>,
    /// How many it has in all; `None` where tokens could not be read.
    pub total: Option<usize>,
}

/// First the tokens that belong to no role, then every role with its tokens, by name. Empty ones are left out where only some kind of token is
/// asked for.
pub fn groups(
    list: Option<TokenList>,
    roles: Option<Vec<RoleSummary>>,
    only: Option<&str>,
    show: Show,
) -> Vec<Group> {
    let known_roles = roles.is_some();
    let counted = list.is_some();
    let (tokens, totals) = list
        .map(|list| (list.tokens, list.totals))
        .unwrap_or_default();
    let mut groups: Vec<Group> = roles
        .unwrap_or_default()
        .into_iter()
        .map(|role| Group {
            name: role.name.to_string(),
            kind: GroupKind::Role(role),
            tokens: vec![],
            total: counted.then_some(0),
        })
        .collect();
    groups.sort_by(|a, b| a.name.cmp(&b.name));
    for (name, total) in totals {
        if let Some(group) = groups.iter_mut().find(|g| g.name == name) {
            group.total = Some(total);
        } else {
            let kind = if known_roles {
                GroupKind::Stray
            } else {
                GroupKind::Unknown
            };
            groups.push(Group {
                name,
                kind,
                tokens: vec![],
                total: Some(total),
            });
        }
    }
    for token in tokens {
        if let Some(group) = groups.iter_mut().find(|g| g.name == token.role) {
            group.tokens.push(token);
        }
    }
    // What is a danger comes first.
    groups.sort_by_key(|group| group.kind != GroupKind::Stray);
    groups.retain(|group| {
        only.is_none_or(|only| group.name == only) && (show == Show::All || group.total != Some(0))
    });
    groups
}

/// The group: its name, what it may do, its tokens. `page`: which page of it is shown, where it is shown alone.
#[component]
pub fn RoleGroup(
    listing: Arc<Listing>,
    group: Group,
    page: Option<usize>,
    show: Show,
) -> impl IntoView {
    let scope = &listing.scope;
    let id = format!("role-{}", group.name);
    let (shown, total) = (group.tokens.len(), group.total);
    let count = total.map(tokens);
    let stray = group.kind == GroupKind::Stray;
    let (details, description, new) = match group.kind {
        GroupKind::Unknown | GroupKind::Stray => (None, None, None),
        GroupKind::Role(role) => {
            let label = format!("New token for {}", role.name);
            let dialog = Dialog::NewToken {
                scope: scope.clone(),
                roles: listing.roles.clone(),
                role: Some(role.name.clone()),
            };
            let new = listing.abilities.create.then(|| {
                view! { <button type="button" class="needs-js" aria-label=label data-dialog=dialog.attribute()>"+ Token"</button> }
            });
            let is_powerful = may_everything(&role);
            let description = role.description.clone();
            let details_id = format!("rules-{}", role.name);
            let details = view! {
                <details class="role-details" id=details_id>
                    <summary>{summary(&role)}</summary>
                    <RoleDetails role />
                </details>
            };
            let powerful = is_powerful.then(|| {
                view! { <span class="powerful" title="Its rules allow everything on everything: whoever has one of its tokens has the cluster.">"all powerful"</span> }
            });
            (Some((details, powerful)), description, new)
        }
    };
    let warning = stray.then_some(match scope {
        Scope::System => "This is none of Kargo's system roles. Whoever holds one of these tokens acts as this ServiceAccount, which can lead to control of the whole cluster. Delete them unless you know what they are for.",
        Scope::Project(_) => "This role is gone. Its tokens don't work any more.",
    });
    let table = (shown > 0).then(|| {
        let label = format!("Select all shown of {}", group.name);
        let pick_all = group.tokens.iter().any(TokenSummary::is_managed).then(|| {
            view! { <input type="checkbox" class="pick pick-all needs-js" aria-label=label /> }
        });
        let listing = listing.clone();
        view! {
            <table class="tokens" aria-labelledby=id.clone()>
                <thead>
                    <tr>
                        <td class="picks">{pick_all}</td>
                        <th scope="col">"Name"</th>
                        <th scope="col">"State"</th>
                        <th scope="col">"Last used"</th>
                        <th scope="col">"Age"</th>
                        <th scope="col">"Managed"</th>
                        <th scope="col">"Created by"</th>
                        <th scope="col"><span class="visually-hidden">"Actions"</span></th>
                    </tr>
                </thead>
                <tbody>
                    {group
                        .tokens
                        .into_iter()
                        .map(|token| view! { <TokenRow listing=listing.clone() token stray /> })
                        .collect_view()}
                </tbody>
            </table>
        }
    });
    let more = total
        .filter(|total| *total > shown)
        .map(|total| pages(scope, &group.name, shown, total, page, show));
    let heading = id.clone();
    let (details, powerful) = details.map_or((None, None), |(details, powerful)| {
        (Some(details), powerful)
    });
    view! {
        <section class="group" class:stray=stray aria-labelledby=id>
            <header>
                <h2 id=heading>{group.name.clone()}</h2>
                <p class="description">{description}</p>
                {powerful}
                <p class="count">{count}</p>
                {new}
            </header>
            {warning.map(|text| view! { <p class="warning">{text}</p> })}
            {details}
            {table}
            {more}
        </section>
    }
    .into_any()
}

/// Where the rest of a group is.
fn pages(
    scope: &Scope,
    role: &str,
    shown: usize,
    total: usize,
    page: Option<usize>,
    show: Show,
) -> impl IntoView + use<> {
    let kind = show
        .word()
        .map(|word| format!("&show={word}"))
        .unwrap_or_default();
    let days = show
        .days()
        .map(|days| format!("&days={days}"))
        .unwrap_or_default();
    let address = |page: usize| format!("/{scope}?role={role}&page={page}{kind}{days}");
    match page {
        None => view! { <p class="pages"><a href=address(1)>{format!("Show all {}", grouped(total))}</a></p> }
            .into_any(),
        Some(page) => {
            let first = page.saturating_sub(1).saturating_mul(PER_PAGE);
            let last = first.saturating_add(shown);
            let previous =
                (page > 1).then(|| view! { <a href=address(page - 1) rel="prev">"Newer"</a> });
            let next =
                (last < total).then(|| view! { <a href=address(page + 1) rel="next">"Older"</a> });
            view! { <p class="pages">{previous} <span>{format!("{}–{} of {}", grouped(first + 1), grouped(last), grouped(total))}</span> {next}</p> }.into_any()
        }
    }
}
