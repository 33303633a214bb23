//! The *New token* dialog: a role and a name, checked while typing and again by the server. While the person decides, the cluster is asked by dry
//! runs whether it would take the token, so that they hear of a policy before they create.

use std::time::Duration;

use kargo::{name::TokenName, problem::Problem, token::Notes};
use leptos::{ev, html, leptos_dom::helpers::debounce, prelude::*, task::spawn_local};
use web_sys::HtmlFieldSetElement;

use super::{
    frame::{Cancel, Header},
    handle::{AfterReveal, Dialog, Dialogs},
    lifetime::{Lifetime, LifetimeField},
    note_fields::{NoteFields, READ_BY_OTHERS, error_in},
    request::Request,
};
use crate::{
    browser::{
        operations::{self, NewToken},
        page::{
            dom::{self, closest, first_within},
            focus::focus,
        },
        platform,
    },
    components::problem::ProblemView,
    protocol::{BrowserContext, RoleChoice},
};

/// Time from the last change of a field until the cluster is asked.
const REHEARSAL_DELAY: Duration = Duration::from_millis(400);
/// Told while the token is being created.
const CREATING: &str = "Creating…";
/// Below the name's field.
const REUSED: &str = "Don't use a deleted token's name again: it would bring back the old value.";

/// Creates a token, then goes on to its reveal. `role`: the role that the dialog was opened from; otherwise none is chosen.
#[component]
pub fn NewTokenDialog(role: Option<String>) -> impl IntoView {
    let dialogs = Dialogs::get();
    let request = Request::new();
    let BrowserContext { scope, roles, .. } = dom::context();
    let name = NameChoice::new(request);
    let role = RwSignal::new(role.unwrap_or_default());
    name.follow(&role.get_untracked());
    let lifetime = Lifetime::new(move || role.get());
    let on_role = move |chosen: String| {
        name.follow(&chosen);
        role.set(chosen);
    };
    let (note, contact) = (RwSignal::new(String::new()), RwSignal::new(String::new()));
    let is_bad = move || {
        name.error().is_some()
            || lifetime.seconds().is_err()
            || error_in(note).is_some()
            || error_in(contact).is_some()
    };
    // The token of the fields; `None` while a field is empty or can't be used.
    let wanted = Memo::new(move |_| {
        let (role, name_text) = (role.get(), name.text.get());
        if is_bad() || role.is_empty() || name_text.is_empty() {
            return None;
        }
        Some(NewToken {
            scope: scope.clone(),
            role,
            name: name_text,
            lifetime: lifetime.seconds().ok()?,
            notes: Notes {
                note: note.get(),
                contact: contact.get(),
            },
        })
    });
    let foreseen = foreseen_problem(wanted);
    // The answer about something else is void.
    Effect::new(move |_| {
        wanted.track();
        request.forget();
    });
    // Neither Esc nor a click beside the dialog may lose what was typed.
    Effect::new(move |_| {
        let is_typed = |text: RwSignal<String>| text.with(|text| !text.is_empty());
        dialogs.guard(is_typed(note) || is_typed(contact));
    });
    let body = NodeRef::<html::Fieldset>::new();
    let on_submit = move |event: ev::SubmitEvent| {
        event.prevent_default();
        let Some(wanted) = wanted.get_untracked() else {
            lifetime.touch();
            let body = body.get_untracked();
            request_animation_frame(move || show_first_error(body.as_ref()));
            return;
        };
        // The fields can't keep the focus while they are disabled.
        if let Some(button) = event.submitter() {
            focus(&button);
        }
        request.send(operations::create(wanted), move |token| {
            dialogs.open(Dialog::Reveal {
                token,
                after: AfterReveal::Nothing,
            });
        });
    };
    // Once it was tried, the answer to that counts.
    let problem = move || {
        let tried = request.problem().filter(|problem| !is_about_name(problem));
        tried.or_else(|| foreseen.get())
    };
    view! {
        <form on:submit=on_submit>
            <Header title="New token".into_any() sentence="Its value is shown once, as soon as the token is created." />
            <fieldset class="body" node_ref=body disabled=move || request.is_pending()>
                <RoleField roles chosen=role on_role />
                <NameField name base=role lifetime />
                <LifetimeField lifetime />
                <details class="texts">
                    <summary>"Note and contact (optional)"</summary>
                    <p class="help">{READ_BY_OTHERS}</p>
                    <NoteFields note contact is_first=false />
                </details>
            </fieldset>
            <footer>
                {move || problem().map(|problem| view! { <ProblemView problem /> })}
                <span class="visually-hidden" role="status">{move || request.is_pending().then_some(CREATING)}</span>
                <Cancel />
                <button type="submit" class="btn primary" aria-disabled=move || request.aria_disabled()>
                    {move || if request.is_pending() { CREATING } else { "Create and reveal" }}
                </button>
            </footer>
        </form>
    }
}

/// Leads to the first field that can't be used, also inside of what is closed.
fn show_first_error(body: Option<&HtmlFieldSetElement>) {
    let Some(field) = body.and_then(|body| first_within(body, "[aria-invalid=true]")) else {
        return;
    };
    if let Some(around) = closest(&field, "details") {
        let _ = around.set_attribute("open", "");
    }
    focus(&field);
}

/// Why the cluster would refuse the token, by its rules or policies; asked a moment after the last change. The last answer stays until the next one.
fn foreseen_problem(wanted: Memo<Option<NewToken>>) -> RwSignal<Option<Problem>> {
    let foreseen = RwSignal::new(None);
    // The same problem once more isn't read out again.
    let show = move |problem: Option<Problem>| {
        if foreseen
            .try_get_untracked()
            .is_some_and(|shown| shown != problem)
        {
            foreseen.set(problem);
        }
    };
    let mut ask = debounce(REHEARSAL_DELAY, move |asked: NewToken| {
        spawn_local(async move {
            let answer = operations::rehearse(asked.clone()).await;
            if wanted.try_get_untracked().flatten().as_ref() == Some(&asked) {
                show(answer.ok().flatten());
            }
        });
    });
    Effect::new(move |_| match wanted.get() {
        Some(wanted) => ask(wanted),
        None => show(None),
    });
    foreseen
}

/// The roles, each with what it is for.
#[component]
fn RoleField(
    roles: Vec<RoleChoice>,
    chosen: RwSignal<String>,
    on_role: impl Fn(String) + Copy + Send + 'static,
) -> impl IntoView {
    let first = roles.iter().find(|role| !role.is_refused);
    let first = first.map(|role| role.name.clone());
    let focused = match chosen.get_untracked() {
        none if none.is_empty() => first,
        name => Some(name),
    };
    view! {
        <fieldset class="choices roles">
            <legend>"Role"</legend>
            {roles
                .into_iter()
                .map(|RoleChoice { name, description, is_all_powerful, is_refused }| {
                    let autofocus = focused.as_ref() == Some(&name);
                    let refused = is_refused.then_some("A rule of this cluster refuses it: you are signed in with a token of this role. ");
                    let (is_chosen, value) = (name.clone(), name.clone());
                    let mark = is_all_powerful.then(|| view! { <span class="pill bad">"all-powerful"</span> });
                    view! {
                        <label>
                            <input
                                type="radio"
                                name="new-token-role"
                                required
                                disabled=is_refused
                                autofocus=autofocus
                                prop:checked=move || chosen.with(|chosen| *chosen == is_chosen)
                                on:change=move |_| on_role(value.clone())
                            />
                            <span><b>{name}</b> " " {mark}</span>
                            <small dir="auto">{refused} {description}</small>
                        </label>
                    }
                })
                .collect_view()}
        </fieldset>
    }
}

/// The name: a suggestion that follows the role, until the person types a name of their own.
#[derive(Clone, Copy)]
struct NameChoice {
    text: RwSignal<String>,
    is_typed: RwSignal<bool>,
    /// Its problem may be about the name.
    request: Request,
}

impl NameChoice {
    fn new(request: Request) -> Self {
        Self {
            text: RwSignal::new(String::new()),
            is_typed: RwSignal::new(false),
            request,
        }
    }

    fn follow(self, role: &str) {
        if !self.is_typed.get_untracked() && !role.is_empty() {
            self.suggest(role);
        }
    }

    /// Suggests another name: from what was typed, or from the role.
    fn suggest(self, role: &str) {
        let base = if self.is_typed.get_untracked() {
            self.text.get_untracked()
        } else {
            role.to_owned()
        };
        self.text
            .set(TokenName::with_suffix(&base, platform::random()).to_string());
    }

    fn type_in(self, text: String) {
        self.is_typed.set(true);
        self.text.set(text);
    }

    /// Error of the name, `None` while the field is empty; tracked.
    fn error(self) -> Option<String> {
        self.text.with(|text| match text.as_str() {
            "" => None,
            text => text.parse::<TokenName>().err().map(|e| e.to_string()),
        })
    }
}

/// Whether the server refused the name itself: that it is taken is told below its field.
fn is_about_name(problem: &Problem) -> bool {
    problem.message.starts_with("The name is taken")
}

/// The name's field, with another suggestion at hand. `base`: the role that suggestions follow.
#[component]
fn NameField(name: NameChoice, base: RwSignal<String>, lifetime: Lifetime) -> impl IntoView {
    // `None` where the name can't be used, such as an empty one.
    let ends_randomly = move || {
        let name = name.text.with(|name| name.parse::<TokenName>().ok())?;
        Some(name.has_random_suffix())
    };
    // The value of an expiring token is another one each time.
    let is_risky =
        Memo::new(move |_| ends_randomly() == Some(false) && lifetime.seconds() == Ok(0));
    let error = Memo::new(move |_| name.error());
    let refusal = move || name.request.problem().filter(is_about_name);
    let is_invalid = move || error.get().is_some() || refusal().is_some();
    let help = move || match (is_risky.get(), ends_randomly()) {
        (true, _) => format!("This name has no random ending. {REUSED}"),
        (false, Some(true)) => "The random ending makes the name a new one.".to_owned(),
        (false, _) => REUSED.to_owned(),
    };
    view! {
        <div class="field">
            <label for="new-token-name">"Name"</label>
            <div class="with-button">
                <input
                    id="new-token-name"
                    type="text"
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    required
                    prop:value=name.text
                    aria-describedby="new-token-name-error new-token-name-help"
                    aria-invalid=move || is_invalid().to_string()
                    on:input=move |event| name.type_in(event_target_value(&event))
                />
                <button type="button" class="btn" on:click=move |_| name.suggest(&base.get_untracked())>"Suggest"</button>
            </div>
            <p id="new-token-name-error" class="field-error" aria-live="polite">{error}</p>
            {move || refusal().map(|problem| view! { <ProblemView problem /> })}
            <p id="new-token-name-help" class="help" class:risky=is_risky>{help}</p>
        </div>
    }
}
