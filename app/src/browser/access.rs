//! Cuts the signature off an ID token before its claims are sent to be explained: a token without it signs nobody in.

use kargo::claims::without_signature;
use leptos::{ev, prelude::*};
use wasm_bindgen::JsCast;
use web_sys::HtmlTextAreaElement;

use super::page::dom::{first_within, target};
use crate::protocol::PASTED_CLAIMS;

/// Listens for the form with pasted claims.
pub fn listen() {
    let submits = window_event_listener(ev::submit, |event| {
        let form = target(&event);
        let field = form.and_then(|form| first_within(&form, &format!("#{PASTED_CLAIMS}")));
        if let Some(field) = field.and_then(|field| field.dyn_into::<HtmlTextAreaElement>().ok()) {
            field.set_value(&without_signature(&field.value()));
        }
    });
    on_cleanup(move || submits.remove());
}
