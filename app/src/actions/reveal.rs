//! The one reveal: waits for the value, shows it, helps to save it, forgets it.
//!
//! The value lives in one place only, a [`Value`] outside of the view's state; what is drawn is masked unless the person asked to
//! see it. Leaving asks first. What the cluster notes of a reveal, and why it happens once, is `kargo::cluster`'s business.

use std::time::Duration;

use kargo::{
    claim::ClaimId,
    problem::{Kind, Problem},
    token::{Identity, TokenHandle},
    value::{Fingerprint, Value},
};
use leptos::{html, leptos_dom::helpers::TimeoutHandle, prelude::*, task::spawn_local};

use super::{
    acts::arguments,
    browser,
    compromise::Aftermath,
    dialogs::{DialogTitle, Dialogs, Then},
    format::Format,
    notice::Notice,
    refresh::refresh,
    retire::OldToken,
};
use crate::{
    api::{self, Ends, Exposed, Session},
    components::problem::ProblemView,
};

/// A shown value is masked again after this time.
const SHOWN_FOR: Duration = Duration::from_mins(1);
/// What a masked value looks like, whatever its length.
const MASK: &str = "••••••••••••••••••••••••";

/// What is known of the value besides itself.
#[derive(Clone, PartialEq)]
struct Shown {
    fingerprint: Fingerprint,
    expiry: Option<Ends>,
}

#[derive(Clone, PartialEq)]
enum Step {
    Waiting,
    Failed(Problem),
    Revealed(Shown),
    /// The person wants to leave without having saved.
    Leaving(Shown),
    /// Saved; what about the old one?
    Saved,
}

/// Asks for the value as soon as it opens, and walks through to *I saved it*.
#[component]
pub fn RevealDialog(token: TokenHandle, then: Then) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let value = StoredValue::new(None::<Value>);
    let leave_guard = StoredValue::new_local(None::<browser::LeaveGuard>);
    let step = RwSignal::new(Step::Waiting);
    let (token, then) = (StoredValue::new(token), StoredValue::new(then));
    // The same claim for every try: an answer that was lost on the way can be asked for again.
    let claim = StoredValue::new(ClaimId::from_random(browser::random()));
    let token_name = token.with_value(|t| t.name.to_string());

    let title = token_name.clone();
    Effect::new(move |_| {
        step.track();
        dialogs.next_step();
    });

    let forget = move || {
        value.set_value(None);
        leave_guard.set_value(None);
        dialogs.guard(false);
    };
    // Guarded from the first moment: a reveal that is under way can't be taken back, only received.
    let ask = move || {
        step.set(Step::Waiting);
        dialogs.guard(true);
        leave_guard.set_value(Some(browser::LeaveGuard::new()));
        let (scope, role, name, uid) = token.with_value(arguments);
        spawn_local(async move {
            let claim = claim.with_value(|c| c.expose().to_owned());
            let answer = api::reveal_token(scope, role, name, uid, claim).await;
            refresh();
            match answer {
                Ok(revealed) => {
                    value.set_value(Some(revealed.value.0));
                    step.set(Step::Revealed(Shown {
                        fingerprint: revealed.fingerprint,
                        expiry: revealed.expiry,
                    }));
                }
                Err(error) => {
                    forget();
                    step.set(Step::Failed(error.0));
                }
            }
        });
    };
    let finish = move |said: String| {
        forget();
        dialogs.close();
        refresh();
        notice.say(said);
    };
    let saved = move || {
        if then.with_value(|then| *then != Then::Nothing) {
            forget();
            refresh();
            step.set(Step::Saved);
        } else {
            finish(token.with_value(|t| format!("{} is ready to use.", t.name)));
        }
    };
    ask();

    view! {
        {move || {
            let title = title.clone();
            let is_aftermath = step.get() == Step::Saved && then.with_value(|then| matches!(then, Then::Delete(_)));
            (!is_aftermath).then(|| view! { <DialogTitle>"Token " <code>{title}</code></DialogTitle> })
        }}
        {move || match step.get() {
            Step::Waiting => view! { <p role="status" class="waiting">"Waiting for Kubernetes to write the value…"</p> }.into_any(),
            Step::Failed(problem) => view! { <Failed problem ask /> }.into_any(),
            Step::Revealed(about) => {
                let leave = {
                    let about = about.clone();
                    move || step.set(Step::Leaving(about.clone()))
                };
                view! { <Revealed token value claim about saved leave /> }.into_any()
            }
            Step::Leaving(about) => {
                let back = move |_| step.set(Step::Revealed(about.clone()));
                let name = token_name.clone();
                let leave = move |_| {
                    finish(format!("{name} was closed without being saved. If its value is lost, recreate it."));
                };
                view! {
                    <p>
                        <strong>"You haven't said that you saved the value."</strong>
                        " Once this is closed it can't be shown again; a lost value means recreating the token."
                    </p>
                    <div class="actions">
                        <button type="button" class="danger" on:click=leave>"Close without saving"</button>
                        <button type="button" class="primary" on:click=back>"Go back"</button>
                    </div>
                }
                    .into_any()
            }
            Step::Saved => {
                match then.get_value() {
                    Then::Nothing => ().into_any(),
                    Then::Retire(old) => view! { <OldToken old may_cancel=false /> }.into_any(),
                    Then::Delete(old) => view! { <Aftermath old before=None /> }.into_any(),
                }
            }
        }}
    }
}

/// When it ends. That the cluster granted less than was asked for is said before the value is shown.
#[component]
fn ExpiryLine(expiry: Ends) -> impl IntoView {
    let Ends {
        asked,
        granted,
        is_cut,
    } = expiry;
    if is_cut {
        view! {
            <p class="cut">
                <strong>"It ends earlier than asked: "</strong>
                {format!("the cluster granted it until {granted} only, not until {asked}. Ask its administrators about --service-account-max-token-expiration.")}
            </p>
        }
        .into_any()
    } else {
        view! { <p>"It expires at " <strong>{granted}</strong> "."</p> }.into_any()
    }
}

/// The reveal didn't happen: what to do now.
#[component]
fn Failed(problem: Problem, ask: impl Fn() + Copy + Send + 'static) -> impl IntoView {
    let dialogs = Dialogs::get();
    // Refused for good: asking again can't help.
    let again = !matches!(
        problem.kind,
        Kind::Conflict | Kind::Forbidden | Kind::NotFound | Kind::Invalid
    );
    let waits = (problem.kind == Kind::Unauthenticated).then(|| {
        view! { <p>"The token is there and nobody has seen its value: once you are signed in again, its row has "<strong>"Reveal once"</strong>"."</p> }
    });
    view! {
        <ProblemView problem />
        {waits}
        <div class="actions">
            <button type="button" on:click=move |_| dialogs.close()>"Close"</button>
            {again.then(|| view! { <button type="button" class="primary" on:click=move |_| ask()>"Try again"</button> })}
        </div>
    }
}

/// The value, masked, and everything that helps to save it.
#[component]
fn Revealed(
    token: StoredValue<TokenHandle>,
    value: StoredValue<Option<Value>>,
    claim: StoredValue<ClaimId>,
    about: Shown,
    saved: impl Fn() + Copy + Send + 'static,
    leave: impl Fn() + Clone + Send + 'static,
) -> impl IntoView {
    let Shown {
        fingerprint,
        expiry,
    } = about;
    let is_expiring = expiry.is_some();
    let session = RwSignal::new(None::<Session>);
    spawn_local(async move { session.set(api::get_session().await.ok()) });
    let format = RwSignal::new(Format::Raw);
    let shown = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let node = NodeRef::<html::Div>::new();
    let mask_timer = StoredValue::new(None::<TimeoutHandle>);

    // The text in the chosen form, with the value or its mask in it.
    let text = move |masked: bool| {
        let form = format.get();
        value.with_value(|value| {
            let value = value
                .as_ref()
                .map_or(MASK, |value| if masked { MASK } else { value.expose() });
            session
                .with(|session| token.with_value(|t| form.text(value, session.as_ref(), &t.scope)))
        })
    };
    let hide = move || {
        shown.set(false);
        if let Some(timer) = mask_timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    };
    on_cleanup(hide);
    let on_show = move |_| {
        let show = !shown.get_untracked();
        hide();
        if show {
            shown.set(true);
            mask_timer.set_value(set_timeout_with_handle(move || shown.set(false), SHOWN_FOR).ok());
        }
    };
    let on_copy = move |_| {
        let Some(within) = node.get_untracked() else {
            return;
        };
        let text = untrack(|| text(false));
        spawn_local(async move {
            let copied = browser::copy(&text, &within).await;
            said.set(
                if copied {
                    "Copied."
                } else {
                    "The browser refused to copy: choose Show, then select and copy it."
                }
                .to_owned(),
            );
        });
    };
    let on_download = move |_| {
        let file = token.with_value(|t| format.get_untracked().file(t.name.as_str()));
        let saved = browser::download(&untrack(|| text(false)), &file).is_ok();
        said.set(if saved {
            format!("Downloaded as {file}. Keep it where only you can read it.")
        } else {
            "The browser refused to download.".to_owned()
        });
    };
    let on_test = move |_| {
        let Some(sent) =
            value.with_value(|v| v.as_ref().map(|v| Value::new(v.expose().to_owned())))
        else {
            return;
        };
        said.set("Signing in with it…".to_owned());
        spawn_local(async move {
            said.set(match api::test_token(Exposed(sent)).await {
                Ok(Identity { user, .. }) => format!("It works: Kubernetes knows it as {user}."),
                Err(error) => format!("It did not work. {} {}", error.0.message, error.0.hint),
            });
        });
    };
    let on_saved = move |_| {
        pending.set(true);
        problem.set(None);
        let (scope, role, name, uid) = token.with_value(arguments);
        spawn_local(async move {
            let claim = claim.with_value(|c| c.expose().to_owned());
            let confirmed = api::confirm_token(scope, role, name, uid, claim).await;
            pending.set(false);
            match confirmed {
                Ok(()) => saved(),
                Err(error) => problem.set(Some(error.0)),
            }
        });
    };
    let no_kargo_address = move || {
        let known = session.with(|s| s.as_ref().is_some_and(|s| s.addresses.kargo.is_some()));
        (format.get().needs_kargo_address() && !known).then(|| {
            view! {
                <p class="help">
                    "Put the address of your Kargo in. Started with " <code>"--kargo-address"</code> ", Kargo Tokens fills it in for everybody."
                </p>
            }
        })
    };

    view! {
        <div node_ref=node class="reveal">
            <p>
                <strong>"Save this value now. It is shown here once and never again."</strong>
            </p>
            {expiry.map(|expiry| view! { <ExpiryLine expiry /> })}
            <fieldset class="formats">
                <legend class="visually-hidden">"Form"</legend>
                {Format::ALL
                    .map(|f| {
                        view! {
                            <label>
                                <input
                                    type="radio"
                                    name="format"
                                    prop:checked=move || format.get() == f
                                    on:change=move |_| {
                                        format.set(f);
                                        said.set(String::new());
                                    }
                                />
                                <span>{f.label()}</span>
                            </label>
                        }
                    })
                    .into_iter()
                    .collect_view()}
            </fieldset>
            <pre class="value" tabindex="0" role="region" aria-label="Value" data-shown=move || shown.get().to_string()>
                {move || text(!shown.get())}
            </pre>
            {move || format.get().place().map(|place| view! { <p class="help">"It is looked for in " <code>{place}</code> "."</p> })}
            {no_kargo_address}
            <div class="value-actions">
                <button type="button" class="primary" autofocus on:click=on_copy>"Copy"</button>
                <button type="button" aria-pressed=move || shown.get().to_string() on:click=on_show>
                    {move || if shown.get() { "Hide" } else { "Show" }}
                </button>
                <button type="button" on:click=on_download>"Download"</button>
                <button type="button" on:click=on_test>"Test it"</button>
            </div>
            <p role="status" class="said">{said}</p>
            <p class="help">
                "Fingerprint " <code>{fingerprint.0}</code>
                {if is_expiring {
                    ". The value is kept nowhere else."
                } else {
                    ". Whoever may get secrets in this namespace can still read the value with kubectl."
                }}
            </p>
            {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
            <div class="actions">
                <button type="button" on:click=move |_| leave()>"Close"</button>
                <button type="button" class="primary" disabled=pending on:click=on_saved>"I saved it"</button>
            </div>
        </div>
    }
    .into_any()
}
