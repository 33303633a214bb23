//! Explains pasted claims: decodes them here, reads which claims the roles accept, and shows a verdict for each role. The pasted text is sent
//! nowhere.

use kargo::{
    claims::{ClaimedAccounts, PastedClaims, PersonClaims},
    name::ProjectName,
    problem::Problem,
};
use leptos::{ev, prelude::*, task::spawn_local};
use wasm_bindgen::JsCast;
use web_sys::{HtmlInputElement, HtmlTextAreaElement};

use super::{
    operations,
    page::dom::{self, first_within, target},
};
use crate::{
    access::Verdicts,
    components::{
        problem::ProblemView,
        verdicts::{ClaimList, VerdictList},
    },
    protocol::{DETAIL, EXPLAIN, EXPLAIN_STATUS, EXPLAINED, ExplainContext},
};

/// Namespaces that are named.
const NAMED: usize = 5;

/// Content of the right side.
#[derive(Clone)]
enum Outcome {
    /// Nothing: the text has a mistake, or nothing was asked yet.
    Nothing,
    /// The mistake in the text.
    Mistake(String),
    /// The roles can't be read.
    Failed(Problem),
    Explained {
        claims: PersonClaims,
        verdicts: Verdicts,
        unread: Option<String>,
        system: String,
    },
}

/// Listens for the form, if the page has it.
pub fn listen() {
    let place = document().get_element_by_id(EXPLAINED);
    let Some(place) = place.and_then(|place| place.dyn_into().ok()) else {
        return;
    };
    let outcome = RwSignal::new(Outcome::Nothing);
    leptos::mount::mount_to(place, move || move || shown(outcome.get())).forget();
    // The roles are read once. A reload of the page reads them again.
    let roles = StoredValue::new(None::<ClaimedAccounts>);
    let submits = window_event_listener(ev::submit, move |event| {
        let form = target(&event).filter(|form| form.id() == EXPLAIN);
        if let Some(form) = form {
            event.prevent_default();
            spawn_local(async move {
                let answer = explain(&form, roles).await;
                say(&answer);
                outcome.set(answer);
                request_animation_frame(dom::enable_controls);
            });
        }
    });
    on_cleanup(move || submits.remove());
}

async fn explain(form: &web_sys::Element, roles: StoredValue<Option<ClaimedAccounts>>) -> Outcome {
    let field = first_within(form, "textarea");
    let Some(field) = field.and_then(|field| field.dyn_into::<HtmlTextAreaElement>().ok()) else {
        return Outcome::Nothing;
    };
    let pasted = PastedClaims::parse(&field.value());
    let _ = field.set_attribute(
        "aria-invalid",
        if pasted.is_err() { "true" } else { "false" },
    );
    let claims = match pasted {
        Ok(PastedClaims { claims, .. }) => claims,
        Err(error) => return Outcome::Mistake(error.to_string()),
    };
    let find = first_within(form, "input")
        .and_then(|input| input.dyn_into::<HtmlInputElement>().ok())
        .map_or_else(String::new, |input| input.value());
    let context = form.get_attribute(DETAIL);
    let context = context.and_then(|json| serde_json::from_str(&json).ok());
    let ExplainContext { system, scope } = context.unwrap_or_default();
    if roles.with_value(Option::is_none) {
        match operations::accepted_claims(scope).await {
            Ok(answer) => roles.set_value(Some(answer)),
            Err(problem) => return Outcome::Failed(problem),
        }
    }
    roles.with_value(|roles| match roles {
        None => Outcome::Nothing,
        Some(roles) => Outcome::Explained {
            verdicts: Verdicts::of_pasted(roles, &claims, &find),
            unread: unread(roles),
            claims,
            system,
        },
    })
}

/// Tells screen readers what came out.
fn say(outcome: &Outcome) {
    let text = match outcome {
        Outcome::Nothing | Outcome::Mistake(_) | Outcome::Failed(_) => String::new(),
        Outcome::Explained { verdicts, .. } => verdicts.sentence(),
    };
    if let Some(status) = document().get_element_by_id(EXPLAIN_STATUS) {
        status.set_text_content(Some(&text));
    }
}

fn shown(outcome: Outcome) -> AnyView {
    match outcome {
        Outcome::Nothing => ().into_any(),
        Outcome::Mistake(text) => {
            view! { <p class="field-error" role="alert">{text}</p> }.into_any()
        }
        Outcome::Failed(problem) => view! { <ProblemView problem /> }.into_any(),
        Outcome::Explained {
            claims,
            verdicts,
            unread,
            system,
        } => {
            let unread = unread.map(|text| view! { <p class="callout">{text}</p> }.into_any());
            let claims = view! { <details><summary>"The claims, decoded"</summary><ClaimList claims /></details> };
            let mut all: Vec<AnyView> = unread.into_iter().collect();
            all.push(claims.into_any());
            all.push(view! { <VerdictList verdicts system /> }.into_any());
            all.into_any()
        }
    }
}

/// Names the namespaces whose ServiceAccounts could not be read.
fn unread(roles: &ClaimedAccounts) -> Option<String> {
    let ClaimedAccounts {
        hidden,
        unknown_projects,
        ..
    } = roles;
    let more = hidden.len().saturating_sub(NAMED);
    let named: Vec<_> = hidden.iter().take(NAMED).map(ProjectName::as_str).collect();
    let named = named.join(", ");
    let missing = match (hidden.len(), more) {
        (0, _) => None,
        (_, 0) => Some(named),
        _ => Some(format!("{named} and {more} more namespaces")),
    };
    let missing = missing.map(|missing| {
        format!("You may not list ServiceAccounts in {missing}, so their roles are missing here.")
    });
    let unknown = unknown_projects.as_ref().map(|problem| {
        format!(
            "{} So roles of projects may be missing here.",
            problem.message
        )
    });
    let sentences: Vec<_> = missing.into_iter().chain(unknown).collect();
    (!sentences.is_empty()).then(|| sentences.join(" "))
}

#[cfg(test)]
mod tests {
    use kargo::problem::Kind;

    use super::*;

    #[test]
    fn what_could_not_be_read_is_named() {
        let hidden = |count: usize| {
            let names = (0..count).map(|n| format!("ns-{n}").parse().expect("a name"));
            names.collect::<Vec<_>>()
        };
        let problem = Problem::new(Kind::Forbidden, "You may not list namespaces.", "");
        for (hidden, unknown_projects, text) in [
            (hidden(0), None, None),
            (
                hidden(1),
                None,
                Some("You may not list ServiceAccounts in ns-0, so their roles are missing here."),
            ),
            (
                hidden(7),
                None,
                Some(
                    "You may not list ServiceAccounts in ns-0, ns-1, ns-2, ns-3, ns-4 and 2 more namespaces, so their roles are missing here.",
                ),
            ),
            (
                hidden(0),
                Some(problem),
                Some("You may not list namespaces. So roles of projects may be missing here."),
            ),
        ] {
            let roles = ClaimedAccounts {
                hidden,
                unknown_projects,
                ..ClaimedAccounts::default()
            };
            assert_eq!(unread(&roles).as_deref(), text);
        }
    }
}
