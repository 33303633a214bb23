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
use crate::{
    base_path::at,
    protocol::{LIVE_STATE, LiveEvent},
};

/// The worker's script. The number changes with what page and worker say to each other: an old worker lives as long as an old tab.
const WORKER: &str = "/events.js?3";

thread_local! {
    /// States that the page shows.
    static SHOWN: RefCell<Vec<LiveEvent>> = RefCell::default();
    /// The newest states that the worker told, of what the page shows.
    static NEWEST: RefCell<Vec<LiveEvent>> = RefCell::default();
    /// Tells the worker what to follow.
    static TELL: RefCell<Option<Box<dyn Fn()>>> = const { RefCell::new(None) };
    static IS_UPDATING: Cell<bool> = const { Cell::new(false) };
    static IS_LOST: Cell<bool> = const { Cell::new(false) };
}

/// The states of a page that is live.
fn states() -> Vec<LiveEvent> {
    let mut live = dom::context().live;
    live.retain(|state| state.position.is_some());
    live
}

/// Begins to listen, on a page that shows what changes.
pub fn start() {
    let live = states();
    if live.is_empty() {
        return;
    }
    SHOWN.set(live);
    let Ok(send) = worker() else {
        return;
    };
    let tell = move || {
        let scopes = if document().hidden() {
            String::new()
        } else {
            followed()
        };
        send(&JsValue::from_str(&scopes));
    };
    TELL.set(Some(Box::new(tell)));
    retell();
    on("visibilitychange", retell);
}

/// Scopes that the page follows, separated by commas.
fn followed() -> String {
    SHOWN.with_borrow(|shown| {
        let scopes: Vec<_> = shown.iter().map(|state| state.scope.as_str()).collect();
        scopes.join(",")
    })
}

fn retell() {
    TELL.with_borrow(|tell| {
        if let Some(tell) = tell {
            tell();
        }
    });
}

/// The way to send the worker something.
type Send = Box<dyn Fn(&JsValue)>;

/// Starts the worker.
fn worker() -> Result<Send, JsValue> {
    let hear = Closure::<dyn Fn(MessageEvent)>::new(|event: MessageEvent| {
        heard(&event.data().as_string().unwrap_or_default());
    });
    let hear = hear.into_js_value();
    if let Ok(shared) = SharedWorker::new(&at(WORKER)) {
        let port = shared.port();
        port.set_onmessage(Some(hear.unchecked_ref()));
        let leaving = port.clone();
        window_event_listener_untyped("pagehide", move |_| post(&leaving, &JsValue::NULL));
        // The worker lives as long as its object.
        std::mem::forget(shared);
        return Ok(Box::new(move |scope| post(&port, scope)));
    }
    let own = Worker::new(&at(WORKER))?;
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
    let is_shown = SHOWN.with_borrow(|shown| shown.iter().any(|state| state.scope == event.scope));
    if is_shown {
        NEWEST.with_borrow_mut(|newest| {
            newest.retain(|state| state.scope != event.scope);
            newest.push(event);
        });
        update();
    }
}

/// Takes note of what the page shows after an update.
pub fn read() {
    let mut live = states();
    let before = followed();
    if !before.is_empty() {
        // A scope that the page can't show now may be shown again later.
        SHOWN.with_borrow(|shown| {
            let gone = shown
                .iter()
                .filter(|state| live.iter().all(|other| other.scope != state.scope));
            let gone: Vec<_> = gone.cloned().collect();
            live.extend(gone);
        });
        SHOWN.set(live);
        if followed() != before {
            retell();
        }
    }
    say();
}

/// Whether the page shows the newest states, or newer ones.
fn is_current() -> bool {
    SHOWN.with_borrow(|shown| NEWEST.with_borrow(|newest| covers(shown, newest)))
}

/// Whether states needn't be read again for others.
fn covers(shown: &[LiveEvent], newest: &[LiveEvent]) -> bool {
    newest.iter().all(|newest| {
        let shown = shown.iter().find(|state| state.scope == newest.scope);
        shown.is_none_or(|shown| shown.covers(newest))
    })
}

/// Brings the page up to date, unless it is or is about to be.
fn update() {
    if is_current() || IS_UPDATING.replace(true) {
        return;
    }
    spawn_local(async move {
        while !is_current() {
            let newest = NEWEST.with_borrow(Clone::clone);
            refresh::update_by_itself().await;
            // The page may be the same as before, or say that it can't be read.
            SHOWN.with_borrow_mut(|shown| {
                for state in shown.iter_mut() {
                    let told = newest.iter().find(|newest| newest.scope == state.scope);
                    if let Some(told) = told.filter(|told| !state.covers(told)) {
                        state.clone_from(told);
                    }
                }
            });
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
