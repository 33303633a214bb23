//! The field that searches a scope's tokens. A plain form, so it works without JavaScript; the browser's code searches while somebody types.

use leptos::prelude::*;

use crate::{
    protocol::{SEARCH, SEARCHED},
    query::TokensQuery,
};

/// The form. Keeps the page's role, filter and order.
#[component]
pub fn SearchForm<'a>(query: &'a TokensQuery) -> impl IntoView + use<> {
    let hidden = query
        .parameters()
        .into_iter()
        .filter(|(name, _)| *name != "page")
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect_view();
    let text = query.search.text().to_owned();
    view! {
        <form class="search" role="search" method="get" action=format!("/{}", query.scope)>
            <label class="visually-hidden" for=SEARCH>"Search tokens"</label>
            <input
                id=SEARCH
                name=SEARCHED
                type="search"
                value=text
                maxlength="200"
                placeholder="Name, role, note, contact or creator"
                autocomplete="off"
                autocapitalize="none"
                spellcheck="false"
            />
            {hidden}
            <button type="submit" class="btn">"Search"</button>
        </form>
    }
}
