//! The one reveal: waits for the value, shows it, helps to save it, forgets it.
//!
//! The value lives in one place only, [`secret::Secret`], outside of the view's state. What is drawn is masked unless the person asked to see it.
//! Leaving asks first. Why a reveal happens once, and what the cluster notes of it, is the business of `kargo::cluster`.

mod formats;
mod panel;
mod secret;

use kargo::{
    claim::ClaimId,
    problem::{Kind, Problem},
    scope::Scope,
    token::TokenRef,
    value::Fingerprint,
};
use leptos::{prelude::*, task::spawn_local};

use self::{panel::ValuePanel, secret::Secret};
use super::{
    frame::{Cancel, Header, title},
    handle::{AfterReveal, Dialogs},
    request::{Request, RequestProblem},
    retire::Retire,
};
use crate::{
    api::ExpiryText,
    base_path::at,
    browser::{
        notice::Notice,
        operations,
        page::{dom, report},
        platform::{self, LeaveGuard},
    },
    components::problem::ProblemView,
    protocol::token_fields,
};

/// Facts about a revealed value, without the value.
#[derive(Clone, PartialEq)]
struct About {
    /// Whether the API server is known to have signed the value.
    is_checked: bool,
    fingerprint: Fingerprint,
    expiry: Option<ExpiryText>,
}

/// Where the dialog is.
#[derive(Clone, PartialEq)]
enum Step {
    Waiting,
    Failed(Problem),
    Revealed(About),
    /// The person wants to leave without having saved the value.
    Leaving(About),
    /// The value is saved; the question about the old token is left.
    Retire(TokenRef),
}

/// Asks for the value as soon as it opens, and goes on to *I saved it*.
#[component]
pub fn RevealDialog(token: TokenRef, after: AfterReveal) -> impl IntoView {
    let (dialogs, notice) = (Dialogs::get(), Notice::get());
    let secret = Secret {
        token: StoredValue::new(token),
        value: StoredValue::new(None),
        // The same claim for each try: an answer that was lost on the way can be asked for again.
        claim: StoredValue::new(ClaimId::from_random(platform::random())),
    };
    let after = StoredValue::new(after);
    let leave_guard = StoredValue::new_local(None::<LeaveGuard>);
    let step = RwSignal::new(Step::Waiting);
    Effect::new(move |_| {
        step.track();
        dialogs.next_step();
    });

    let forget = move || {
        secret.value.set_value(None);
        leave_guard.set_value(None);
        dialogs.guard(false);
    };
    // Guarded from the first moment: a reveal that is under way can't be taken back, only received.
    let ask = move || {
        step.set(Step::Waiting);
        dialogs.guard(true);
        dialogs.set_changed();
        leave_guard.set_value(Some(LeaveGuard::new()));
        spawn_local(async move {
            let (token, claim) = (secret.token.get_value(), secret.claim.get_value());
            match operations::reveal(token, &claim).await {
                Ok(revealed) => {
                    secret.value.set_value(Some(revealed.value.0));
                    step.set(Step::Revealed(About {
                        is_checked: revealed.is_checked,
                        fingerprint: revealed.fingerprint,
                        expiry: revealed.expiry,
                    }));
                }
                Err(problem) => {
                    forget();
                    step.set(Step::Failed(problem));
                }
            }
        });
    };
    let saved = move || {
        forget();
        match after.get_value() {
            AfterReveal::Nothing => {
                dialogs.done();
                notice.show(format!("{} is ready to use.", secret.name()));
            }
            AfterReveal::Retire(old) => step.set(Step::Retire(old)),
            AfterReveal::Report { token, since } => {
                // The program that the compromise began in may be gone, so this one is asked to finish it.
                platform::post_and_leave(&at("/api/finish_compromise"), &token_fields(&token));
                platform::visit(&report::address(&token, since));
            }
        }
    };
    let close = move || {
        let text = format!(
            "{} was closed without being saved. If its value is lost, recreate the token.",
            secret.name()
        );
        forget();
        dialogs.cancel();
        notice.show(text);
    };
    ask();

    move || {
        match step.get() {
        Step::Waiting => view! {
            <Header title=title("Reveal ", secret.name(), "") sentence="" />
            <div class="body"><p role="status">"Waiting for Kubernetes to write the value…"</p></div>
        }
        .into_any(),
        Step::Failed(problem) => view! { <Failed name=secret.name() problem ask /> }.into_any(),
        Step::Revealed(about) => {
            let leave = {
                let about = about.clone();
                move || step.set(Step::Leaving(about.clone()))
            };
            let replaces = after.with_value(|after| {
                let old = after.predecessor()?;
                Some(old.name.to_string())
            });
            view! { <Revealed secret about replaces saved leave /> }.into_any()
        }
        Step::Leaving(about) => {
            let back = move |_| step.set(Step::Revealed(about.clone()));
            view! {
                <Header title="Close without saving?".into_any() sentence="You haven't confirmed that you saved the value." />
                <div class="body"><p>"Once this dialog is closed, the value can't be shown again. A lost value means recreating the token."</p></div>
                <footer>
                    <button type="button" class="btn danger" on:click=move |_| close()>"Close without saving"</button>
                    <button type="button" class="btn primary" on:click=back>"Go back"</button>
                </footer>
            }
            .into_any()
        }
        Step::Retire(old) => view! { <Retire old can_cancel=false /> }.into_any(),
    }
    }
}

/// The reveal didn't happen: what to do now.
#[component]
fn Failed(name: String, problem: Problem, ask: impl Fn() + Copy + Send + 'static) -> impl IntoView {
    // Refused for good: asking again can't help.
    let can_retry = !matches!(
        problem.kind,
        Kind::Conflict | Kind::Forbidden | Kind::NotFound | Kind::Invalid
    );
    let waits = (problem.kind == Kind::Unauthenticated).then(|| {
        view! { <p>"The token exists and nobody has seen its value. Sign in again, then choose "<strong>"Reveal once"</strong>" in its row."</p> }
    });
    view! {
        <Header title=title("", name, " was not revealed") sentence="" />
        <div class="body">
            <ProblemView problem />
            {waits}
        </div>
        <footer>
            <Cancel label="Close" />
            {can_retry.then(|| view! { <button type="button" class="btn primary" on:click=move |_| ask()>"Try again"</button> })}
        </footer>
    }
}

/// The value, and everything that helps to save it.
#[component]
fn Revealed(
    secret: Secret,
    about: About,
    replaces: Option<String>,
    saved: impl Fn() + Copy + Send + 'static,
    leave: impl Fn() + Clone + Send + 'static,
) -> impl IntoView {
    let request = Request::new();
    let About {
        is_checked,
        fingerprint,
        expiry,
    } = about;
    let sentence = if expiry.is_some() {
        "It is stored nowhere else."
    } else {
        "Kargo Tokens shows it only once."
    };
    let readers = expiry.is_none().then(|| {
        view! { <p class="help">"Whoever may get Secrets in this namespace can still read the value with kubectl."</p> }
    });
    let on_saved = move |_| {
        let confirm = operations::confirm(secret.token.get_value(), secret.claim.get_value());
        request.send(confirm, move |()| saved());
    };
    view! {
        <Header title="Save this value now".into_any() sentence />
        <div class="body">
            <Facts token=secret.token.get_value() replaces ends=expiry.as_ref().map(|expiry| expiry.granted.clone()) />
            {expiry.filter(|expiry| expiry.is_cut).map(|expiry| view! { <CutExpiry expiry /> })}
            <ValuePanel secret is_checked />
            {readers}
            <RequestProblem request />
        </div>
        <footer>
            <span class="left">"Fingerprint " <code>{fingerprint.0}</code></span>
            <button type="button" class="btn" on:click=move |_| leave()>"Close without saving"</button>
            <button type="button" class="btn primary" aria-disabled=move || request.aria_disabled() on:click=on_saved>"I saved it"</button>
        </footer>
    }
}

/// Facts line of the reveal: token, the token that it replaces, role, cluster and end.
#[component]
fn Facts(token: TokenRef, replaces: Option<String>, ends: Option<String>) -> impl IntoView {
    let context = dom::context();
    let is_all_powerful = context
        .roles
        .iter()
        .any(|role| role.name == token.role && role.is_all_powerful);
    let mark = is_all_powerful.then(|| view! { " " <span class="pill bad">"all-powerful"</span> });
    let place = match &token.scope {
        Scope::System => "System".to_owned(),
        Scope::Project(name) => format!("Project {name}"),
    };
    let cluster =
        (!context.cluster.is_empty()).then(|| view! { " on " <b>{context.cluster.clone()}</b> });
    let replaces = replaces.map(|old| view! { <span>"replaces " <b class="name">{old}</b></span> });
    view! {
        <div class="facts-line">
            <span><b class="name">{token.name.to_string()}</b></span>
            {replaces}
            <span>"role " <b>{token.role}</b> {mark}</span>
            <span>{place} {cluster}</span>
            <span>
                {match ends {
                    Some(end) => view! { "expires " <b>{end}</b> }.into_any(),
                    None => view! { "never expires" }.into_any(),
                }}
            </span>
        </div>
    }
}

/// The cluster granted less time than was requested: said before the value is shown.
#[component]
fn CutExpiry(expiry: ExpiryText) -> impl IntoView {
    let ExpiryText {
        requested, granted, ..
    } = expiry;
    view! {
        <p class="cut">
            <strong>"The token expires earlier than requested: "</strong>
            {format!("the cluster granted it until {granted}, not until {requested}. Ask the cluster's administrators about --service-account-max-token-expiration.")}
        </p>
    }
}
