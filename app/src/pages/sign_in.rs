//! The page for people who are not signed in.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::components::places::Key;

/// Says how to sign in: with the one-time address of the terminal.
#[component]
pub fn SignIn() -> impl IntoView {
    view! {
        <Title text="Sign in" />
        <main id="main" class="gate" tabindex="-1">
            <section class="card">
                <p class="brand"><Key /> "Kargo Tokens"</p>
                <h1 tabindex="-1">"You are not signed in"</h1>
                <p>
                    "Open the address that " <code>"kargo-tokens"</code>
                    " printed in its terminal. It works once. When it was used, the terminal shows the next one."
                </p>
                <p class="help">"Kubernetes decides what you may do after signing in."</p>
            </section>
        </main>
    }
}
