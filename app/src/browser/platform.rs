//! What only a browser can do: randomness, clipboard, downloads, warnings before leaving, waiting.

use js_sys::{Array, Promise, Uint8Array};
use leptos::prelude::{document, window};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    BeforeUnloadEvent, Blob, HtmlAnchorElement, HtmlDocument, HtmlElement, HtmlTextAreaElement, Url,
};

/// Random bytes of cryptographic quality.
pub fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    window()
        .crypto()
        .and_then(|crypto| crypto.get_random_values_with_u8_array(&mut bytes))
        .expect("every browser that runs WebAssembly has crypto.getRandomValues");
    bytes
}

/// Milliseconds since 1970 by the browser's clock. The clock may be wrong: use it only to measure how long something took.
pub fn milliseconds() -> f64 {
    js_sys::Date::now()
}

/// Copies a text. Falls back to a hidden field where the clipboard API is missing, as it is on plain HTTP. `within`: the element that
/// gets the hidden field. `false`: the browser refused, so the person has to select and copy by hand.
pub async fn copy(text: &str, within: &HtmlElement) -> bool {
    if window().is_secure_context()
        && JsFuture::from(window().navigator().clipboard().write_text(text))
            .await
            .is_ok()
    {
        return true;
    }
    copy_by_selection(text, within).unwrap_or(false)
}

/// Copies through a selected field inside of `within`. A modal dialog lets nothing outside of itself be selected.
fn copy_by_selection(text: &str, within: &HtmlElement) -> Result<bool, JsValue> {
    let document = document().unchecked_into::<HtmlDocument>();
    let before = document.active_element();
    let field = document
        .create_element("textarea")?
        .unchecked_into::<HtmlTextAreaElement>();
    field.set_class_name("visually-hidden");
    field.set_value(text);
    within.append_child(&field)?;
    field.select();
    let copied = document.exec_command("copy");
    field.set_value("");
    field.remove();
    if let Some(element) = before.and_then(|e| e.dyn_into::<HtmlElement>().ok()) {
        element.focus()?;
    }
    copied
}

/// Saves a text as a file.
pub fn download(text: &str, file: &str) -> Result<(), JsValue> {
    let blob = Blob::new_with_u8_array_sequence(&Array::of1(&Uint8Array::from(text.as_bytes())))?;
    let address = Url::create_object_url_with_blob(&blob)?;
    let link = document()
        .create_element("a")?
        .unchecked_into::<HtmlAnchorElement>();
    link.set_href(&address);
    link.set_download(file);
    link.click();
    Url::revoke_object_url(&address)
}

/// Posts a form without waiting for its answer. The browser sends it also when the page is left at once.
pub fn post_and_leave(address: &str, fields: &[(&'static str, String)]) {
    let Ok(form) = web_sys::UrlSearchParams::new() else {
        return;
    };
    for (name, value) in fields {
        form.append(name, value);
    }
    let _ = window()
        .navigator()
        .send_beacon_with_opt_url_search_params(address, Some(&form));
}

/// Goes to another page of the program.
pub fn visit(address: &str) {
    let _ = window().location().assign(address);
}

/// While it lives, the browser asks before the page is left or reloaded.
pub struct LeaveGuard(Closure<dyn FnMut(BeforeUnloadEvent)>);

impl LeaveGuard {
    /// Starts asking.
    pub fn new() -> Self {
        let ask = Closure::new(|event: BeforeUnloadEvent| {
            event.prevent_default();
            event.set_return_value("unsaved");
        });
        let _ =
            window().add_event_listener_with_callback("beforeunload", ask.as_ref().unchecked_ref());
        Self(ask)
    }
}

impl Drop for LeaveGuard {
    fn drop(&mut self) {
        let _ = window()
            .remove_event_listener_with_callback("beforeunload", self.0.as_ref().unchecked_ref());
    }
}

/// Waits for some milliseconds.
pub async fn sleep(milliseconds: i32) {
    let wait = Promise::new(&mut |resolve, _| {
        let _ =
            window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    let _ = JsFuture::from(wait).await;
}
