//! Brings the page up to date: asks for the current address again and merges the answer ([`super::merge`]). An answer that isn't a page of
//! this program is never merged; the page then stays as it is, and a notice shows the error.

use std::cell::{Cell, RefCell};

use kargo::problem::{Kind, Problem};
use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Document, DomParser, Element, Headers, RequestInit, RequestRedirect, Response,
    ResponseType, SupportedType,
};

use super::{
    anchor::Anchor,
    clock, countdown,
    dom::{elements, elements_within, enable_controls_within},
    focus::{self, Place},
    merge::merge,
    press,
};
use crate::{
    error::ApiError,
    protocol::{AUTOMATIC, CONTEXT, FRESH, ROW, UNTIL},
};

/// Milliseconds until an answer has to begin: what waits for it, such as the next key of a search, must not wait for ever.
const PATIENCE: u32 = 30_000;

/// Callbacks of an update.
struct Hooks {
    /// After a merge.
    merged: Box<dyn Fn()>,
    /// After a failure.
    failed: Box<dyn Fn(&Problem)>,
}

thread_local! {
    static HOOKS: RefCell<Option<Hooks>> = const { RefCell::new(None) };
    /// The entity tag of the page that is shown; unknown at first.
    static TAG: RefCell<Option<String>> = const { RefCell::new(None) };
    /// Counts the updates.
    static LATEST: Cell<u32> = const { Cell::new(0) };
    /// The latest update whose answer is shown, in whatever order the answers come.
    static SHOWN: Cell<u32> = const { Cell::new(0) };
}

/// Sets what follows an update.
pub fn hook(merged: impl Fn() + 'static, failed: impl Fn(&Problem) + 'static) {
    HOOKS.set(Some(Hooks {
        merged: Box::new(merged),
        failed: Box::new(failed),
    }));
}

/// Brings the page up to date in the background.
pub fn refresh() {
    spawn_local(update());
}

/// Brings the page up to date.
pub async fn update() {
    update_as(false).await;
}

/// The same where the person did nothing: it keeps no session from ending, and marks the rows that are new or have changed.
pub async fn update_by_itself() {
    update_as(true).await;
}

async fn update_as(is_automatic: bool) {
    let mine = LATEST.get() + 1;
    LATEST.set(mine);
    let answer = fetch(is_automatic).await;
    // A command that waits for this has to see its own change, so an answer is left out only if a later one is shown already.
    if SHOWN.get() > mine {
        return;
    }
    let done = match answer {
        Ok(Some((page, tag))) => show(&page, is_automatic).map(|()| TAG.set(tag)),
        Ok(None) => Ok(()),
        Err(problem) => Err(problem),
    };
    if done.is_ok() {
        SHOWN.set(mine);
    }
    HOOKS.with_borrow(|hooks| match (hooks, done) {
        (Some(hooks), Ok(())) => (hooks.merged)(),
        // The line that says whether the page is live says it.
        (_, Err(problem)) if is_automatic && problem.kind == Kind::Unavailable => {}
        (Some(hooks), Err(problem)) => (hooks.failed)(&problem),
        _ => {}
    });
}

/// What an answer is.
#[derive(Debug, PartialEq, Eq)]
enum Answer {
    Page,
    Unchanged,
    SignedOut,
    Other,
}

/// A page that says that its token is gone is a page of this program, too. Every other redirect or error isn't.
fn classify(status: u16, is_redirect: bool, content_type: &str) -> Answer {
    match status {
        // Only the sign-in redirects.
        _ if is_redirect => Answer::SignedOut,
        401 => Answer::SignedOut,
        304 => Answer::Unchanged,
        200 | 404 if content_type.starts_with("text/html") => Answer::Page,
        _ => Answer::Other,
    }
}

/// The page of the current address with its entity tag; `None` where the page hasn't changed.
async fn fetch(is_automatic: bool) -> Result<Option<(Document, Option<String>)>, Problem> {
    let unreachable = |_: JsValue| ApiError::unreachable("reload").0;
    let known = TAG.with_borrow(Clone::clone);
    let mut response = ask(is_automatic, known.as_deref())
        .await
        .map_err(unreachable)?;
    // Another page came meanwhile: that it differs from this answer is not known.
    if response.status() == 304 && TAG.with_borrow(|tag| *tag != known) {
        response = ask(is_automatic, None).await.map_err(unreachable)?;
    }
    let header = |name| response.headers().get(name).ok().flatten();
    let is_redirect = response.type_() == ResponseType::Opaqueredirect;
    let content_type = header("content-type").unwrap_or_default();
    match classify(response.status(), is_redirect, &content_type) {
        Answer::Page => {
            let text = async { JsFuture::from(response.text()?).await };
            let text = text.await.map_err(unreachable)?;
            let page = DomParser::new().and_then(|parser| {
                let text = text.as_string().unwrap_or_default();
                parser.parse_from_string(&text, SupportedType::TextHtml)
            });
            Ok(Some((page.map_err(unreachable)?, header("etag"))))
        }
        Answer::Unchanged => Ok(None),
        Answer::SignedOut => Err(Problem::new(
            Kind::Unauthenticated,
            "The page could not be updated: you are signed out.",
            "Sign in again.",
        )),
        Answer::Other => Err(not_ours(response.status())),
    }
}

fn not_ours(status: u16) -> Problem {
    Problem::new(
        Kind::BadAnswer,
        format!(
            "The page could not be updated: the answer is not a page of Kargo Tokens (HTTP {status})."
        ),
        "Reload the page.",
    )
}

/// Asks for the page of the current address. `known`: the entity tag of the page that is shown.
async fn ask(is_automatic: bool, known: Option<&str>) -> Result<Response, JsValue> {
    let headers = Headers::new()?;
    headers.set("accept", "text/html")?;
    if is_automatic {
        headers.set(AUTOMATIC, "true")?;
    }
    if let Some(tag) = known {
        headers.set("if-none-match", tag)?;
    }
    let request = RequestInit::new();
    request.set_signal(Some(&AbortSignal::timeout_with_u32(PATIENCE)));
    request.set_headers(&headers);
    request.set_redirect(RequestRedirect::Manual);
    let address = window().location().href()?;
    JsFuture::from(window().fetch_with_str_and_init(&address, &request))
        .await?
        .dyn_into()
}

/// Merges a page's main part, its title, and what is marked with `data-merge`. What the person is at stays where it is in the window.
/// `marks`: marks the rows that are new or have changed.
fn show(page: &Document, marks: bool) -> Result<(), Problem> {
    let main = format!("main#main[{CONTEXT}]");
    let find = |document: &Document| document.query_selector(&main).ok().flatten();
    let new = find(page).ok_or_else(|| not_ours(200))?;
    let old = find(&document()).or_else(|| document().get_element_by_id("main"));
    let place = Place::of_focus();
    let anchor = Anchor::set();
    if marks {
        mark_news(page);
    }
    // Parts that haven't changed are equal then, and the merge leaves them alone.
    if let Some(whole) = page.document_element() {
        enable_controls_within(&whole);
    }
    if let Some(old) = old {
        merge(&old, &new);
    }
    for part in elements("[data-merge][id]") {
        if let Some(new) = page.get_element_by_id(&part.id()) {
            merge(&part, &new);
        }
    }
    document().set_title(&page.title());
    anchor.hold();
    press::note_change();
    if let Some(place) = place.filter(|_| focus::is_lost()) {
        place.return_to_control();
    }
    clock::read();
    countdown::tick();
    Ok(())
}

/// Marks the rows of a new page that the page doesn't show as they are.
fn mark_news(page: &Document) {
    let Ok(rows) = page.query_selector_all(&format!("[{ROW}][id]")) else {
        return;
    };
    for row in (0..rows.length()).filter_map(|n| rows.item(n)?.dyn_into::<Element>().ok()) {
        let old = document().get_element_by_id(&row.id());
        if old.is_none_or(|old| lasting_text(&old) != lasting_text(&row)) {
            let _ = row.set_attribute(FRESH, "");
        }
    }
}

/// The text of a row without what changes as time passes.
fn lasting_text(row: &Element) -> Option<String> {
    let row: Element = row.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    for passing in elements_within(&row, &format!("time, [{UNTIL}]")) {
        passing.set_text_content(None);
    }
    row.text_content()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_of_this_program_are_merged() {
        for (status, is_redirect, content_type, answer) in [
            (200, false, "text/html; charset=utf-8", Answer::Page),
            (404, false, "text/html; charset=utf-8", Answer::Page),
            (200, false, "application/json", Answer::Other),
            (304, false, "", Answer::Unchanged),
            (0, true, "", Answer::SignedOut),
            (401, false, "text/html; charset=utf-8", Answer::SignedOut),
            (502, false, "text/html; charset=utf-8", Answer::Other),
            (503, false, "", Answer::Other),
        ] {
            assert_eq!(
                classify(status, is_redirect, content_type),
                answer,
                "{status}"
            );
        }
    }
}
