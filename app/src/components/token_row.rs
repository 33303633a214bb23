//! One token as a row of the table. What a command needs stands in the row's form; see [`crate::protocol`].

use kargo::{
    risk::{Risk, Risks},
    token::TokenSummary,
};
use leptos::prelude::*;

use super::{
    commands::{ButtonStyle, Commands},
    person::Person,
    remarks::{RemarkLine, remarks},
    state::{StatePill, state_label},
    time::{Age, day, exact, from_now},
};
use crate::{
    page_model::{PageContext, TokenRow},
    protocol::{BULK, ROW, SELECT},
    query::token_address,
};

/// The row. `risks`: what makes the token a risk, in a list that tells. `place`: a cell that says whose token it is, in a list of several roles.
#[component]
pub fn TokenRowView<'a>(
    context: &'a PageContext,
    row: &'a TokenRow,
    #[prop(optional)] risks: Risks,
    #[prop(optional)] place: Option<AnyView>,
) -> impl IntoView + use<> {
    let TokenRow { token, offers } = row;
    let now = context.now;
    let name = token.name.to_string();
    let select = (!offers.bulk.is_empty()).then(|| {
        view! { <input type="checkbox" class=format!("{SELECT} needs-js") disabled aria-label=format!("Select {name}") /> }
    });
    let bulk = (!offers.bulk.is_empty()).then(|| offers.bulk.words());
    let created_by = match token.created_by.clone() {
        Some(name) => view! { <Person name viewer=context.viewer.clone() /> }.into_any(),
        None => view! { "—" }.into_any(),
    };
    let label = state_label(token, now, context.viewer.as_deref());
    let (used, used_title) = last_used(context, token);
    let (expires, expires_title) = match token.expires {
        Some(end) => (from_now(now, end), Some(exact(end))),
        None => ("never".to_owned(), None),
    };
    let address = token_address(&context.scope, &token.name);
    let mut remarks = remarks(context, token);
    let of_token = |risk: &Risk| matches!(risk, Risk::Unused | Risk::NoOwner);
    let reasons = risks.iter().filter(of_token).map(risk_label);
    remarks.quiet.extend(reasons.map(str::to_owned));
    view! {
        <tr id=format!("token-{}", token.uid.0) data-token=name.clone()>
            <td class="pick">{select}</td>
            <th scope="row"><a class="name" href=address>{name.clone()}</a>{risk_line(risks)}<RemarkLine remarks /></th>
            {place}
            <td class="state-cell"><StatePill label /></td>
            <td class="num used" data-label="Last used" title=used_title>{used}</td>
            <td class="num expires" data-label="Expires" title=expires_title>{expires}</td>
            <td class="num age" data-label="Age"><Age now then=token.created /></td>
            <td class="quiet by" data-label="Created by">{created_by}</td>
            <td class="acts"><Commands context token offers style=ButtonStyle::Quiet /></td>
        </tr>
    }
    .attr(ROW, "")
    .attr(BULK, bulk)
}

/// The reasons for which a token is a risk, as far as they are its role's. The others are remarks.
fn risk_line(risks: Risks) -> impl IntoView {
    let pill = |risk| {
        let class = match risk {
            Risk::NotARole | Risk::AllPowerful => "pill bad",
            Risk::Wildcard => "pill warn",
            Risk::Unused | Risk::NoOwner => return None,
        };
        Some(view! { <span class=class>{risk_label(risk)}</span> })
    };
    let pills = risks.iter().filter_map(pill).collect_view();
    view! { <span class="risks">{pills}</span> }
}

/// A reason in words.
fn risk_label(risk: Risk) -> &'static str {
    match risk {
        Risk::NotARole => "no role of Kargo",
        Risk::AllPowerful => "all-powerful",
        Risk::Wildcard => "wildcard rules",
        Risk::Unused => "never expires, unused",
        Risk::NoOwner => "no owner",
    }
}

/// The last use in words, and the exact day.
fn last_used(context: &PageContext, token: &TokenSummary) -> (String, Option<String>) {
    match &token.last_used {
        Some(last) => (day(context.now, last), Some(last.clone())),
        None if token.is_expiring() => (
            "not tracked".to_owned(),
            Some("Kubernetes doesn't track the use of tokens that expire.".to_owned()),
        ),
        None => ("never".to_owned(), None),
    }
}
