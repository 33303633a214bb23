//! What the page says: its attribute `data-facts`, and its rows.

use kargo::token::TokenHandle;
use leptos::prelude::document;
use serde::{Deserialize, Serialize};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, NodeList};

/// What the dialogs need to know of the page. Written as JSON into the attribute `data-facts` of one of its elements.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// Whose tokens it shows.
    pub scope: String,
    /// Only this role's.
    pub role: Option<String>,
    /// Only tokens of this kind.
    pub show: Option<String>,
    /// With the clean-up, for how many days they were not used.
    pub days: Option<u32>,
    /// Whether the person may have values minted that expire.
    pub mint: bool,
    /// Seconds that a new token may live at most.
    pub max_lifetime: Option<u64>,
    /// The time by the API server's clock when the page was made, in seconds since 1970. (Numbers, here and wherever the browser reads
    /// a time: a library of times would be half of what it has to load.)
    pub now: i64,
}

impl Facts {
    /// The text for the attribute.
    pub fn attribute(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The page's facts.
    pub fn read() -> Self {
        document()
            .query_selector("[data-facts]")
            .ok()
            .flatten()
            .and_then(|main| main.get_attribute("data-facts"))
            .and_then(|json| serde_json::from_str(&json).ok())
            .unwrap_or_default()
    }
}

/// The token that an element is about: its row's.
pub fn token_of(element: &Element) -> Option<TokenHandle> {
    let row = element.closest("[data-handle]").ok().flatten()?;
    serde_json::from_str(&row.get_attribute("data-handle")?).ok()
}

/// The rows of tokens.
pub fn rows() -> Vec<Element> {
    elements("[data-handle]")
}

/// All elements of a selector.
pub fn elements(selector: &str) -> Vec<Element> {
    list(document().query_selector_all(selector))
}

/// All elements of a selector within another one, which need not be in the page.
pub fn elements_within(within: &Element, selector: &str) -> Vec<Element> {
    list(within.query_selector_all(selector))
}

fn list(found: Result<NodeList, JsValue>) -> Vec<Element> {
    let Ok(found) = found else {
        return vec![];
    };
    (0..found.length())
        .filter_map(|n| found.item(n)?.dyn_into().ok())
        .collect()
}

/// Whether a deletion of this token has to be confirmed, since it can't be undone: the page's own row says so.
pub fn deletes_at_once(token: &TokenHandle) -> bool {
    // The browser finds the row by its UID; asked for thousands of tokens, nothing else is read.
    elements(&format!("[data-handle*='\"{}\"']", token.uid.0))
        .into_iter()
        .find(|row| token_of(row).as_ref() == Some(token))
        .and_then(|row| {
            row.query_selector("[data-act=confirm-delete]")
                .ok()
                .flatten()
        })
        .is_some()
}

/// Closes every menu but the one that was clicked into; a click on what a menu offers closes that one too.
pub fn close_menus(clicked: &Element) {
    for menu in elements("details.menu[open]") {
        let is_inside = menu.contains(Some(clicked));
        let is_chosen = clicked.closest("[data-act]").ok().flatten().is_some();
        if !is_inside || is_chosen {
            let _ = menu.remove_attribute("open");
        }
    }
}

/// Closes the menu that is open, and gives the focus back to what opened it.
pub fn close_all_menus() {
    for menu in elements("details.menu[open]") {
        let _ = menu.remove_attribute("open");
        let opener = menu.query_selector("summary").ok().flatten();
        if let Some(opener) = opener.and_then(|opener| opener.dyn_into::<HtmlElement>().ok()) {
            let _ = opener.focus();
        }
    }
}
