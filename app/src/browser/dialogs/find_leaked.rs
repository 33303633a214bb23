//! Finds the token of a leaked value. The value is read here, in the browser, and sent nowhere.

use jiff::Timestamp;
use kargo::{
    leaked_value::{LeakedValue, identify},
    scope::Scope,
};
use leptos::prelude::*;

use super::frame::{Cancel, Header};
use crate::base_path::at;

/// Asks for the value, or for a text that contains it.
#[component]
pub fn FindLeakedDialog(system_namespace: String) -> impl IntoView {
    let found = RwSignal::new(None);
    let on_input = move |event| {
        let text = event_target_value(&event);
        found.set((!text.trim().is_empty()).then(|| identify(&text)));
    };
    let result = move || {
        found.get().map(|found| match found {
            Some(value) => meaning(value, &system_namespace),
            None => view! { <p class="field-error">"There is no token in this text. A value begins with eyJ and has two dots."</p> }.into_any(),
        })
    };
    view! {
        <Header title="Find a leaked value".into_any() sentence="It is read in this browser only, and sent nowhere." />
        <div class="body">
            <div class="field">
                <label for="leaked-value">"Value, or a line of a log that contains it"</label>
                <textarea
                    id="leaked-value"
                    rows="5"
                    autofocus
                    autocomplete="off"
                    autocapitalize="none"
                    spellcheck="false"
                    on:input=on_input
                ></textarea>
            </div>
            <div aria-live="polite">{result}</div>
        </div>
        <footer><Cancel label="Close" /></footer>
    }
}

/// Shows which token a value names, and the next step.
fn meaning(value: LeakedValue, system_namespace: &str) -> AnyView {
    let until = |expires: Option<Timestamp>| {
        expires.map_or(String::new(), |end| format!(" It ends at {end}."))
    };
    match value {
        LeakedValue::Token {
            namespace,
            name,
            role,
            expires,
        } => {
            let scope = if namespace == system_namespace {
                Some(Scope::System)
            } else {
                namespace.parse().ok().map(Scope::Project)
            };
            let address = scope.map(|scope| at(&format!("/{scope}/tokens/{name}")));
            let open = address.map(|address| {
                view! { <p><a class="btn primary" href=address>"Open the token"</a></p> }
            });
            view! {
                <p>
                    "It names the token " <code>{name.to_string()}</code> ", role " <bdi>{role}</bdi> ", namespace "
                    <bdi>{namespace}</bdi> "." {until(expires)}
                </p>
                <p class="help">
                    "The token's page shows whether it still works, and where to report it as compromised. If there is no such token, it was deleted, or the value is of another cluster: only the API server can tell whether a value is genuine."
                </p>
                {open}
            }
            .into_any()
        }
        LeakedValue::Minted {
            namespace,
            role,
            expires,
        } => view! {
            <p>
                "It says that Kubernetes minted it for the ServiceAccount " <bdi>{role}</bdi> " in namespace " <bdi>{namespace}</bdi>
                ", without a Secret, so it is none of the tokens here." {until(expires)}
            </p>
            <p class="help">"It ends by itself. To end it now, delete the pod that it was made for, or recreate the ServiceAccount."</p>
        }
        .into_any(),
        LeakedValue::OfAnother { issuer } => view! {
            <p>"It is no token of a ServiceAccount, but a JWT of another issuer: " <bdi>{issuer}</bdi></p>
            <p class="help">"Revoke it there. For a person's sign-in, end the person's sessions at the identity provider."</p>
        }
        .into_any(),
    }
}
