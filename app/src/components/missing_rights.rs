//! What a person may not do in a scope: a note once a page, with the Role that grants it, and buttons that can't work.

use kargo::right::Right;
use leptos::prelude::*;

use crate::{base_path::at, offers::OwnRoleRules, page_model::MissingRights, protocol::COPY};

/// The `id` of the sentence about a right, which buttons refer to.
fn right_id(right: Right) -> String {
    format!("lacks-{}", right.to_string().replace([' ', '/'], "-"))
}

/// One sentence with everything that is missing, in words: `create or patch Secrets`.
fn summary(rights: &[Right]) -> String {
    let verbs = |of: fn(Right) -> bool| {
        let verbs = rights.iter().filter(|right| of(**right));
        verbs.map(|right| right.verb()).collect::<Vec<_>>()
    };
    let secrets = verbs(|right| right.resource() == "secrets");
    let mut parts = Vec::new();
    if !secrets.is_empty() {
        parts.push(format!("{} Secrets", alternatives(&secrets)));
    }
    if rights.contains(&Right::ListRoles) {
        parts.push("list ServiceAccounts".to_owned());
    }
    if rights.contains(&Right::Mint) {
        parts.push("have Kubernetes mint expiring tokens".to_owned());
    }
    match parts.split_first() {
        Some((first, [])) => format!("You can't {first} here."),
        Some((first, rest)) => format!("You can't {first} here, nor {}.", rest.join(", nor ")),
        None => String::new(),
    }
}

/// `create`, `create or patch`, `create, patch or delete`.
fn alternatives(words: &[&str]) -> String {
    match words {
        [rest @ .., last] if !rest.is_empty() => format!("{} or {last}", rest.join(", ")),
        words => words.concat(),
    }
}

/// Says in words what a missing right prevents.
fn consequence(right: Right) -> &'static str {
    match right {
        Right::ListTokens => "no tokens are shown",
        Right::ListRoles => "roles are not shown, and no tokens can be created for them",
        Right::Create => "tokens can't be created or recreated",
        Right::Patch => {
            "tokens can't be revealed, suspended, restored, retired or given a note, and so not be created"
        }
        Right::Delete => "tokens can't be deleted",
        Right::Mint => "new tokens can't expire",
    }
}

/// The reason of a button that can't work: `You may not patch secrets in namespace kargo.`
fn reason(missing: &[Right], namespace: &str) -> String {
    let missing: Vec<_> = missing.iter().map(ToString::to_string).collect();
    format!(
        "You may not {} in namespace {namespace}.",
        missing.join(", ")
    )
}

/// The note. Nothing if nothing is missing.
#[component]
pub fn MissingRightsNote(missing: MissingRights) -> impl IntoView {
    let MissingRights {
        rights,
        namespace,
        role,
    } = missing;
    (!rights.is_empty()).then(|| {
        let sentences = rights
            .iter()
            .map(|right| {
                let text = format!("{right} in namespace {namespace}: without it, {}.", consequence(*right));
                view! { <li id=right_id(*right)>"You may not " {text}</li> }
            })
            .collect_view();
        let role = role.map(|yaml| {
            let copy = view! { <button type="button" class="ghost lead needs-js" disabled>"Copy YAML"</button> }
                .attr(COPY, "#missing-role");
            view! {
                <p>"This Role grants exactly these rights. Whoever administers the namespace can apply it."</p>
                <p>{copy}</p>
                <pre id="missing-role" class="yaml" tabindex="0" aria-label="The Role with the missing rights as YAML">{yaml}</pre>
            }
        });
        view! {
            <details id="missing-rights" class="missing-rights">
                <summary>{summary(&rights)} " " <span class="link">"Show the Role that would allow it"</span></summary>
                <ul>{sentences}</ul>
                {role}
            </details>
        }
    })
}

/// Provided as context on a page without [`MissingRightsNote`]: its buttons have nothing to refer to, and say the reason themselves.
#[derive(Debug, Clone, Copy)]
pub struct WithoutNote;

/// A button that can't work because rights are missing. Keyboards reach it, so that screen readers read the reason.
pub fn lacking(
    class: String,
    label: &'static str,
    heard: String,
    missing: &[Right],
    namespace: &str,
) -> AnyView {
    let sentences = || missing.iter().map(|right| right_id(*right));
    let has_note = use_context::<WithoutNote>().is_none();
    let described = has_note.then(|| sentences().collect::<Vec<_>>().join(" "));
    impossible(class, label, heard, described, reason(missing, namespace))
}

/// A button that can't work because a rule of the cluster refuses it to a token of the same role.
pub fn refused(class: String, label: &'static str, heard: String) -> AnyView {
    let has_note = use_context::<WithoutNote>().is_none();
    let described = has_note.then(|| OWN_ROLE.to_owned());
    let reason = "A rule of this cluster refuses this, because you are signed in with a token of the same role.";
    impossible(class, label, heard, described, reason.to_owned())
}

fn impossible(
    class: String,
    label: &'static str,
    heard: String,
    described: Option<String>,
    reason: String,
) -> AnyView {
    view! {
        <button
            type="button"
            class=class
            aria-disabled="true"
            aria-label=heard
            aria-describedby=described
            title=reason
        >
            {label}
        </button>
    }
    .into_any()
}

/// The `id` of [`OwnRoleNote`].
const OWN_ROLE: &str = "own-role";

/// Note for a person who signed in with a role's own token: the acts that the cluster's rules refuse.
#[component]
pub fn OwnRoleNote(rules: OwnRoleRules) -> impl IntoView {
    let OwnRoleRules {
        role,
        refuses_creation,
        refuses_suspended,
    } = rules;
    let creation = refuses_creation.then_some("You can't create or recreate tokens of this role. ");
    let suspended = refuses_suspended.then_some(
        "You can suspend or delete one, but you can't undo it: somebody else must restore it or finish the deletion. You can't change or delete suspended ones. ",
    );
    view! {
        <p id=OWN_ROLE class="callout warn">
            "You are signed in with a token of the role " <b><bdi>{role.to_string()}</bdi></b> ". " {creation} {suspended}
            <a href=at("/rules")>"Rules of this cluster"</a>
        </p>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sentence_names_everything_that_is_missing() {
        use Right::{Create, Delete, ListRoles, ListTokens, Mint, Patch};
        for (rights, text) in [
            (vec![], ""),
            (vec![Create], "You can't create Secrets here."),
            (
                vec![Create, Patch],
                "You can't create or patch Secrets here.",
            ),
            (
                vec![Create, Patch, Delete, Mint],
                "You can't create, patch or delete Secrets here, nor have Kubernetes mint expiring tokens.",
            ),
            (
                vec![ListTokens, ListRoles],
                "You can't list Secrets here, nor list ServiceAccounts.",
            ),
            (
                vec![Mint],
                "You can't have Kubernetes mint expiring tokens here.",
            ),
        ] {
            assert_eq!(summary(&rights), text);
        }
    }

    #[test]
    fn a_reason_names_verb_resource_and_namespace() {
        assert_eq!(
            reason(&[Right::Create, Right::Mint], "kargo"),
            "You may not create secrets, create serviceaccounts/token in namespace kargo."
        );
        assert_eq!(right_id(Right::Mint), "lacks-create-serviceaccounts-token");
    }
}
