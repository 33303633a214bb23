//! Where the focus goes. It never falls to the page's body, and never to another command.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, FocusOptions, HtmlElement};

use super::dom::{closest, first_within, row_of, rows, rows_with};

/// Moves the focus. `false` where the element can't take it: it is gone, hidden or disabled.
pub fn focus(element: &Element) -> bool {
    if let Some(element) = element.dyn_ref::<HtmlElement>() {
        let _ = element.focus();
    }
    document().active_element().as_ref() == Some(element)
}

/// Moves the focus to the page's heading. Doesn't scroll: the person may look at something else.
pub fn focus_heading() {
    let heading = ["main h1", "h1", "main"]
        .into_iter()
        .find_map(|it| document().query_selector(it).ok().flatten());
    if let Some(heading) = heading {
        if !heading.has_attribute("tabindex") {
            let _ = heading.set_attribute("tabindex", "-1");
        }
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        if let Some(heading) = heading.dyn_ref::<HtmlElement>() {
            let _ = heading.focus_with_options(&options);
        }
    }
}

/// Moves the focus to a token's row, or to the heading where the page has no such row.
pub fn focus_token(uid: Option<&str>) {
    let row = uid.and_then(|uid| rows_with(uid).next());
    if !row.is_some_and(|row| focus_row(&row)) {
        focus_heading();
    }
}

/// Moves the focus to a row's link.
fn focus_row(row: &Element) -> bool {
    first_within(row, "a[href]").is_some_and(|link| focus(&link))
}

/// Whether the focus is nowhere: what had it is gone.
pub fn is_lost() -> bool {
    document()
        .active_element()
        .is_none_or(|element| element.tag_name() == "BODY")
}

/// Whether the focus is within an element of a selector.
pub fn is_within(selector: &str) -> bool {
    document()
        .active_element()
        .is_some_and(|focused| closest(&focused, selector).is_some())
}

/// The place of a control: remembered before a command, so that the focus can return to it when the control or its row is gone.
#[derive(Debug, Clone)]
pub struct Place {
    control: Element,
    /// The row of the control, then the rows below, then the row above.
    rows: Vec<Element>,
}

impl Place {
    /// The place of a control.
    pub fn of(control: &Element) -> Self {
        let all = rows();
        let own = row_of(control).and_then(|row| all.iter().position(|other| *other == row));
        let rows = own.map_or_else(Vec::new, |own| {
            let above = own.checked_sub(1).map(|above| all[above].clone());
            all[own..].iter().cloned().chain(above).collect()
        });
        Self {
            control: control.clone(),
            rows,
        }
    }

    /// The place of what has the focus.
    pub fn of_focus() -> Option<Self> {
        document().active_element().as_ref().map(Self::of)
    }

    /// Returns to the control, or else as [`Place::return_to_row`].
    pub fn return_to_control(&self) {
        let is_back = focus(&self.control)
            || closest(&self.control, ".menu")
                .and_then(|menu| first_within(&menu, "button"))
                .is_some_and(|opener| focus(&opener));
        if !is_back {
            self.return_to_row();
        }
    }

    /// Returns to the row's link, or where the row is gone, to the next row's link, or to the page's heading.
    pub fn return_to_row(&self) {
        if !self.rows.iter().any(focus_row) {
            focus_heading();
        }
    }

    /// Returns after a command: to the row where there is one, else to the control.
    pub fn return_after_command(&self) {
        if self.rows.is_empty() {
            self.return_to_control();
        } else {
            self.return_to_row();
        }
    }

    /// Whether the focus is still at the control or its menu, or nowhere. The person may have moved it on, also within the row.
    pub fn has_focus(&self) -> bool {
        is_lost()
            || document().active_element().is_some_and(|focused| {
                let menu = closest(&self.control, ".menu");
                menu.as_ref()
                    .unwrap_or(&self.control)
                    .contains(Some(&focused))
            })
    }
}
