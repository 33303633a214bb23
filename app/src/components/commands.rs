//! A token's commands: one form that names the token, with a button for each command and a menu for the rarer ones.

use kargo::token::{TokenRef, TokenSummary};
use leptos::prelude::*;

use super::missing_rights::{lacking, refused};
use crate::{
    base_path::at,
    offers::{Emphasis, Offer, Offers},
    page_model::PageContext,
    protocol::{COMMAND, Command, DETAIL, NO_SUCCESSOR, SUCCESSOR, to_attribute, token_fields},
};

/// The class of a button: rows have quiet buttons, a token's own page has full ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ButtonStyle {
    /// For a row.
    Quiet,
    /// For a token's page.
    Full,
}

impl ButtonStyle {
    fn class(self, emphasis: Emphasis) -> &'static str {
        match (self, emphasis) {
            (Self::Quiet, Emphasis::Lead) => "ghost lead",
            (Self::Quiet, Emphasis::Plain) => "ghost",
            (Self::Quiet, Emphasis::Danger) => "ghost bad",
            (Self::Full, Emphasis::Lead) => "btn primary",
            (Self::Full, Emphasis::Plain) => "btn",
            (Self::Full, Emphasis::Danger) => "btn bad",
        }
    }
}

/// The hidden fields that name a token.
#[component]
pub fn TokenFields(token: TokenRef) -> impl IntoView {
    token_fields(&token)
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view()
}

/// The form with all commands of a token.
#[component]
pub fn Commands<'a>(
    context: &'a PageContext,
    token: &'a TokenSummary,
    offers: &'a Offers,
    style: ButtonStyle,
) -> impl IntoView + use<> {
    let name = token.name.as_str();
    let predecessor = context.predecessors.get(&token.name);
    let can_suspend = context.permissions.can_suspend(context.features) && !token.is_expiring();
    let detail = |command| match (command, predecessor) {
        (Command::Reveal, Some(old)) => Some(to_attribute(old)),
        (Command::Compromise, _) if !can_suspend => Some(to_attribute(&can_suspend)),
        _ => None,
    };
    let row = offers
        .row
        .iter()
        .map(|offer| {
            button(
                offer,
                name,
                style,
                &context.namespace,
                detail(offer.command),
            )
        })
        .collect_view();
    let menu = (!offers.menu.is_empty()).then(|| {
        let class = match style {
            ButtonStyle::Quiet => "ghost",
            ButtonStyle::Full => "btn",
        };
        let id = format!("menu-{}", token.uid.0);
        // A native popover: it stands above everything else, and Esc, a click elsewhere or one of its buttons closes it.
        let items = offers.menu.iter().map(|offer| {
            let detail = detail(offer.command);
            let item = button(offer, name, ButtonStyle::Quiet, &context.namespace, detail);
            if !offer.is_possible() {
                return item;
            }
            item.attr("popovertarget", id.clone())
                .attr("popovertargetaction", "hide")
                .into_any()
        });
        let items = items.collect_view();
        view! {
            <div class="menu">
                <button
                    type="button"
                    class=format!("{class} needs-js")
                    disabled
                    popovertarget=id.clone()
                    aria-label=format!("More for {name}")
                >
                    "⋯"
                </button>
                <div id=id class="menu-items" popover="auto">{items}</div>
            </div>
        }
    });
    let reference = token.token_ref(&context.scope);
    view! {
        <form method="post" class="commands">
            <TokenFields token=reference />
            <input type="hidden" name=SUCCESSOR value=token.replaced_by.as_ref().map_or(NO_SUCCESSOR.to_owned(), ToString::to_string) />
            {row}
            {menu}
        </form>
    }
}

/// A command of one click posts the form, with or without JavaScript. Any other needs the browser's code.
fn button(
    offer: &Offer,
    name: &str,
    style: ButtonStyle,
    namespace: &str,
    detail: Option<String>,
) -> AnyView {
    let Offer {
        command,
        label,
        emphasis,
        missing,
        is_refused,
    } = offer;
    let class = style.class(*emphasis);
    // Screen readers hear whose button it is, without the dots that mean a dialog.
    let heard = format!("{} {name}", label.trim_end_matches('…'));
    if !offer.is_possible() {
        let script = command.endpoint().map_or(" needs-js", |_| "");
        let class = format!("{class}{script}");
        return if *is_refused {
            refused(class, label, heard)
        } else {
            lacking(class, label, heard, missing, namespace)
        };
    }
    if let Some(endpoint) = command.endpoint() {
        view! { <button type="submit" class=class aria-label=heard formaction=at(endpoint)>{*label}</button> }
            .into_any()
    } else {
        let class = format!("{class} needs-js");
        view! { <button type="button" class=class disabled aria-label=heard>{*label}</button> }
            .attr(COMMAND, command.word())
            .attr(DETAIL, detail)
            .into_any()
    }
}
