//! Which tokens are selected, with what can be done to each. The selection is a set of tokens, not of rows: it survives an update of the
//! page, and can hold tokens of other pages.

use std::collections::BTreeMap;

use kargo::token::TokenRef;
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlInputElement};

use crate::{
    browser::{
        notice::Notice,
        operations,
        page::dom::{
            self, bulk_offer, closest, elements, elements_within, first_within, row_of, rows,
            target, token_of, uid_of,
        },
    },
    protocol::{BulkOffer, DeleteMode, MORE, SELECT, SELECT_ALL, SelectableToken},
};

/// A command on many tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BulkCommand {
    /// Delete, each token as it offers.
    Delete,
    /// Suspend.
    Suspend,
    /// Undo deletions and suspensions.
    Restore,
}

impl BulkCommand {
    /// The commands in the order of the bar.
    pub const ALL: [Self; 3] = [Self::Delete, Self::Suspend, Self::Restore];

    /// Whether a token offers the command.
    pub fn is_offered(self, offer: BulkOffer) -> bool {
        match self {
            Self::Delete => offer.delete.is_some(),
            Self::Suspend => offer.suspend,
            Self::Restore => offer.restore,
        }
    }

    /// Text of the button.
    pub fn label(self) -> &'static str {
        match self {
            Self::Delete => "Delete",
            Self::Suspend => "Suspend",
            Self::Restore => "Restore",
        }
    }

    /// Words for the tokens after the command.
    pub fn done(self) -> &'static str {
        match self {
            Self::Delete => "being deleted",
            Self::Suspend => "suspended",
            Self::Restore => "restored",
        }
    }
}

/// The selected tokens by UID.
#[derive(Clone, Copy)]
pub struct Selection {
    tokens: RwSignal<BTreeMap<String, SelectableToken>>,
    /// The row whose box was clicked last: where a range with Shift begins.
    last: StoredValue<Option<String>>,
    /// Whether the tokens of the view's other pages are selected, too.
    has_other_pages: StoredValue<bool>,
    /// Whether every token of the view is selected.
    is_complete: RwSignal<bool>,
}

impl Selection {
    /// Makes the selection available to every component below.
    pub fn provide() -> Self {
        let selection = Self {
            tokens: RwSignal::new(BTreeMap::new()),
            last: StoredValue::new(None),
            has_other_pages: StoredValue::new(false),
            is_complete: RwSignal::new(false),
        };
        provide_context(selection);
        selection
    }

    /// The page's selection.
    pub fn get() -> Self {
        expect_context()
    }

    /// Listens for clicks on check boxes.
    pub fn listen(self) {
        let clicks = window_event_listener(ev::click, move |event| {
            let clicked = target(&event).and_then(|it| it.dyn_into::<HtmlInputElement>().ok());
            if let Some(clicked) = clicked {
                self.clicked(&clicked, event.shift_key());
            }
        });
        on_cleanup(move || clicks.remove());
    }

    /// A box was clicked: a row's, with Shift all from the last one to it, or one that selects all rows of its section.
    fn clicked(self, clicked: &HtmlInputElement, with_shift: bool) {
        let classes = clicked.class_list();
        let changed = if classes.contains(SELECT_ALL) {
            closest(clicked, "tbody, table")
                .map(|section| selectable(elements_within(&section, &box_selector())))
                .unwrap_or_default()
        } else if classes.contains(SELECT) {
            self.range(clicked, with_shift)
        } else {
            return;
        };
        let is_selected = clicked.checked();
        if !is_selected {
            self.has_other_pages.set_value(false);
        }
        self.tokens.update(|tokens| {
            for token in changed {
                let uid = token.token.uid.0.clone();
                if is_selected {
                    tokens.insert(uid, token);
                } else {
                    tokens.remove(&uid);
                }
            }
        });
        self.show();
    }

    fn range(self, clicked: &HtmlInputElement, with_shift: bool) -> Vec<SelectableToken> {
        let Some(token) = selectable(vec![clicked.clone().into()]).pop() else {
            return vec![];
        };
        let all = selectable(elements(&box_selector()));
        let place = |uid: &str| all.iter().position(|other| other.token.uid.0 == uid);
        let to = token.token.uid.0.clone();
        let from = self.last.get_value().filter(|_| with_shift);
        let ends = from.and_then(|from| Some((place(&from)?, place(&to)?)));
        self.last.set_value(Some(to));
        match ends {
            Some((from, to)) => all[from.min(to)..=from.max(to)].to_vec(),
            None => vec![token],
        }
    }

    /// Checks the boxes of what is selected, after an update of the page as well.
    pub fn show(self) {
        self.tokens.with_untracked(|tokens| {
            for row in rows() {
                if let Some(select) = first_within(&row, &box_selector()) {
                    let is_selected = uid_of(&row).is_some_and(|uid| tokens.contains_key(&uid));
                    let select: HtmlInputElement = select.unchecked_into();
                    if select.checked() != is_selected {
                        select.set_checked(is_selected);
                    }
                }
            }
        });
        let is_rest_selected =
            self.has_other_pages.get_value() || elements(&format!(".{MORE}")).is_empty();
        self.is_complete
            .set(is_rest_selected && are_checked(&elements(&box_selector())));
        for all in elements(&format!("input.{SELECT_ALL}")) {
            let boxes = closest(&all, "tbody, table")
                .map(|section| elements_within(&section, &box_selector()))
                .unwrap_or_default();
            all.unchecked_into::<HtmlInputElement>()
                .set_checked(are_checked(&boxes));
        }
    }

    /// How many tokens are selected; tracked.
    pub fn count(self) -> usize {
        self.tokens.with(BTreeMap::len)
    }

    /// How many selected tokens offer a command; tracked.
    pub fn offers(self, command: BulkCommand) -> usize {
        self.tokens.with(|tokens| {
            let offers = tokens.values().map(|token| token.bulk);
            offers.filter(|offer| command.is_offered(*offer)).count()
        })
    }

    /// How many selected tokens would be deleted without an undo window.
    pub fn permanent(self) -> usize {
        self.tokens.with_untracked(|tokens| {
            tokens
                .values()
                .filter(|token| token.bulk.delete == Some(DeleteMode::Permanent))
                .count()
        })
    }

    /// The selected tokens that offer a command.
    pub fn offering(self, command: BulkCommand) -> Vec<SelectableToken> {
        self.tokens.with_untracked(|tokens| {
            tokens
                .values()
                .filter(|token| command.is_offered(token.bulk))
                .cloned()
                .collect()
        })
    }

    /// Removes a token: a command has changed it.
    pub fn remove(self, token: &TokenRef) {
        let is_selected = self
            .tokens
            .with_untracked(|tokens| tokens.contains_key(&token.uid.0));
        if is_selected {
            self.has_other_pages.set_value(false);
            self.tokens.update(|tokens| {
                tokens.remove(&token.uid.0);
            });
        }
    }

    /// Removes all tokens.
    pub fn clear(self) {
        self.has_other_pages.set_value(false);
        self.tokens.set(BTreeMap::new());
        self.show();
    }

    /// Whether every token of the page's view is selected, those on its other pages included; tracked.
    pub fn is_complete(self) -> bool {
        self.is_complete.get()
    }

    /// Selects every token of the page's view, those on its other pages included. `selected`: called once they are.
    pub fn select_all_of_view(self, notice: Notice, selected: impl FnOnce() + 'static) {
        spawn_local(async move {
            match operations::list_token_refs(dom::context()).await {
                Ok(all) => {
                    let all = all.into_iter().filter(|token| !token.bulk.is_empty());
                    self.tokens.set(
                        all.map(|token| (token.token.uid.0.clone(), token))
                            .collect(),
                    );
                    self.has_other_pages.set_value(true);
                    self.show();
                    selected();
                }
                Err(problem) => notice.show_error(&problem),
            }
        });
    }
}

fn box_selector() -> String {
    format!("input.{SELECT}")
}

/// Whether there are boxes, and all of them are checked.
fn are_checked(boxes: &[Element]) -> bool {
    !boxes.is_empty()
        && boxes
            .iter()
            .all(|it| it.unchecked_ref::<HtmlInputElement>().checked())
}

/// The tokens of rows' boxes, with what their rows offer.
fn selectable(boxes: Vec<Element>) -> Vec<SelectableToken> {
    boxes
        .iter()
        .filter_map(row_of)
        .filter_map(|row| {
            Some(SelectableToken {
                token: token_of(&row)?,
                bulk: bulk_offer(&row),
            })
        })
        .collect()
}
