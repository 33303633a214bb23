//! The field that searches a scope's tokens. A plain form, so it works without JavaScript; the browser's code searches while somebody types.

use leptos::prelude::*;

use crate::{
    protocol::{SEARCH, SEARCHED},
    query::ListAddress,
};

/// The form. Keeps the list, its filter and its order.
#[component]
pub fn SearchForm<'a>(list: &'a ListAddress) -> impl IntoView + use<> {
    let hidden = hidden_fields(list.parameters());
    let text = list.search.text().to_owned();
    view! {
        <form class="search" role="search" method="get" action=list.path.clone()>
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

/// Parameters of an address as hidden fields of a form.
pub fn hidden_fields(
    parameters: impl Iterator<Item = (&'static str, String)>,
) -> Vec<impl IntoView> {
    parameters
        .map(|(name, value)| view! { <input type="hidden" name=name value=value /> })
        .collect()
}
