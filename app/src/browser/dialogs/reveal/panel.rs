//! The value in its box: masked, in the chosen format, with everything that helps to save it.

use std::time::Duration;

use kargo::{
    problem::{Kind, Problem},
    value::Value,
};
use leptos::{html, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use super::{formats::Format, secret::Secret};
use crate::{
    browser::{operations, platform, wording},
    session::Session,
};

/// A shown value is masked again after this time.
const SHOWN_FOR: Duration = Duration::from_mins(1);
/// Text in place of a masked value, the same for every length.
const MASK: &str = "••••••••••••••••••••••••";

/// Result of *Test it* when the person's own sign-in has ended.
const SIGNED_OUT: &str =
    "Not tested: your own sign-in has ended. The value stays here. Save it, then sign in again.";

/// The value box and the three steps. `is_checked`: whether the API server is known to have signed the value.
#[component]
pub fn ValuePanel(secret: Secret, is_checked: bool) -> impl IntoView {
    let session = RwSignal::new(None::<Session>);
    spawn_local(async move {
        if let Ok(read) = operations::session().await {
            session.try_set(Some(read));
        }
    });
    let format = RwSignal::new(Format::Raw);
    let is_shown = RwSignal::new(false);
    let mask_timer = StoredValue::new(None::<TimeoutHandle>);
    let saving = Saving {
        is_done: RwSignal::new(false),
        text: RwSignal::new("Copy or download the value.".to_owned()),
    };
    let node = NodeRef::<html::Div>::new();

    // The text in the chosen format, with the value or its mask in it.
    let text = move |is_masked: bool| {
        let format = format.get();
        secret.value.with_value(|value| {
            let value = value
                .as_ref()
                .map_or(MASK, |value| if is_masked { MASK } else { value.expose() });
            let scope = secret.token.with_value(|token| token.scope.clone());
            session.with(|session| format.text(value, session.as_ref(), &scope))
        })
    };
    let hide = move || {
        is_shown.try_set(false);
        if let Some(timer) = mask_timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(hide);
    let on_show = move |_| {
        let show = !is_shown.get_untracked();
        hide();
        if show {
            is_shown.set(true);
            let timer = set_timeout_with_handle(hide, SHOWN_FOR);
            mask_timer.set_value(timer.ok());
        }
    };
    let on_copy = move |_| {
        let Some(within) = node.get_untracked() else {
            return;
        };
        let text = untrack(|| text(false));
        spawn_local(async move {
            if platform::copy(&text, &within).await {
                saving.done(wording::COPIED);
            } else {
                saving.failed(
                    "The browser refused to copy. Choose Show, then select and copy the value.",
                );
            }
        });
    };
    let on_download = move |_| {
        let file = format.get_untracked().file(&secret.name());
        if platform::download(&untrack(|| text(false)), &file).is_ok() {
            saving.done(format!(
                "Downloaded as {file}. Keep the file where only you can read it."
            ));
        } else {
            saving.failed("The browser refused to download.");
        }
    };

    view! {
        <div node_ref=node class="value">
            <FormatField format />
            <pre tabindex="0" role="region" aria-label="Value" data-shown=move || is_shown.get().to_string()>
                {move || text(!is_shown.get())}
            </pre>
            <div class="bar">
                <button type="button" class="ghost" aria-pressed=move || is_shown.get().to_string() on:click=on_show>
                    {move || if is_shown.get() { "Hide" } else { "Show" }}
                </button>
                <button type="button" class="ghost" on:click=on_download>"Download"</button>
                <button type="button" class="btn primary" on:click=on_copy>"Copy"</button>
            </div>
        </div>
        <FormatHelp format session />
        <ol class="steps">
            <li class:done=saving.is_done><span role="status">{saving.text}</span></li>
            <li>"Store it where it is used: a CI secret, a password manager."</li>
            <TestStep secret is_checked />
        </ol>
    }
}

/// The first step, and what came of it.
#[derive(Clone, Copy)]
struct Saving {
    is_done: RwSignal<bool>,
    text: RwSignal<String>,
}

impl Saving {
    fn done(self, text: impl Into<String>) {
        self.is_done.try_set(true);
        self.text.try_set(text.into());
    }

    fn failed(self, text: &str) {
        self.text.try_set(text.to_owned());
    }
}

/// The choice of the format.
#[component]
fn FormatField(format: RwSignal<Format>) -> impl IntoView {
    view! {
        <fieldset class="tabs">
            <legend class="visually-hidden">"Format"</legend>
            {Format::ALL
                .map(|of| {
                    view! {
                        <label>
                            <input type="radio" name="format" prop:checked=move || format.get() == of on:change=move |_| format.set(of) />
                            <span>{of.label()}</span>
                        </label>
                    }
                })
                .into_iter()
                .collect_view()}
        </fieldset>
    }
}

/// Where programs look for the format, and what is left to fill in.
#[component]
fn FormatHelp(format: RwSignal<Format>, session: RwSignal<Option<Session>>) -> impl IntoView {
    let place = move || {
        let place = format.get().place()?;
        Some(view! { <p class="help">"Programs look for it in " <code>{place}</code> "."</p> })
    };
    let no_kargo_address = move || {
        let is_known = session.with(|s| s.as_ref().is_some_and(|s| s.addresses.kargo.is_some()));
        (format.get().needs_kargo_address() && !is_known).then(|| {
            view! {
                <p class="help">
                    "Replace the address with your Kargo's. Start Kargo Tokens with " <code>"--kargo-address"</code> " to fill it in."
                </p>
            }
        })
    };
    let caveats = move || {
        let caveats = session.with(|s| s.as_ref().map(|s| format.get().caveats(s)));
        let paragraph = |text| view! { <p class="help">{text}</p> };
        caveats.into_iter().flatten().map(paragraph).collect_view()
    };
    view! {
        {place}
        {no_kargo_address}
        {caveats}
    }
}

/// The last step: signs in with the value once.
#[component]
fn TestStep(secret: Secret, is_checked: bool) -> impl IntoView {
    let is_done = RwSignal::new(false);
    let is_pending = RwSignal::new(false);
    let text = if is_checked {
        "Test it: sign in with it once."
    } else {
        "You may not read the cluster's signing keys, so it is not known whether it works. Test it before you use it."
    };
    let text = RwSignal::new(text.to_owned());
    let on_test = move |_| {
        let value = secret.value.with_value(|value| {
            let value = value.as_ref()?;
            Some(Value::new(value.expose().to_owned()))
        });
        let Some(value) = value.filter(|_| !is_pending.get_untracked()) else {
            return;
        };
        is_pending.set(true);
        text.set("Signing in with it…".to_owned());
        spawn_local(async move {
            let result = operations::test(value).await;
            is_done.try_set(result.is_ok());
            text.try_set(match result {
                Ok(user) => format!("It works: Kubernetes knows it as {user}."),
                Err(problem) if is_signed_out(&problem).await => SIGNED_OUT.to_owned(),
                Err(problem) => format!("It did not work. {}", problem.sentences()),
            });
            is_pending.try_set(false);
        });
    };
    view! {
        <li class:done=is_done>
            <span role="status">{text}</span>
            " "
            <button type="button" class="ghost lead" on:click=on_test>"Test it"</button>
        </li>
    }
}

/// Whether the person's own sign-in has ended: a refused value has the same kind of problem.
async fn is_signed_out(problem: &Problem) -> bool {
    let is_refused = |problem: &Problem| problem.kind == Kind::Unauthenticated;
    is_refused(problem) && operations::session().await.is_err_and(|it| is_refused(&it))
}
