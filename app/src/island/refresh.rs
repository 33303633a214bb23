//! Shows what is there now: fetches the page again and puts its main part in the place of the old one.
//!
//! The page is plain HTML, so nothing has to be woken up in it. What a person opened stays open, and the focus stays where it was.

use std::sync::atomic::{AtomicU32, Ordering};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, Element, HtmlElement, Response, SupportedType};

/// Counts what was asked for: only the latest answer is shown, in whatever order they come.
static LATEST: AtomicU32 = AtomicU32::new(0);

/// Brings the page up to date. Where that fails the page stays as it is: the next visit shows the truth.
pub fn refresh() {
    spawn_local(async {
        if let Err(error) = swap_main().await {
            leptos::logging::error!("the page could not be read again: {error:?}");
        }
    });
}

async fn swap_main() -> Result<(), JsValue> {
    let mine = LATEST.fetch_add(1, Ordering::Relaxed) + 1;
    let address = window().location().href()?;
    let response: Response = JsFuture::from(window().fetch_with_str(&address))
        .await?
        .dyn_into()?;
    let text = JsFuture::from(response.text()?)
        .await?
        .as_string()
        .unwrap_or_default();
    let fresh = DomParser::new()?.parse_from_string(&text, SupportedType::TextHtml)?;
    let (Some(old), Some(new)) = (
        document().query_selector("main")?,
        fresh.query_selector("main")?,
    ) else {
        return Ok(());
    };

    if LATEST.load(Ordering::Relaxed) != mine {
        return Ok(());
    }

    for id in ids(&old, "details[open][id]")? {
        if let Some(details) = new.query_selector(&format!("details[id=\"{id}\"]"))? {
            details.set_attribute("open", "")?;
        }
    }
    let focused = document()
        .active_element()
        .filter(|element| old.contains(Some(element)))
        .and_then(|e| e.get_attribute("data-dialog"));
    old.replace_with_with_node_1(&new)?;
    if let Some(dialog) = focused {
        focus(&new, &dialog)?;
    }
    Ok(())
}

fn ids(within: &Element, selector: &str) -> Result<Vec<String>, JsValue> {
    let found = within.query_selector_all(selector)?;
    Ok((0..found.length())
        .filter_map(|n| found.item(n)?.dyn_into::<Element>().ok())
        .map(|element| element.id())
        .collect())
}

/// Focuses the button that opens the same dialog, or where there is none any more, the main part itself.
fn focus(main: &Element, dialog: &str) -> Result<(), JsValue> {
    let buttons = main.query_selector_all("[data-dialog]")?;
    let same = (0..buttons.length())
        .filter_map(|n| buttons.item(n)?.dyn_into::<HtmlElement>().ok())
        .find(|button| button.get_attribute("data-dialog").as_deref() == Some(dialog));
    match same {
        Some(button) => button.focus(),
        None => main.unchecked_ref::<HtmlElement>().focus(),
    }
}
