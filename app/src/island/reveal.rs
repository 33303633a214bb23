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
    browser,
    delete::{REFUSED_SOON, delete},
    dialogs::{DialogTitle, Dialogs},
    format::Format,
    notice::Notice,
    refresh::refresh,
};
use crate::{
    api::{self, Exposed, Session},
    components::problem::ProblemView,
};

/// A shown value is masked again after this time.
const SHOWN_FOR: Duration = Duration::from_mins(1);
/// What a masked value looks like, whatever its length.
const MASK: &str = "••••••••••••••••••••••••";

#[derive(Clone, PartialEq)]
enum Step {
    Waiting,
    Failed(Problem),
    Revealed(Fingerprint),
    /// The person wants to leave without having saved.
    Leaving(Fingerprint),
    /// Saved; what about the old one?
    Saved,
}

/// Asks for the value as soon as it opens, and walks through to *I saved it*.
#[component]
pub fn RevealDialog(token: TokenHandle, replaces: Option<TokenHandle>) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let value = StoredValue::new(None::<Value>);
    let leave_guard = StoredValue::new_local(None::<browser::LeaveGuard>);
    let step = RwSignal::new(Step::Waiting);
    let (token, replaces) = (StoredValue::new(token), StoredValue::new(replaces));
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
        let (scope, role, name, uid) = arguments(token);
        spawn_local(async move {
            let claim = claim.with_value(|c| c.expose().to_owned());
            let answer = api::reveal_token(scope, role, name, uid, claim).await;
            refresh();
            match answer {
                Ok(revealed) => {
                    value.set_value(Some(revealed.value.0));
                    step.set(Step::Revealed(revealed.fingerprint));
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
        if replaces.with_value(Option::is_some) {
            forget();
            refresh();
            step.set(Step::Saved);
        } else {
            finish(token.with_value(|t| format!("{} is ready to use.", t.name)));
        }
    };
    ask();

    view! {
        <DialogTitle>"Token " <code>{title}</code></DialogTitle>
        {move || match step.get() {
            Step::Waiting => view! { <p role="status" class="waiting">"Waiting for Kubernetes to write the value…"</p> }.into_any(),
            Step::Failed(problem) => view! { <Failed problem ask /> }.into_any(),
            Step::Revealed(fingerprint) => {
                let leave = {
                    let fingerprint = fingerprint.clone();
                    move || step.set(Step::Leaving(fingerprint.clone()))
                };
                view! { <Revealed token value claim fingerprint saved leave /> }.into_any()
            }
            Step::Leaving(fingerprint) => {
                let back = move |_| step.set(Step::Revealed(fingerprint.clone()));
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
                replaces.get_value().map(|old| view! { <OldToken old finish /> }).into_any()
            }
        }}
    }
}

/// The arguments by which server functions know a token: scope, role, name, uid.
fn arguments(token: StoredValue<TokenHandle>) -> (String, String, String, String) {
    token.with_value(|t| {
        let (scope, name) = (t.scope.to_string(), t.name.to_string());
        (scope, t.role.clone(), name, t.uid.0.clone())
    })
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
    view! {
        <ProblemView problem />
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
    fingerprint: Fingerprint,
    saved: impl Fn() + Copy + Send + 'static,
    leave: impl Fn() + Clone + Send + 'static,
) -> impl IntoView {
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
        let (scope, role, name, uid) = arguments(token);
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
                                    on:change=move |_| format.set(f)
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
                ". Whoever may get secrets in this namespace can still read the value with kubectl."
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

/// After the new value is saved: stop the old token, or keep it.
#[component]
fn OldToken(old: TokenHandle, finish: impl Fn(String) + Copy + Send + 'static) -> impl IntoView {
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let name = old.name.to_string();
    let on_keep = {
        let name = name.clone();
        move |_| {
            finish(format!(
                "{name} still works. Delete it when nothing uses it any more."
            ));
        }
    };
    let on_delete = {
        let old = old.clone();
        move |_| {
            let old = old.clone();
            pending.set(true);
            problem.set(None);
            spawn_local(async move {
                let deleted = delete(&old).await;
                pending.set(false);
                match deleted {
                    Ok(()) => finish(format!("{} is deleted. {REFUSED_SOON}", old.name)),
                    Err(error) => problem.set(Some(error)),
                }
            });
        }
    };
    view! {
        <p>
            "The new value is saved. The old token " <code>{name}</code> " still works: delete it now, or keep it until everything uses the new one?"
        </p>
        {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
        <div class="actions">
            <button type="button" on:click=on_keep>"Keep it"</button>
            <button type="button" class="danger" autofocus disabled=pending on:click=on_delete>
                {move || if pending.get() { "Deleting…" } else { "Delete the old token" }}
            </button>
        </div>
    }
}
