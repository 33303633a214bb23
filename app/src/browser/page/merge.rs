//! Changes a part of the page into what the server renders now, element by element: whatever stays the same stays the same element, with
//! its focus, selection, typed text and open menus.

use leptos::prelude::document;
use wasm_bindgen::JsCast;
use web_sys::{Element, Node};

/// Attributes that a merge keeps, because the person or the browser's code sets them.
const OWN: [&str; 6] = [
    "open",
    "aria-busy",
    "disabled",
    "inert",
    "style",
    "tabindex",
];

/// Changes `old` into `new`. Both have the same tag.
pub fn merge(old: &Node, new: &Node) {
    if old.is_equal_node(Some(new)) {
        return;
    }
    match (old.dyn_ref::<Element>(), new.dyn_ref::<Element>()) {
        (Some(old), Some(new)) => {
            merge_attributes(old, new);
            merge_children(old, new);
        }
        _ => old.set_node_value(new.node_value().as_deref()),
    }
}

fn merge_attributes(old: &Element, new: &Element) {
    for name in attribute_names(old) {
        if !new.has_attribute(&name) {
            let _ = old.remove_attribute(&name);
        }
    }
    for name in attribute_names(new) {
        let value = new.get_attribute(&name);
        if value != old.get_attribute(&name) {
            let _ = old.set_attribute(&name, &value.unwrap_or_default());
        }
    }
}

fn attribute_names(element: &Element) -> impl Iterator<Item = String> + use<> {
    let names = element.get_attribute_names();
    names
        .into_iter()
        .filter_map(|name| name.as_string())
        .filter(|name| !OWN.contains(&name.as_str()))
}

fn merge_children(old: &Element, new: &Element) {
    let (before, after) = (children(old), children(new));
    let matches = match_children(&keys(&before), &keys(&after));
    for (n, gone) in before.iter().enumerate() {
        if !matches.contains(&Some(n)) {
            let _ = old.remove_child(gone);
        }
    }
    // The child that the next one belongs before.
    let mut next = old.first_child();
    for (fresh, found) in after.iter().zip(matches) {
        let child = found.map_or(fresh, |n| &before[n]);
        if next.as_ref() != Some(child) {
            if found.is_some() && has_focus(child) {
                // Moving an element takes its focus away, so its siblings are moved instead.
                while let Some(other) = next.filter(|other| other != child) {
                    next = other.next_sibling();
                    let _ = old.append_child(&other);
                }
            } else {
                let _ = old.insert_before(child, next.as_ref());
            }
        }
        if found.is_some() {
            merge(child, fresh);
        }
        next = child.next_sibling();
    }
}

fn children(of: &Element) -> Vec<Node> {
    let list = of.child_nodes();
    (0..list.length()).filter_map(|n| list.item(n)).collect()
}

fn has_focus(node: &Node) -> bool {
    document()
        .active_element()
        .is_some_and(|focused| node.contains(Some(&focused)))
}

/// By what a node is found again: its tag, and its id where it has one.
type Key = (String, String);

fn keys(nodes: &[Node]) -> Vec<Key> {
    nodes
        .iter()
        .map(|node| {
            let id = node.dyn_ref::<Element>().map(Element::id);
            (node.node_name(), id.unwrap_or_default())
        })
        .collect()
}

/// For each new child the place of the old child that becomes it. Children with an id are found by it; the others by their position among
/// those of the same tag.
fn match_children(old: &[Key], new: &[Key]) -> Vec<Option<usize>> {
    let mut is_taken = vec![false; old.len()];
    new.iter()
        .map(|key| {
            let found = (0..old.len()).find(|n| !is_taken[*n] && old[*n] == *key)?;
            is_taken[found] = true;
            Some(found)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `tr#a text` as keys.
    fn keys(text: &str) -> Vec<Key> {
        text.split_whitespace()
            .map(|key| {
                let (tag, id) = key.split_once('#').unwrap_or((key, ""));
                (tag.to_owned(), id.to_owned())
            })
            .collect()
    }

    #[test]
    fn rows_are_found_by_their_ids_and_texts_by_their_position() {
        for (old, new, found) in [
            (
                "tr#a tr#b tr#c",
                "tr#c tr#a tr#b",
                vec![Some(2), Some(0), Some(1)],
            ),
            ("tr#a tr#b", "tr#b", vec![Some(1)]),
            ("tr#a", "tr#new tr#a", vec![None, Some(0)]),
            (
                "text p text p",
                "text p p text",
                vec![Some(0), Some(1), Some(3), Some(2)],
            ),
            ("p", "p p", vec![Some(0), None]),
            ("p#a", "p", vec![None]),
            ("button", "summary", vec![None]),
        ] {
            assert_eq!(
                match_children(&keys(old), &keys(new)),
                found,
                "{old} → {new}"
            );
        }
    }
}
