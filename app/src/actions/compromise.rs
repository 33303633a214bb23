//! A token whose value is in the wrong hands: one click suspends it and makes its successor; while the new value is saved, the old token
//! is deleted as soon as the API server is seen to refuse it; then it is told what else it could have taken.

use kargo::{
    problem::{Kind, Problem},
    token::TokenHandle,
};
use leptos::{prelude::*, task::spawn_local};

use super::{
    acts::{arguments, finish_compromise, is_gone},
    dialogs::{Dialog, DialogTitle, Dialogs, Then},
    notice::{Notice, NoticeLine},
    page::Facts,
    recreate::Creating,
    refresh::refresh,
};
use crate::{
    api::{self, ApiError, ExposedTokens},
    components::problem::ProblemView,
};

/// What became of the last token that was reported here: it is deleted while its successor's value is saved.
#[derive(Clone, Copy)]
pub struct Finished {
    token: StoredValue<Option<TokenHandle>>,
    result: RwSignal<Option<Result<bool, ApiError>>>,
    /// Where it is said that nobody waited for it.
    later: StoredValue<Option<Notice>>,
}

impl Finished {
    /// Makes it available to every component below.
    pub fn provide() {
        provide_context(Self {
            token: StoredValue::new(None),
            result: RwSignal::new(None),
            later: StoredValue::new(None),
        });
    }

    /// Deletes it as soon as the API server must refuse it.
    fn begin(self, token: TokenHandle, notice: Notice) {
        self.later.set_value(None);
        self.token.set_value(Some(token.clone()));
        self.result.set(None);
        spawn_local(async move {
            let result = finish_compromise(&token).await;
            refresh();
            // Another one may have been reported meanwhile.
            if !self.is_about(&token) {
                if let Err(error) = &result
                    && error.0.kind != Kind::NotFound
                {
                    notice.complain(&error.0);
                }
                return;
            }
            if let Some(notice) = self.later.get_value() {
                match &result {
                    Err(error) if error.0.kind != Kind::NotFound => notice.complain(&error.0),
                    _ => notice.say(format!("{} {}", token.name, is_gone(&result))),
                }
            }
            self.result.set(Some(result));
        });
    }

    /// The same where nobody has begun it: it was reported on a page that was closed.
    fn begin_once(self, token: &TokenHandle, notice: Notice) {
        if !self.is_about(token) {
            self.begin(token.clone(), notice);
        }
    }

    fn is_about(self, token: &TokenHandle) -> bool {
        self.token.with_value(|of| of.as_ref() == Some(token))
    }
}

/// Says what will happen, then begins; goes on without asking again where that `is_begun`.
#[component]
pub fn CompromiseDialog(token: TokenHandle, is_begun: bool) -> impl IntoView {
    let (dialogs, finished) = (Dialogs::get(), expect_context::<Finished>());
    let notice = Notice::get();
    let name = token.name.to_string();
    let problem = RwSignal::new(None::<Problem>);
    let pending = RwSignal::new(false);
    let begin = move || {
        let old = token.clone();
        pending.set(true);
        problem.set(None);
        // What comes next must find this dialog, and nothing else in its place.
        dialogs.guard(true);
        spawn_local(async move {
            let (scope, role, name, uid) = arguments(&old);
            let begun = api::compromise_token(scope, role, name, uid).await;
            pending.set(false);
            refresh();
            match begun {
                Ok(token) => {
                    // Not only when the new value is saved: this page may be closed before.
                    finished.begin(old.clone(), notice);
                    dialogs.open(Dialog::Reveal {
                        token,
                        then: Then::Delete(old),
                    });
                }
                Err(error) => {
                    dialogs.guard(false);
                    problem.set(Some(error.0));
                }
            }
        });
    };
    if is_begun {
        begin();
        return view! {
            <DialogTitle>"Replace " <code>{name}</code></DialogTitle>
            <Creating problem again=begin />
        }
        .into_any();
    }
    view! {
        <DialogTitle>"Is " <code>{name}</code> " compromised?"</DialogTitle>
        <p>"If its value is in the wrong hands, this happens with one click:"</p>
        <ol>
            <li>"It is suspended, or deleted where it can't be suspended: new requests are refused within about 10 seconds. Streams that are open may go on."</li>
            <li>"It gets a successor with another value, which is revealed to you."</li>
            <li>"After 12 seconds the API server is asked whether it refuses it, then it is deleted. That can't be undone."</li>
            <li>"You are told what else it could have read or made."</li>
        </ol>
        {move || problem.get().map(|problem| view! { <ProblemView problem /> })}
        <div class="actions">
            <button type="button" autofocus on:click=move |_| dialogs.close()>"Cancel"</button>
            <button type="button" class="danger" disabled=pending on:click=move |_| begin()>
                {move || if pending.get() { "Suspending…" } else { "Suspend and recreate" }}
            </button>
        </div>
    }
    .into_any()
}

/// After the new value is saved: is the old one gone, and what else was in its reach?
#[component]
pub fn Aftermath(old: TokenHandle, before: Option<i64>) -> impl IntoView {
    let before = before.unwrap_or_else(|| Facts::read().now);
    let (dialogs, finished) = (Dialogs::get(), expect_context::<Finished>());
    let name = old.name.to_string();
    let again = StoredValue::new(old.clone());
    let exposed = RwSignal::new(None::<Result<ExposedTokens, ApiError>>);
    let notice = Notice::get();
    finished.begin_once(&old, notice);
    // Who closes this before it is known is told all the same.
    finished.later.set_value(None);
    on_cleanup(move || {
        if finished.result.with_untracked(Option::is_none) {
            finished.later.set_value(Some(notice));
        }
    });
    {
        let old = old.clone();
        spawn_local(async move {
            exposed.set(Some(
                api::list_exposed(
                    old.scope.to_string(),
                    old.role.clone(),
                    Some(old.name.to_string()),
                    Some(before),
                )
                .await,
            ));
        });
    }
    let status = move || {
        match finished.result.get() {
        None => view! { <p role="status">"Checking that the API server refuses it, which takes up to 12 seconds…"</p> }.into_any(),
        // Somebody else was quicker, or it was deleted at once because it can't be suspended.
        Some(Err(error)) if error.0.kind == Kind::NotFound => {
            view! { <p role="status"><strong>"It "{is_gone(&Ok(false))}</strong></p> }.into_any()
        }
        Some(result @ Ok(_)) => view! { <p role="status"><strong>"It "{is_gone(&result)}</strong></p> }.into_any(),
        Some(Err(error)) => {
            view! {
                <ProblemView problem=error.0 />
                <div class="actions"><button type="button" on:click=move |_| finished.begin(again.get_value(), notice)>"Try again"</button></div>
            }
            .into_any()
        }
    }
    };
    let reach = move || {
        exposed.get().map(|exposed| match exposed {
            Err(error) => view! { <ProblemView problem=error.0 /> }.into_any(),
            Ok(exposed) => view! { <Reach exposed old=old.clone() before /> }.into_any(),
        })
    };
    view! {
        <DialogTitle>"What became of " <code>{name}</code></DialogTitle>
        {status}
        {reach}
        // What is said behind a modal dialog can be neither heard nor undone.
        <NoticeLine />
        <div class="actions">
            <button type="button" class="primary" autofocus on:click=move |_| dialogs.close()>"Close"</button>
        </div>
    }
}

#[component]
fn Reach(exposed: ExposedTokens, old: TokenHandle, before: i64) -> impl IntoView {
    let dialogs = Dialogs::get();
    let ExposedTokens {
        findings,
        is_partial,
        tokens,
        total,
        by_hand,
        successor,
    } = exposed;
    let partial = is_partial.then(|| {
        view! { <p class="help">"Not all that is granted to its role was read: Kargo grants system roles more in each project, and there may be rules that you may not read."</p> }
    });
    if findings.is_empty() {
        return view! {
            <p>"In the rules that were read, nothing lets its holder read or make other tokens."</p>
            {partial}
        }
        .into_any();
    }
    let rest = total.saturating_sub(tokens.len());
    let row = move |token: TokenHandle| {
        let (name, label) = (token.name.to_string(), format!("Recreate {}", token.name));
        let role = token.role.clone();
        let old = old.clone();
        let on_recreate = move |_| {
            let recreate = Dialog::Recreate {
                token: token.clone(),
                lifetime: None,
            };
            let back = Dialog::Aftermath {
                old: old.clone(),
                before: Some(before),
            };
            dialogs.open_before(recreate, back);
        };
        view! {
            <li><span><code>{name}</code> " of " {role}</span> <button type="button" aria-label=label on:click=on_recreate>"Recreate"</button></li>
        }
    };
    let successor = successor.map(|token| {
        view! {
            <p>"Its successor may have been read, too, if it was made in the seconds in which the API server could still accept the old one:"</p>
            <ul class="exposed">{row(token)}</ul>
        }
    });
    let rows = tokens.into_iter().map(row).collect_view();
    view! {
        <p><strong>"Whoever held it may have taken more:"</strong></p>
        <ul class="findings">{findings.into_iter().map(|text| view! { <li>{text}</li> }).collect_view()}</ul>
        {partial}
        {(!by_hand.is_empty()).then(|| {
            view! {
                <p>"These can't be recreated here, since Kargo doesn't manage them or they belong to none of its roles. Replace or delete them otherwise:"</p>
                <ul class="exposed">
                    {by_hand
                        .into_iter()
                        .map(|(name, role)| view! { <li><span><code>{name}</code> " of " <bdi>{role}</bdi></span></li> })
                        .collect_view()}
                </ul>
            }
        })}
        <ul class="exposed">{rows}</ul>
        {successor}
        {(rest > 0).then(|| view! { <p class="help">{format!("And {rest} more: the page lists them.")}</p> })}
    }
    .into_any()
}
