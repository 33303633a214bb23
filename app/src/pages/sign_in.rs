//! The page for people who are not signed in.

use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

use crate::{
    base_path::at,
    components::{places::Key, problem::ProblemView},
    sign_in::{Refusal, Ways},
};

/// Offers the configured ways to sign in. The query says why the last try was refused.
#[component]
pub fn SignIn() -> impl IntoView {
    let ways: Ways = use_context().unwrap_or_default();
    let refused = use_query_map()
        .get_untracked()
        .get("refused")
        .and_then(|word| Refusal::parse(&word));
    view! {
        <Title text="Sign in" />
        <main id="main" class="gate" tabindex="-1">
            <section class="card">
                <p class="brand"><Key /> "Kargo Tokens"</p>
                <h1 tabindex="-1">"Sign in"</h1>
                {refused.map(|refused| view! { <ProblemView problem=refused.problem() /> })}
                {ways
                    .oidc
                    .map(|_| view! { <p><a class="btn primary" href=at("/sign-in/oidc") rel="external">"Continue with single sign-on"</a></p> })}
                {(ways.oidc.is_some() && ways.token).then(|| view! { <p class="or">"or with a token"</p> })}
                {ways.token.then(|| view! { <TokenForm is_primary=ways.oidc.is_none() /> })}
                {(ways.local && (ways.oidc.is_some() || ways.token))
                    .then(|| view! { <p class="or">"or with a one-time address"</p> })}
                {ways
                    .local
                    .then(|| view! {
                        <p>"Open the newest address in the terminal of " <code>"kargo-tokens"</code> ". Each works once."</p>
                    })}
                <p class="help">"Kubernetes decides what you may do after signing in."</p>
            </section>
        </main>
    }
}

/// A field for a Kubernetes bearer token. A plain form, so it works without JavaScript.
#[component]
fn TokenForm(is_primary: bool) -> impl IntoView {
    let class = if is_primary { "btn primary" } else { "btn" };
    view! {
        <form class="sign-in-form" method="post" action=at("/sign-in")>
            <label for="token">"Kubernetes token"</label>
            <input id="token" name="token" type="password" required autocomplete="off" autocapitalize="none" spellcheck="false" aria-describedby="token-help" />
            <p id="token-help" class="help">
                "Any token that the cluster accepts, such as one of Kargo's API tokens. Kargo's admin password doesn't work: Kubernetes doesn't know it."
            </p>
            <button type="submit" class=class>"Sign in"</button>
        </form>
    }
}
