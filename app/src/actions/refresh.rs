//! Shows what is there now: fetches the page again and puts its main part in the place of the old one.
//!
//! The page is plain HTML, so nothing has to be woken up in it. What a person opened stays open, and the focus stays where it was.

use std::{
    cell::RefCell,
    sync::atomic::{AtomicU32, Ordering},
};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DomParser, Element, HtmlElement, Response, SupportedType};

use super::page::elements_within;

/// Counts what was asked for: only the latest answer is shown, in whatever order they come.
static LATEST: AtomicU32 = AtomicU32::new(0);

thread_local! {
    /// What is to be done whenever the page was read again.
    static AFTER: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
}

/// Says what is to be done whenever the page was read again.
pub fn after(act: impl Fn() + 'static) {
    AFTER.set(Some(Box::new(act)));
}

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

    for details in elements_within(&old, "details[open][id]") {
        let same = format!("details[id=\"{}\"]", details.id());
        if let Some(details) = new.query_selector(&same)? {
            details.set_attribute("open", "")?;
        }
    }
    // A menu that was just opened must not close under the pointer.
    if let Some(of) = old
        .query_selector("details.menu[open]")?
        .and_then(|menu| handle(&menu))
    {
        for menu in elements_within(&new, "details.menu") {
            if handle(&menu).as_ref() == Some(&of) {
                menu.set_attribute("open", "")?;
            }
        }
    }
    let focused = document()
        .active_element()
        .filter(|element| old.contains(Some(element)))
        .and_then(|element| identity(&element));
    old.replace_with_with_node_1(&new)?;
    AFTER.with_borrow(|after| {
        if let Some(act) = after {
            act();
        }
    });
    if let Some(focused) = focused {
        focus(&new, &focused)?;
    }
    Ok(())
}

/// Which token an element is about, as its row says.
fn handle(element: &Element) -> Option<String> {
    let row = element.closest("[data-handle]").ok().flatten()?;
    row.get_attribute("data-handle")
}

/// What a button is for, and whose: by that it is found again.
fn identity(button: &Element) -> Option<(String, Option<String>)> {
    let what = ["data-dialog", "data-act"]
        .into_iter()
        .find_map(|name| button.get_attribute(name))?;
    Some((what, handle(button)))
}

/// Focuses the same button, or where there is none any more, the first of the same token's (such as *Undo*), or the main part itself.
fn focus(main: &Element, focused: &(String, Option<String>)) -> Result<(), JsValue> {
    let buttons: Vec<HtmlElement> = elements_within(main, "[data-dialog], [data-act]")
        .into_iter()
        .filter_map(|button| button.dyn_into().ok())
        .collect();
    let same = buttons
        .iter()
        .find(|button| identity(button).as_ref() == Some(focused))
        .or_else(|| {
            let of = focused.1.as_ref()?;
            buttons
                .iter()
                .find(|button| handle(button).as_ref() == Some(of))
        });
    match same {
        Some(button) => button.focus(),
        None => main.unchecked_ref::<HtmlElement>().focus(),
    }
}
