//! Keeps the page true while the cluster changes: a worker hears of changes for all tabs ([`LiveEvent`]), and a page that shows another state than
//! the cluster has brings itself up to date.

use std::cell::{Cell, RefCell};

use leptos::{prelude::*, task::spawn_local};
use wasm_bindgen::{JsCast, JsValue, prelude::Closure};
use web_sys::{MessageEvent, MessagePort, SharedWorker, Worker};

use super::{
    page::{dom, refresh},
    wording::NOT_LIVE,
};
use crate::protocol::{LIVE_STATE, LiveEvent};

/// The worker's script.
const WORKER: &str = "/events.js";

thread_local! {
    /// State that the page shows.
    static SHOWN: RefCell<LiveEvent> = RefCell::default();
    /// Newest state that the worker told.
    static NEWEST: RefCell<LiveEvent> = RefCell::default();
    static IS_UPDATING: Cell<bool> = const { Cell::new(false) };
    static IS_LOST: Cell<bool> = const { Cell::new(false) };
}

/// Begins to listen, on a page that shows a scope's tokens.
pub fn start() {
    let live = dom::context().live;
    if live.position.is_none() {
        return;
    }
    SHOWN.set(live.clone());
    NEWEST.set(live.clone());
    let Ok(send) = worker() else {
        return;
    };
    let tell = move || {
        let scope = if document().hidden() { "" } else { &live.scope };
        send(&JsValue::from_str(scope));
    };
    tell();
    on("visibilitychange", tell);
}

/// The way to send the worker something.
type Send = Box<dyn Fn(&JsValue)>;

/// Starts the worker.
fn worker() -> Result<Send, JsValue> {
    let hear = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
        heard(&event.data().as_string().unwrap_or_default());
    });
    let hear = hear.into_js_value();
    if let Ok(shared) = SharedWorker::new(WORKER) {
        let port = shared.port();
        port.set_onmessage(Some(hear.unchecked_ref()));
        let leaving = port.clone();
        window_event_listener_untyped("pagehide", move |_| post(&leaving, &JsValue::NULL));
        // The worker lives as long as its object.
        std::mem::forget(shared);
        return Ok(Box::new(move |scope| post(&port, scope)));
    }
    let own = Worker::new(WORKER)?;
    own.set_onmessage(Some(hear.unchecked_ref()));
    Ok(Box::new(move |scope| {
        let _ = own.post_message(scope);
    }))
}

fn post(port: &MessagePort, scope: &JsValue) {
    let _ = port.post_message(scope);
}

fn on(event: &str, listener: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(listener).into_js_value();
    let _ = document().add_event_listener_with_callback(event, listener.unchecked_ref());
}

/// Takes an event; an empty text says that the stream is lost.
fn heard(text: &str) {
    IS_LOST.set(text.is_empty());
    say();
    let Ok(event) = serde_json::from_str::<LiveEvent>(text) else {
        return;
    };
    if SHOWN.with_borrow(|shown| shown.scope == event.scope) {
        NEWEST.set(event);
        update();
    }
}

/// Takes note of what the page shows after an update.
pub fn read() {
    let live = dom::context().live;
    if live.position.is_some() {
        SHOWN.set(live);
    }
    say();
}

/// Brings the page up to date, unless it is or is about to be.
fn update() {
    let is_current =
        || SHOWN.with_borrow(|shown| NEWEST.with_borrow(|newest| shown.covers(newest)));
    if is_current() || IS_UPDATING.replace(true) {
        return;
    }
    spawn_local(async move {
        while !is_current() {
            let newest = NEWEST.with_borrow(Clone::clone);
            refresh::update_by_itself().await;
            // The page may be the same as before, or say that it can't be read.
            if !SHOWN.with_borrow(|shown| shown.covers(&newest)) {
                SHOWN.set(newest);
            }
        }
        IS_UPDATING.set(false);
    });
}

/// Says on the page whether it is live.
fn say() {
    let text = if IS_LOST.get() { NOT_LIVE } else { "" };
    if let Some(line) = document().get_element_by_id(LIVE_STATE)
        && line.text_content().as_deref() != Some(text)
    {
        line.set_text_content(Some(text));
    }
}
