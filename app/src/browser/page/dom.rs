//! Finds elements of the page, and reads what its markup says.

use kargo::token::TokenRef;
use leptos::prelude::document;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, Event, HtmlInputElement, NodeList};

use crate::protocol::{
    BULK, BrowserContext, BulkOffer, CONTEXT, NEEDS_JS, ROW, SUCCESSOR, token_of_fields,
};

/// What the page tells the browser's code.
pub fn context() -> BrowserContext {
    document()
        .query_selector(&format!("[{CONTEXT}]"))
        .ok()
        .flatten()
        .and_then(|main| main.get_attribute(CONTEXT))
        .and_then(|json| serde_json::from_str(&json).ok())
        .unwrap_or_default()
}

/// The element that an event happened to.
pub fn target(event: &Event) -> Option<Element> {
    event.target()?.dyn_into().ok()
}

/// All elements of a selector.
pub fn elements(selector: &str) -> Vec<Element> {
    list(document().query_selector_all(selector))
}

/// All elements of a selector within another element.
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

/// The first element of a selector within another element.
pub fn first_within(within: &Element, selector: &str) -> Option<Element> {
    within.query_selector(selector).ok().flatten()
}

/// The nearest element of a selector around an element, itself included.
pub fn closest(element: &Element, selector: &str) -> Option<Element> {
    element.closest(selector).ok().flatten()
}

/// Enables what needs the browser's code: the server renders it disabled.
pub fn enable_controls() {
    enable(elements(&disabled_controls()));
}

/// The same within an element.
pub fn enable_controls_within(within: &Element) {
    enable(elements_within(within, &disabled_controls()));
}

fn disabled_controls() -> String {
    format!(".{NEEDS_JS}:is([disabled], [inert])")
}

fn enable(controls: Vec<Element>) {
    for control in controls {
        let _ = control.remove_attribute("disabled");
        let _ = control.remove_attribute("inert");
    }
}

/// All rows of tokens.
pub fn rows() -> Vec<Element> {
    elements(&format!("[{ROW}]"))
}

/// The row that an element stands in.
pub fn row_of(element: &Element) -> Option<Element> {
    closest(element, &format!("[{ROW}]"))
}

/// The row of a command's token: the one that its button stands in. The page of one token is all about that token.
pub fn row_of_command(button: &Element) -> Option<Element> {
    row_of(button).or_else(|| match rows().as_slice() {
        [only] => Some(only.clone()),
        _ => None,
    })
}

/// The rows of one token.
pub fn rows_with(uid: &str) -> impl Iterator<Item = Element> {
    rows()
        .into_iter()
        .filter(move |row| uid_of(row).as_deref() == Some(uid))
}

/// The token of a row: the fields of its form.
pub fn token_of(row: &Element) -> Option<TokenRef> {
    token_of_fields(|name| field(row, name))
}

/// The UID of a row's token.
pub fn uid_of(row: &Element) -> Option<String> {
    field(row, "uid")
}

/// The successor that a row shows beside its token, in the words of [`SUCCESSOR`]. `None` for a row that doesn't tell.
pub fn successor_of(row: &Element) -> Option<String> {
    field(row, SUCCESSOR)
}

fn field(row: &Element, name: &str) -> Option<String> {
    let input = first_within(row, &format!("input[name={name}]"))?;
    Some(input.dyn_into::<HtmlInputElement>().ok()?.value())
}

/// What bulk commands may do to the token of a row.
pub fn bulk_offer(row: &Element) -> BulkOffer {
    row.get_attribute(BULK)
        .map(|words| BulkOffer::parse(&words))
        .unwrap_or_default()
}
